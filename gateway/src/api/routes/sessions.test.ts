import { describe, expect, it } from 'vitest';
import { closed, intent, opened, outcome } from '../../../test/audit/audit-fixture.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import { type SessionTranscript, sessionTranscriptSchema } from '../contract/exchange.ts';
import { killAnswerSchema, type SessionPage, sessionPageSchema } from '../contract/session.ts';
import { type ApiFixture, type Asking, createApiFixture, problemOf } from '../testing/api-fixture.ts';

/** Three sessions: one over, one that runs here, one of another gateway's life that is still open on file. */
async function withSessions(): Promise<ApiFixture> {
  const fixture = await createApiFixture();
  const second: AuditEvent = { ...opened('ses_2', 'bob'), resource: 'payroll' } as AuditEvent;
  await fixture.audit.append([opened('ses_1'), intent('ses_1', 1), outcome('ses_1', 1), closed('ses_1', 1)]);
  await fixture.audit.append([
    second,
    intent('ses_2', 1, { effect: 'deny', cause: 'rule', rules: ['no-drop'] }),
  ]);
  await fixture.audit.append([opened('ses_3')]);
  return fixture;
}

async function list(fixture: ApiFixture, query: string, asking?: Asking): Promise<SessionPage> {
  const body = await fixture.read(`/v1/sessions${query}`, asking);
  const page = sessionPageSchema.parse(body);
  // The contract leaves nothing out.
  expect(page).toEqual(body);
  return page;
}

const ids = ({ sessions }: SessionPage): readonly string[] => sessions.map(({ session }) => session);

async function show(fixture: ApiFixture, path: string): Promise<SessionTranscript> {
  const body = await fixture.read(`/v1/sessions/${path}`);
  const transcript = sessionTranscriptSchema.parse(body);
  // The contract leaves nothing out.
  expect(transcript).toEqual(body);
  return transcript;
}

function addLive(fixture: ApiFixture, id: string): string[] {
  const messages: string[] = [];
  const { principal } = opened(id) as Extract<AuditEvent, { type: 'session.opened' }>;
  const base = { id, protocol: 'postgres', principal, resource: 'shop', account: 'app_ro', openedMs: 0 };
  fixture.live.push({ ...base, kill: (message) => messages.push(message), regroup: () => undefined });
  return messages;
}

describe('GET /v1/sessions/events', () => {
  it('says that sessions opened or ended, once for all that did', async () => {
    const fixture = await createApiFixture();
    const response = await fixture.ask('/v1/sessions/events');
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (wanted: string): Promise<void> => {
      while (!text.includes(wanted)) text += (await reader?.read())?.value ?? '';
    };
    await until('event: ready');
    for (let times = 0; times < 3; times += 1) for (const follower of fixture.followers) follower();
    await until('event: changed\ndata: {}\n\n');
    for (const follower of fixture.followers) follower();
    await until('id: 2\nevent: changed');
    // The second time of the first change may have come meanwhile.
    expect(text.match(/event: changed/g)?.length).toBeLessThan(4);
    await reader?.cancel();
    expect(fixture.followers.size).toBe(0);
    expect(fixture.streams.count).toBe(0);
  });
});

