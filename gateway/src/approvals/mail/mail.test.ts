/** Mail to a server on loopback: what people are told, and that nothing else is. */
import { describe, expect, it } from 'vitest';
import { AccessSite, ONCALL, wanting } from '../testing/access-fixture.ts';
import { ApprovalsSite, asking, groundsOf, needs } from '../testing/approvals-fixture.ts';
import {
  CONSOLE,
  certified,
  delivered,
  NOW,
  only,
  PASSWORD,
  plan,
  serve,
  subjectOf,
  TERMS,
  until,
} from '../testing/mail-scene.ts';

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
