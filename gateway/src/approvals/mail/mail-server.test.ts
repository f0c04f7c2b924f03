/** Mail servers as they are met: impostors, down, busy, endless. */
import { describe, expect, it } from 'vitest';
import { ApprovalsSite, asking } from '../testing/approvals-fixture.ts';
import {
  certified,
  delivered,
  failed,
  NOW,
  only,
  PASSWORD,
  plan,
  serve,
  servers,
  TERMS,
  until,
} from '../testing/mail-scene.ts';
import { SmtpTestServer } from '../testing/smtp-server.ts';

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