describe('GET /v1/sessions', () => {
  it('lists live and past sessions, the last opened first', async () => {
    const fixture = await withSessions();
    addLive(fixture, 'ses_2');
    const page = await list(fixture, '');
    expect(page.sessions.map(({ session, state, live, refused }) => [session, state, live, refused])).toEqual(
      [
        ['ses_3', 'open', false, 0],
        ['ses_2', 'open', true, 1],
        ['ses_1', 'closed', false, 0],
      ],
    );
    expect(page).not.toHaveProperty('nextCursor');
  });

  it('filters, and the conditions add up', async () => {
    const fixture = await withSessions();
    const [third, second, first] = (await list(fixture, '')).sessions;
    expect(ids(await list(fixture, '?principal=bob'))).toEqual(['ses_2']);
    expect(ids(await list(fixture, '?principal=claims-bot&resource=pg-prod'))).toEqual(['ses_3', 'ses_1']);
    expect(ids(await list(fixture, '?state=closed'))).toEqual(['ses_1']);
    expect(ids(await list(fixture, '?state=open&resource=payroll'))).toEqual(['ses_2']);
    expect(ids(await list(fixture, `?since=${second?.openedAt}`))).toEqual(['ses_3', 'ses_2']);
    expect(ids(await list(fixture, `?until=${second?.openedAt}`))).toEqual(['ses_1']);
    expect(ids(await list(fixture, `?since=${first?.openedAt}&until=${third?.openedAt}`))).toEqual([
      'ses_2',
      'ses_1',
    ]);
    expect(ids(await list(fixture, '?principal=nobody'))).toEqual([]);
  });

  it('gives pages that together are the whole list, although sessions are opened meanwhile', async () => {
    const fixture = await withSessions();
    const first = await list(fixture, '?limit=2');
    await fixture.audit.append([opened('ses_4')]);
    const second = await list(fixture, `?limit=2&cursor=${first.nextCursor}`);
    expect([...ids(first), ...ids(second)]).toEqual(['ses_3', 'ses_2', 'ses_1']);
    expect(second).not.toHaveProperty('nextCursor');
  });

  it('P10: ends a page early when its sessions are large, and goes on after them', async () => {
    const fixture = await createApiFixture();
    const groups = Array.from({ length: 900 }, (_, n) => `group-${n}-${'x'.repeat(1000)}`);
    for (const id of ['ses_1', 'ses_2', 'ses_3']) {
      const session = opened(id) as Extract<AuditEvent, { type: 'session.opened' }>;
      await fixture.audit.append([{ ...session, principal: { ...session.principal, groups } }]);
    }
    const first = await list(fixture, '');
    expect(ids(first)).toEqual(['ses_3', 'ses_2']);
    expect(ids(await list(fixture, `?cursor=${first.nextCursor}`))).toEqual(['ses_1']);
  });

  it('keeps its place when a session of the state asked for changes it between two pages', async () => {
    const fixture = await withSessions();
    const first = await list(fixture, '?state=open&limit=1');
    await fixture.audit.append([closed('ses_3')]);
    expect(ids(await list(fixture, `?state=open&limit=1&cursor=${first.nextCursor}`))).toEqual(['ses_2']);
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['characters that are none of base64url', 'czE6c2VzXzI='],
    ['a kind of another listing', Buffer.from('x1:ses_2.1').toString('base64url')],
    ['a session that there is not', Buffer.from('s1:ses_99').toString('base64url')],
    ['a path', Buffer.from('s1:../../etc').toString('base64url')],
  ])('refuses a cursor of %s', async (_, cursor) => {
    const fixture = await withSessions();
    const response = await fixture.ask(`/v1/sessions?cursor=${encodeURIComponent(cursor)}`);
    expect(await problemOf(response)).toMatchObject({ status: 400, code: 'ERR_API_CURSOR' });
  });

  it('refuses a cursor under other conditions instead of starting anew', async () => {
    const fixture = await withSessions();
    const { nextCursor } = await list(fixture, '?limit=1');
    const response = await fixture.ask(`/v1/sessions?limit=1&principal=bob&cursor=${nextCursor}`);
    expect(await problemOf(response)).toMatchObject({ code: 'ERR_API_CURSOR' });
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=1e9',
    'limit=NaN',
    'since=yesterday',
    'since=2026-11-26T20:00:00',
    'state=half',
    'principal=',
    `principal=${'a'.repeat(513)}`,
    'limit=1&limit=2',
    '__proto__=1',
  ])('refuses ?%s and says where', async (query) => {
    const fixture = await createApiFixture();
    const problem = await problemOf(await fixture.ask(`/v1/sessions?${query}`));
    expect(problem).toMatchObject({ status: 400, code: 'ERR_API_INVALID' });
    const name = query.slice(0, query.indexOf('='));
    expect(problem.issues?.some(({ at, message }) => `${at} ${message}`.includes(name))).toBe(true);
  });

  it('names lines of the audit that it cannot read', async () => {
    const fixture = await withSessions();
    const { readFileSync, writeFileSync } = await import('node:fs');
    const file = `${fixture.folder}/audit/00000001.jsonl`;
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('"type":"session.opened"', '"type":"session.opened'),
    );
    expect((await list(fixture, '')).damaged).toEqual([
      { file: '00000001.jsonl', offset: expect.any(Number) },
    ]);
  });

  it('P10: refuses more readers of the audit than may read at once', async () => {
    const fixture = await createApiFixture({ maxScans: 1 });
    const responses = await Promise.all([1, 2, 3].map(() => fixture.ask('/v1/sessions')));
    const statuses = responses.map(({ status }) => String(status));
    expect(statuses.sort()).toEqual(['200', '429', '429']);
    expect((await fixture.ask('/v1/sessions')).status).toBe(200);
  });

  it('records the conditions', async () => {
    const fixture = await withSessions();
    await list(fixture, '?principal=bob&limit=7');
    expect(await fixture.accesses()).toMatchObject([{ details: { principal: 'bob', limit: 7 } }]);
  });
});

