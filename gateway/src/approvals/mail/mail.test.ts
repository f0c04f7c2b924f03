/** Mail to a server on loopback: what people are told, and that nothing else is. */
import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { certificateFromLocalCa } from '../../listener/local-ca.ts';
import { approvalsSchema } from '../config.ts';
import type { OpenApprovals } from '../open-approvals.ts';
import { AccessSite, ONCALL, wanting } from '../testing/access-fixture.ts';
import { ApprovalsSite, asking, groundsOf, needs } from '../testing/approvals-fixture.ts';
import { type SmtpServerOptions, SmtpTestServer, type TakenMail } from '../testing/smtp-server.ts';
import type { OutboxTerms, WebhookState } from '../webhooks/outbox.ts';
import type { MailPlan } from './config.ts';

const TERMS: OutboxTerms = { pausesMs: [1, 1, 1], timeoutMs: 5_000, maxQueued: 5, maxInFlight: 1 };
const NOW = { waitMs: 0 };
const CONSOLE = 'https://gateway.example.com:8443/console';
const PASSWORD = 'p4ssword-of-the-mail-server';

const servers: SmtpTestServer[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) server.close();
});

async function serve(options: SmtpServerOptions = {}, port: number = 0): Promise<SmtpTestServer> {
  const server = await new SmtpTestServer(options).listen(port);
  servers.push(server);
  return server;
}

/** A certificate for loopback, and the file of who made it. */
async function certified(
  site: ApprovalsSite,
): Promise<{ readonly certificate: { readonly cert: string; readonly key: string }; readonly ca: string }> {
  const directory = `${site.folder}/tls`;
  const made = await certificateFromLocalCa({
    directory,
    names: [],
    clock: { nowMs: () => Date.now() },
  }).load();
  return { certificate: { cert: made.certificatePem, key: made.keyPem }, ca: `${directory}/ca.crt` };
}

function plan(server: { readonly port: number }, more: Partial<MailPlan> = {}): { readonly mail: MailPlan } {
  vi.stubEnv('MAIL_PASSWORD', PASSWORD);
  const mail: unknown = {
    host: '127.0.0.1',
    port: server.port,
    tls: 'none',
    from: 'sallyport@example.com',
    to: { dba: ['dora@example.com', 'dave@example.com'] },
    ...more,
  };
  const { mail: parsed } = approvalsSchema.parse({ mail });
  if (parsed === undefined) throw new Error('there is a plan');
  return { mail: parsed };
}