describe('GET /v1/sessions/{id}', () => {
  it('shows the session, each exchange with its outcome, and how it ended', async () => {
    const fixture = await withSessions();
    expect(await show(fixture, 'ses_1')).toMatchObject({
      session: {
        session: 'ses_1',
        state: 'closed',
        reason: 'client left',
        live: false,
        hints: { application_name: 'psql' },
      },
      exchanges: [
        { exchange: 'ses_1.1', request: { text: 'SELECT 1' }, effect: 'permit', outcome: { status: 'ok' } },
      ],
      damaged: [],
    });
    const denied = await show(fixture, 'ses_2');
    expect(denied).toMatchObject({
      session: { state: 'open', exchanges: 1, refused: 1 },
      exchanges: [{ effect: 'deny', cause: 'rule', rules: ['no-drop'] }],
    });
    expect(denied.exchanges[0]).not.toHaveProperty('outcome');
  });

  it('gives pages that together are all exchanges, each once', async () => {
    const fixture = await createApiFixture();
    await fixture.audit.append([
      opened('ses_9'),
      ...Array.from({ length: 7 }, (_, n) => intent('ses_9', n + 1)),
    ]);
    await fixture.audit.append([
      opened('ses_8'),
      intent('ses_8', 1),
      outcome('ses_9', 2),
      closed('ses_9', 7),
    ]);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await show(fixture, `ses_9?limit=3${cursor}`);
      expect(page.session).toMatchObject({ state: 'closed', exchanges: 7 });
      seen.push(
        ...page.exchanges.map(({ exchange, outcome: end }) => `${exchange}${end === undefined ? '' : '!'}`),
      );
      cursor = page.nextCursor === undefined ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(['ses_9.1', 'ses_9.2!', 'ses_9.3', 'ses_9.4', 'ses_9.5', 'ses_9.6', 'ses_9.7']);
  });

  it('P10: ends a page early when its exchanges are large, and goes on after them', async () => {
    const fixture = await createApiFixture();
    const large = (n: number): AuditEvent =>
      intent('ses_9', n, { request: { text: `${n}${'x'.repeat(700_000)}` } });
    await fixture.audit.append([opened('ses_9'), large(1), large(2), large(3), large(4)]);
    const first = await show(fixture, 'ses_9');
    expect(first.exchanges.map(({ exchange }) => exchange)).toEqual(['ses_9.1', 'ses_9.2']);
    const second = await show(fixture, `ses_9?cursor=${first.nextCursor}`);
    expect(second.exchanges.map(({ exchange }) => exchange)).toEqual(['ses_9.3', 'ses_9.4']);
    expect(second).not.toHaveProperty('nextCursor');
  });

  it('says which values the audit holds as digests only', async () => {
    const fixture = await createApiFixture();
    const text = `SELECT '${'x'.repeat(2_000_000)}'`;
    await fixture.audit.append([opened('ses_9'), intent('ses_9', 1, { request: { text } })]);
    const { exchanges } = await show(fixture, 'ses_9');
    expect(exchanges[0]?.omitted).toMatchObject([{ path: 'request.text', bytes: expect.any(Number) }]);
  });

  it.each(['ses_99', 'ses_1x', 'a'.repeat(80)])('answers 404 for %s', async (id) => {
    const fixture = await withSessions();
    const problem = await problemOf(await fixture.ask(`/v1/sessions/${id}`));
    expect(problem).toMatchObject({ status: 404, code: 'ERR_API_UNKNOWN_SESSION' });
  });

  it.each(['..%2f..%2fetc', 'ses_1%00', 'ses_1%22', 'a'.repeat(81), '%F0%9F%90%8E'])(
    'refuses the id %s',
    async (id) => {
      const fixture = await withSessions();
      expect(await problemOf(await fixture.ask(`/v1/sessions/${id}`))).toMatchObject({
        status: 400,
        code: 'ERR_API_INVALID',
      });
    },
  );

  it.each([
    ['of another session', 'x1:ses_2.1'],
    ['beyond the end', 'x1:ses_1.5'],
    ['before the beginning', 'x1:ses_1.0'],
    ['of the list', 's1:ses_1'],
  ])('refuses a cursor %s', async (_, position) => {
    const fixture = await withSessions();
    const cursor = Buffer.from(position).toString('base64url');
    const problem = await problemOf(await fixture.ask(`/v1/sessions/ses_1?cursor=${cursor}`));
    expect(problem).toMatchObject({ status: 400, code: 'ERR_API_CURSOR' });
  });
});