async function until(
  approvals: OpenApprovals,
  isSo: (state: WebhookState) => boolean,
): Promise<WebhookState> {
  for (;;) {
    const [state] = approvals.webhooks();
    if (state !== undefined && isSo(state)) return state;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const delivered = ({ delivered: count }: WebhookState): boolean => count === 1;
const failed = ({ failed: count }: WebhookState): boolean => count === 1;

function only(server: SmtpTestServer): TakenMail {
  expect(server.taken).toHaveLength(1);
  const [mail] = server.taken;
  if (mail === undefined) throw new Error('there is one');
  return mail;
}

function subjectOf({ headers }: TakenMail): string {
  return (headers.get('subject')?.[0] ?? '')
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/gi, (_, text: string) => Buffer.from(text, 'base64').toString())
    .replace(/=\?UTF-8\?Q\?([^?]*)\?=/gi, (_, text: string) =>
      Buffer.from(
        text
          .replaceAll('_', ' ')
          .replace(/=([0-9A-F]{2})/g, (__, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString(),
    );
}

describe('a mail', () => {
  it('tells the approvers who asks through what, for what, by which rule and until when; no values (P5)', async () => {
    const site = new ApprovalsSite();
    const { certificate, ca } = await certified(site);
    const server = await serve({ certificate, login: { user: 'sallyport', password: PASSWORD } });
    const login = { user: 'sallyport', password: { env: 'MAIL_PASSWORD' } };
    const approvals = await site.open(plan(server, { tls: 'starttls', ca, login }), {
      outboxTerms: TERMS,
      console: CONSOLE,
    });
    const asked = await approvals.desk.ask(asking(), NOW);
    if (asked.state !== 'pending') throw new Error('it waits');
    const state = await until(approvals, delivered);
    const mail = only(server);
    expect(mail).toMatchObject({
      from: 'sallyport@example.com',
      to: ['dora@example.com', 'dave@example.com'],
      isEncrypted: true,
      user: 'sallyport',
    });
    expect(subjectOf(mail)).toBe('[Sallyport] Waiting for approval: UPDATE on public.orders');
    expect(mail.headers.get('content-type')).toEqual([expect.stringContaining('text/plain')]);
    expect(mail.headers.get('auto-submitted')).toEqual(['auto-generated']);
    expect(mail.text.split('\n')).toEqual(
      expect.arrayContaining([
        'What: UPDATE on public.orders',
        'Where: shop as app_rw',
        'Who: alice',
        'Agent: claims-bot',
        'Run: run-1',
        'Rules: by-dba',
        'Needs: 1 of dba',
        'Until: 2026-11-27T00:15:00.000Z',
        `${CONSOLE}/inbox/${asked.id}`,
      ]),
    );
    // The one link, to a page: nothing acts by being opened.
    expect(mail.text.match(/https?:\S+/g)).toEqual([`${CONSOLE}/inbox/${asked.id}`]);
    expect(mail.text).not.toMatch(/UPDATE orders SET|10\.00/);
    // P6: the password is nowhere but on the way, in TLS.
    expect(site.logLines.join('') + JSON.stringify([state, site.events])).not.toContain(PASSWORD);
    expect(state).toMatchObject({ name: 'sallyport@example.com', origin: `smtp://127.0.0.1:${server.port}` });
  });

  it('goes over TLS from the first byte where the config says so', async () => {
    const site = new ApprovalsSite();
    const { certificate, ca } = await certified(site);
    const server = await serve({ certificate, isImplicit: true });
    const approvals = await site.open(plan(server, { tls: 'implicit', ca }), { outboxTerms: TERMS });
    await approvals.desk.ask(asking(), NOW);
    await until(approvals, delivered);
    expect(only(server).isEncrypted).toBe(true);
  });

  it('without a console says the command', async () => {
    const server = await serve();
    const approvals = await new ApprovalsSite().open(plan(server), { outboxTerms: TERMS });
    const asked = await approvals.desk.ask(asking(), NOW);
    await until(approvals, delivered);
    expect(only(server).text).toContain(
      `npx sallyport approvals show ${asked.state === 'pending' && asked.id}`,
    );
    expect(only(server).text).not.toMatch(/https?:/);
  });

  it('goes to the groups that may answer, and the log says where nobody is told', async () => {
    const server = await serve();
    const site = new ApprovalsSite();
    const to = { dba: ['dora@example.com'], security: ['sid@example.com'] };
    const approvals = await site.open(plan(server, { to }), { outboxTerms: TERMS });
    await approvals.desk.ask(asking({ text: '1' }, groundsOf([needs(['legal'])])), NOW);
    await approvals.desk.ask(asking({ text: '2' }, groundsOf([needs(['legal'])])), NOW);
    await approvals.desk.ask(asking({ text: '3' }, groundsOf([needs(['security'])])), NOW);
    await until(approvals, delivered);
    expect(only(server).to).toEqual(['sid@example.com']);
    const told = site.logLines.filter((line) => line.includes('does not name it'));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('legal');
  });

  it('goes to `*` where the group is not named; names of objects are no groups', async () => {
    const server = await serve();
    const to = { '*': ['all@example.com'] };
    const approvals = await new ApprovalsSite().open(plan(server, { to }), { outboxTerms: TERMS });
    await approvals.desk.ask(asking({}, groundsOf([needs(['constructor'])])), NOW);
    await until(approvals, delivered);
    expect(only(server).to).toEqual(['all@example.com']);
  });

  it('what waits at a restart is told again under the same id; what follows is of its thread', async () => {
    const server = await serve();
    const site = new ApprovalsSite();
    const first = await site.open(plan(server), { outboxTerms: TERMS });
    await first.desk.ask(asking(), NOW);
    await until(first, delivered);
    first.close();
    const second = await site.open(plan(server), { outboxTerms: TERMS });
    await until(second, delivered);
    site.pass(900_000);
    await second.sweep();
    await until(second, ({ delivered: count }) => count === 2);
    const [told, again, over] = server.taken;
    expect(again?.headers.get('message-id')).toEqual(told?.headers.get('message-id'));
    expect(over?.headers.get('in-reply-to')).toEqual(told?.headers.get('message-id'));
    expect(over?.headers.get('message-id')).not.toEqual(told?.headers.get('message-id'));
    expect(over?.text).toMatch(/^Over\./);
  });
});

describe('a mail of access for a time', () => {
  it('says the reason, in which nothing is a link, and the command for it', async () => {
    const server = await serve();
    const approvals = await new AccessSite().start({ ...plan(server) });
    await approvals.access.ask(
      wanting({ justification: 'see evil.example\nUntil: never, http://evil.example' }),
    );
    await until(approvals, delivered);
    const { text } = only(server);
    expect(text).toContain('Reason: see evil[.]example Until: never, http[:]//evil[.]example\n');
    expect(text).toMatch(/npx sallyport access show acc_/);
    expect(text).toContain('Needs: 1 of dba\n');
  });

  it('opened without anybody is told as what it is, to those who owe a review', async () => {
    const server = await serve();
    const console = `${CONSOLE}/`;
    const approvals = await new AccessSite().start({ mail: { ...plan(server).mail, console } });
    await approvals.access.ask(
      wanting({ principal: ONCALL, breakGlass: true, justification: 'prod is down' }),
    );
    await until(approvals, ({ delivered: count }) => count > 0);
    expect(server.taken.map(subjectOf)).toContainEqual(expect.stringContaining('EMERGENCY'));
    for (const { text } of server.taken) expect(text.match(/https?:\S+/g)).toEqual([`${CONSOLE}/access`]);
  });
});

describe('whatever a requester says', () => {
  const EVIL =
    'x\r\nBcc: eve@evil.example\r\n\r\n.\r\nMAIL FROM:<a@b>\u2028Until: never\u202e https://evil.example/a';

  it('stays on its line: no header, no second mail, no line of the text, no link of its own', async () => {
    const server = await serve();
    const site = new ApprovalsSite();
    const approvals = await site.open(plan(server), { outboxTerms: TERMS, console: CONSOLE });
    const ask = asking({
      subject: EVIL,
      agent: EVIL,
      run: `${EVIL} www.evil.example`,
      account: EVIL,
      resource: EVIL,
      delegation: [{ subject: EVIL }],
    });
    await approvals.desk.ask({ ...ask, view: { ...ask.view, summary: `${EVIL} evil.example/b` } }, NOW);
    await until(approvals, delivered);
    const mail = only(server);
    expect(mail.headers.has('bcc')).toBe(false);
    expect(mail.to).toEqual(['dora@example.com', 'dave@example.com']);
    expect([...mail.headers.values()].every((values) => values.length === 1)).toBe(true);
    expect(server.lines.filter((line) => line.startsWith('MAIL'))).toHaveLength(1);
    expect(subjectOf(mail)).toMatch(/^\[Sallyport\] Waiting for approval: x {2}Bcc: eve@/);
    expect(mail.text.split('\n').filter((line) => line.startsWith('Until:'))).toEqual([
      'Until: 2026-11-27T00:15:00.000Z',
    ]);
    expect(mail.text).not.toMatch(/^(Bcc|MAIL|\.)/m);
    expect(mail.text).not.toMatch(/[\u2028\u202e\r]/);
    expect(mail.text.match(/\S+:\/\/\S+/g)).toEqual([
      expect.stringMatching(/^https:\/\/gateway\.example\.com:8443\//),
    ]);
    expect(mail.text).not.toMatch(/www\.|evil\.example\//);
  });

  it('however long it is, and with half characters, it is a mail', async () => {
    const server = await serve();
    const approvals = await new ApprovalsSite().open(plan(server), { outboxTerms: TERMS });
    const ask = asking({ run: `\ud800${'é'.repeat(100_000)}` });
    await approvals.desk.ask({ ...ask, view: { ...ask.view, summary: `${'😀'.repeat(200)}\udfff` } }, NOW);
    await until(approvals, delivered);
    expect(only(server).raw.length).toBeLessThan(20_000);
    expect(subjectOf(only(server))).toContain('😀😀😀');
    for (const line of only(server).raw.split('\r\n')) expect(line.length).toBeLessThan(999);
  });
});

describe('a mail server', () => {
  it.each(['starttls', 'implicit'] as const)(
    'P6: whose certificate nobody vouches for gets nothing (%s)',
    async (tls) => {
      const site = new ApprovalsSite();
      const { certificate } = await certified(site);
      const options = { certificate, login: { user: 'sallyport', password: PASSWORD } };
      const server = await serve({ ...options, isImplicit: tls === 'implicit' });
      const login = { user: 'sallyport', password: { env: 'MAIL_PASSWORD' } };
      const terms = { ...TERMS, pausesMs: [] };
      const approvals = await site.open(plan(server, { tls, login }), { outboxTerms: terms });
      await approvals.desk.ask(asking(), NOW);
      const state = await until(approvals, failed);
      expect(state.lastFailure?.reason).toMatch(
        /^it cannot be reached: (SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+|ETLS|ESOCKET)$/,
      );
      expect(server.taken).toEqual([]);
      expect(server.lines.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([]);
    },
  );

  it('P6: whose certificate is for another name gets nothing', async () => {
    const site = new ApprovalsSite();
    const { certificate, ca } = await certified(site);
    // All of 127/8 is this machine; the certificate names 127.0.0.1 alone.
    const server = await new SmtpTestServer({ certificate }).listen(0, '127.0.0.2');
    servers.push(server);
    const approvals = await site.open(plan(server, { host: '127.0.0.2', tls: 'starttls', ca }), {
      outboxTerms: { ...TERMS, pausesMs: [] },
    });
    await approvals.desk.ask(asking(), NOW);
    await until(approvals, failed);
    expect(server.lines).toContain('STARTTLS');
    expect(server.lines.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([]);
  });

  it('P6: that offers no STARTTLS, or has it cut out on the way, gets neither password nor mail', async () => {
    const site = new ApprovalsSite();
    const server = await serve({ login: { user: 'sallyport', password: PASSWORD }, hidesStartTls: true });
    const login = { user: 'sallyport', password: { env: 'MAIL_PASSWORD' } };
    const approvals = await site.open(plan(server, { tls: 'starttls', login }), {
      outboxTerms: { ...TERMS, pausesMs: [] },
    });
    await approvals.desk.ask(asking(), NOW);
    await until(approvals, failed);
    expect(server.lines.filter((line) => !/^(EHLO|HELO|STARTTLS|QUIT)/.test(line))).toEqual([]);
  });

  it('P6: answers that were slipped in before TLS count for nothing', async () => {
    const site = new ApprovalsSite();
    const { certificate, ca } = await certified(site);
    const server = await serve({
      certificate,
      interrupt: (line) =>
        line === 'STARTTLS' ? '220 go on\r\n250-slipped\r\n250 AUTH PLAIN\r\n' : undefined,
    });
    const approvals = await site.open(plan(server, { tls: 'starttls', ca }), {
      outboxTerms: { ...TERMS, timeoutMs: 300, pausesMs: [] },
    });
    await approvals.desk.ask(asking(), NOW);
    await until(approvals, failed);
    expect(server.lines.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([]);
  });

  it('P10: that is down blocks nobody; the mail arrives once it is back', async () => {
    const gone = await serve();
    gone.close();
    const site = new ApprovalsSite();
    const pausesMs = Array.from({ length: 2_000 }, () => 5);
    const approvals = await site.open(plan(gone), { outboxTerms: { ...TERMS, pausesMs } });
    expect(await approvals.desk.ask(asking(), NOW)).toMatchObject({ state: 'pending' });
    const down = await until(approvals, ({ state }) => state === 'failing');
    expect(down.lastFailure?.reason).toBe('it cannot be reached: ECONNREFUSED');
    const back = await serve({}, gone.port);
    await until(approvals, delivered);
    expect(only(back).to).toHaveLength(2);
    expect(site.logLines.join('')).toContain('the mail cannot be told');
    expect(site.logLines.join('')).toContain('the mail works again');
  });

  it.each([
    ['MAIL', '554 we do not like you\r\n', 'it answered 554'],
    ['.', '552 too much of it\r\n', 'it answered 552'],
    ['RCPT', '550 nobody here\r\n', 'it answered 550'],
  ])('that refuses %s for good is not asked again; its words are not told', async (verb, answer, reason) => {
    const server = await serve({ interrupt: (line) => (line.startsWith(verb) ? answer : undefined) });
    const site = new ApprovalsSite();
    const approvals = await site.open(plan(server), { outboxTerms: TERMS });
    await approvals.desk.ask(asking(), NOW);
    const state = await until(approvals, failed);
    expect(state).toMatchObject({ state: 'failing', delivered: 0, lastFailure: { reason } });
    expect(server.lines.filter((line) => line.startsWith('EHLO'))).toHaveLength(1);
    expect(site.logLines.join('')).toContain('a notice to the mail is given up');
    expect(site.logLines.join('')).not.toContain(answer.slice(4, -2));
  });

  it('that does not take the password is told of by its code', async () => {
    const server = await serve({ login: { user: 'sallyport', password: 'another' } });
    const login = { user: 'sallyport', password: { env: 'MAIL_PASSWORD' } };
    const approvals = await new ApprovalsSite().open(plan(server, { login }), { outboxTerms: TERMS });
    await approvals.desk.ask(asking(), NOW);
    expect((await until(approvals, failed)).lastFailure?.reason).toBe('it answered 535');
  });

  it('that is busy is asked again', async () => {
    const server = await serve({
      interrupt: (line, count) => (line.startsWith('MAIL') && count < 3 ? '451 later\r\n' : undefined),
    });
    const approvals = await new ApprovalsSite().open(plan(server), { outboxTerms: TERMS });
    await approvals.desk.ask(asking(), NOW);
    expect(await until(approvals, delivered)).toMatchObject({
      failed: 0,
      lastFailure: { reason: 'it answered 451' },
    });
    only(server);
  });

  it('that defers one address is asked again for that one alone, and one that is refused counts as failed', async () => {
    const server = await serve({
      interrupt: (line, count) => {
        if (line.startsWith('RCPT TO:<dave')) return count < 2 ? '450 later\r\n' : undefined;
        return line.startsWith('RCPT TO:<gone') ? '550 nobody\r\n' : undefined;
      },
    });
    const to = { dba: ['dora@example.com', 'dave@example.com', 'gone@example.com'] };
    const approvals = await new ApprovalsSite().open(plan(server, { to }), { outboxTerms: TERMS });
    await approvals.desk.ask(asking(), NOW);
    const state = await until(approvals, failed);
    expect(server.taken.map((one) => one.to)).toEqual([['dora@example.com'], ['dave@example.com']]);
    expect(new Set(server.taken.map(({ headers }) => headers.get('message-id')?.[0])).size).toBe(1);
    expect(state.lastFailure?.reason).toBe('it refused 1 of 2 addresses: 550');
  });

  it('P10: that begins to answer and goes no further is given up in time', async () => {
    const server = await serve({ interrupt: (line) => (line.startsWith('EHLO') ? '250-' : undefined) });
    const terms = { ...TERMS, timeoutMs: 50, pausesMs: [] };
    const approvals = await new ApprovalsSite().open(plan(server), { outboxTerms: terms });
    await approvals.desk.ask(asking(), NOW);
    const { lastFailure } = await until(approvals, failed);
    expect(lastFailure?.reason).toMatch(/within 50 ms|ETIMEDOUT/);
  });

  it('P10: that answers without end is not read to it', async () => {
    const server = await serve({
      interrupt: (line) => (line.startsWith('EHLO') ? `250-${'x'.repeat(200_000)}\r\n` : undefined),
    });
    const terms = { ...TERMS, pausesMs: [] };
    const approvals = await new ApprovalsSite().open(plan(server), { outboxTerms: terms });
    await approvals.desk.ask(asking(), NOW);
    expect((await until(approvals, failed)).lastFailure?.reason).toMatch(/^it (cannot be reached|answered)/);
  });
});

describe('the config of mail', () => {
  const parse = (more: object): boolean =>
    approvalsSchema.safeParse({
      mail: { host: 'smtp.example.com', from: 'a@example.com', to: { dba: ['b@example.com'] }, ...more },
    }).success;

  it('demands TLS, but to this machine', () => {
    expect(parse({})).toBe(true);
    expect(parse({ tls: 'none' })).toBe(false);
    expect(parse({ tls: 'none', host: '127.0.0.1.example.com' })).toBe(false);
    expect(parse({ tls: 'none', host: '::1' })).toBe(true);
    expect(parse({ tls: 'opportunistic' })).toBe(false);
    expect(parse({ login: { user: 'a', password: { none: true } } })).toBe(false);
  });

  it.each([
    'a b@example.com',
    'A <a@example.com>',
    'a@example.com, b@example.com',
    'a@example.com\r\nBcc: b@example.com',
    'a@example.com\n',
    '"a"@example.com',
    'a@',
    'a',
    'a@b@c',
    'a@[127.0.0.1]',
  ])('takes %j as no address', (address) => {
    expect(parse({ from: address })).toBe(false);
    expect(parse({ to: { dba: [address] } })).toBe(false);
  });

  it('takes a console by https alone', () => {
    expect(parse({ console: CONSOLE })).toBe(true);
    for (const console of ['http://x.example/console', 'https://u:p@x.example/', 'https://x.example/?a', 'x'])
      expect(parse({ console })).toBe(false);
  });

  it('refuses certificates that are none, at the start', async () => {
    const site = new ApprovalsSite();
    const ca = `${site.folder}/ca.pem`;
    const { mail } = plan({ port: 1 }, { tls: 'starttls', ca });
    await expect(site.open({ mail })).rejects.toMatchObject({ code: 'ERR_APPROVALS_MAIL' });
    writeFileSync(ca, 'nothing');
    await expect(site.open({ mail })).rejects.toMatchObject({ code: 'ERR_APPROVALS_MAIL' });
  });
});