describe('POST /v1/sessions/{id}/kill', () => {
  it('P12: ends the session, says why, and has it on record', async () => {
    const fixture = await withSessions();
    const messages = addLive(fixture, 'ses_2');
    const body = await fixture.read('/v1/sessions/ses_2/kill', { body: { reason: 'runaway agent' } });
    expect(killAnswerSchema.parse(body)).toEqual({ session: 'ses_2', killed: true });
    expect(messages).toEqual(['an administrator ended this session: runaway agent']);
    expect(await fixture.accesses()).toMatchObject([
      {
        principal: { subject: 'admin' },
        outcome: 'permit',
        details: { session: 'ses_2', reason: 'runaway agent' },
      },
    ]);
  });

  it('wants no reason and no body', async () => {
    const fixture = await withSessions();
    const messages = addLive(fixture, 'ses_2');
    await fixture.read('/v1/sessions/ses_2/kill', { method: 'POST' });
    expect(messages).toEqual(['an administrator ended this session']);
  });

  it('kills nothing for a reader, an agent or nobody', async () => {
    const fixture = await withSessions();
    const messages = addLive(fixture, 'ses_2');
    for (const token of ['reader', 'agent', 'stranger', 'nobody', '']) {
      expect([401, 403]).toContain(
        (await fixture.ask('/v1/sessions/ses_2/kill', { method: 'POST', token })).status,
      );
    }
    expect(messages).toEqual([]);
  });

  it('P12: acts even when the audit cannot be written, says so, and the record follows', async () => {
    const fixture = await withSessions();
    const messages = addLive(fixture, 'ses_2');
    fixture.fillDisk();
    const problem = await problemOf(await fixture.ask('/v1/sessions/ses_2/kill', { method: 'POST' }));
    expect(problem).toMatchObject({ status: 503, code: 'ERR_API_UNRECORDED' });
    expect(messages).toHaveLength(1);
    await fixture.freeDisk();
    expect(await fixture.accesses()).toMatchObject([{ outcome: 'permit', details: { session: 'ses_2' } }]);
  });

  it('answers 404 for a session that is over or not here', async () => {
    const fixture = await withSessions();
    for (const id of ['ses_1', 'ses_99']) {
      const problem = await problemOf(await fixture.ask(`/v1/sessions/${id}/kill`, { method: 'POST' }));
      expect(problem).toMatchObject({ status: 404, code: 'ERR_API_UNKNOWN_SESSION' });
    }
  });

  it.each([
    ['two lines', { reason: 'a\nb' }],
    ['a mark that turns text round', { reason: 'a\u202eb' }],
    ['nothing', { reason: '' }],
    ['too much', { reason: 'x'.repeat(201) }],
    ['a number', { reason: 7 }],
    ['something unknown', { because: 'x' }],
    ['a list', []],
    ['null', null],
  ])('refuses %s as a reason, and kills nothing', async (_, body) => {
    const fixture = await withSessions();
    const messages = addLive(fixture, 'ses_2');
    const problem = await problemOf(await fixture.ask('/v1/sessions/ses_2/kill', { body }));
    expect(problem).toMatchObject({ status: 400, code: 'ERR_API_INVALID' });
    expect(messages).toEqual([]);
  });
});
