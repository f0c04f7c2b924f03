/** Many people who answer at once, and a clock that ends the window meanwhile, through a whole gateway and its API. */
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, askApi } from '../e2e/api/api-client.ts';
import { type AuditRecord, startTestGateway, type TestGateway } from '../support/gateway.ts';

const QUORUM = 3;
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: writes
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [INSERT] }
    approval: { by: [dba], count: ${QUORUM}, within: 15m, wait: 60s }
`;
const APPROVERS = Array.from({ length: 12 }, (_, n) => `approver-${n}`);

let gateway: TestGateway;
let aheadMs = 0;
let n = 0;
const clients: pg.Client[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({
    policy: POLICY,
    api: {},
    setUp: 'CREATE TABLE done (mark text); GRANT ALL ON done TO app',
    now: () => Date.now() + aheadMs,
  });
});

afterAll(async () => {
  for (const client of clients) await client.end().catch(() => undefined);
  await gateway[Symbol.asyncDispose]();
});

beforeEach(() => {
  n += 1;
});

interface Held {
  readonly mark: string;
  readonly id: string;
  readonly digest: string;
  /** What became of the statement: nothing, or the message of its error. */
  readonly end: Promise<string>;
  close(): Promise<void>;
}

/** A client that waits, and what it waits for. */
async function hold(): Promise<Held> {
  const mark = `m${n}`;
  const client = new pg.Client({
    connectionString: await gateway.url({ claims: { sub: `bot-${n}`, expiresIn: 7200 } }),
  });
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  const end = client.query(`INSERT INTO done VALUES ('${mark}')`).then(
    () => 'ran',
    (error: Error) => error.message,
  );
  const token = await tokenOf('approver-0');
  for (;;) {
    const { json } = await askApi(gateway, '/v1/approvals?status=open', { token });
    const [first] = (json as { approvals: readonly { id: string; digest: string }[] }).approvals;
    if (first !== undefined) return { mark, ...first, end, close: () => client.end() };
  }
}

/** Of a client of people, and not of the agents. Good for longer than the clock jumps. */
const tokenOf = (sub: string): Promise<string> =>
  gateway.issuer.token({ sub, client_id: 'inbox', groups: ['dba'], expiresIn: 7200 });

async function answer(held: Held, sub: string, verdict: 'approve' | 'deny'): Promise<Answer> {
  const token = await tokenOf(sub);
  return askApi(gateway, `/v1/approvals/${held.id}/${verdict}`, { token, body: { digest: held.digest } });
}

const runsOf = async ({ mark }: Held): Promise<number> =>
  (await gateway.postgres.query(`SELECT 1 FROM done WHERE mark = '${mark}'`)).length;

const eventsOf = ({ id }: Held): readonly AuditRecord[] =>
  gateway.records().filter((one) => one['approval'] === id);

const typesOf = (held: Held): readonly string[] => eventsOf(held).map((one) => String(one['type']));

describe('people who answer at once', () => {
  it('approve: so many count as are needed, one grant is made, the statement runs once', async () => {
    const held = await hold();
    const answers = await Promise.all(APPROVERS.map((sub) => answer(held, sub, 'approve')));
    expect(await held.end).toBe('ran');
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(QUORUM);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
    expect(await runsOf(held)).toBe(1);
    const types = typesOf(held);
    expect(types.filter((type) => type === 'approval.answered')).toHaveLength(QUORUM);
    for (const type of ['approval.granted', 'approval.consumed'])
      expect(
        types.filter((one) => one === type),
        type,
      ).toHaveLength(1);
    await held.close();
  });

  it('one person many times: counts once', async () => {
    const held = await hold();
    await Promise.all(Array.from({ length: 8 }, () => answer(held, 'approver-1', 'approve')));
    const token = await tokenOf('approver-1');
    const { json } = await askApi(gateway, `/v1/approvals/${held.id}`, { token });
    expect(json).toMatchObject({
      status: 'open',
      answers: { length: 1 },
      quorums: [{ missing: QUORUM - 1 }],
    });
    expect(await runsOf(held)).toBe(0);
    await answer(held, 'approver-2', 'deny');
    expect(await held.end).toMatch(/^POLICY_DENIED/);
    await held.close();
  });

  it('approve and deny: what the audit has first decides; nothing runs behind a denial', async () => {
    for (let round = 0; round < 6; round += 1) {
      n += 1;
      const held = await hold();
      const answers = await Promise.all(
        APPROVERS.map((sub, at) => answer(held, sub, (at + round) % 4 === 0 ? 'deny' : 'approve')),
      );
      const end = await held.end;
      const events = eventsOf(held);
      const denied = events.findIndex((one) => one['verdict'] === 'deny');
      const consumed = events.findIndex((one) => one['type'] === 'approval.consumed');
      expect(await runsOf(held)).toBe(end === 'ran' ? 1 : 0);
      expect(consumed !== -1).toBe(end === 'ran');
      if (denied !== -1) expect(consumed, 'used before the denial or never').toBeLessThan(denied);
      if (end !== 'ran') expect(end).toMatch(/^POLICY_DENIED/);
      const told = answers.filter(({ status }) => status === 200).length;
      expect(events.filter((one) => one['type'] === 'approval.answered')).toHaveLength(told);
      await held.close();
    }
  });
});

describe('a window that ends', () => {
  it('while people approve: it is used before its end, or never', async () => {
    const held = await hold();
    await answer(held, 'approver-1', 'approve');
    aheadMs += 16 * 60_000;
    const late = await Promise.all(APPROVERS.slice(2).map((sub) => answer(held, sub, 'approve')));
    expect(late.filter(({ status }) => status === 200)).toEqual([]);
    // The clock back again: what is over stays over.
    aheadMs -= 16 * 60_000;
    const back = await answer(held, 'approver-3', 'approve');
    expect(back.status).toBe(409);
    expect(await held.end).not.toBe('ran');
    expect(await runsOf(held)).toBe(0);
    expect(typesOf(held)).toContain('approval.expired');
    expect(typesOf(held)).not.toContain('approval.granted');
    await held.close();
  });

  it('with a grant that nobody used: another clock does not bring it back', async () => {
    const mark = `m${n}`;
    const client = new pg.Client({
      connectionString: await gateway.url({ claims: { sub: `bot-${n}`, expiresIn: 7200 } }),
    });
    await client.connect();
    const insert = `INSERT INTO done VALUES ('${mark}')`;
    const attempt = async (): Promise<string> => {
      await client.query('BEGIN');
      const said = await client.query(insert).then(
        () => 'ran',
        (error: Error) => error.message,
      );
      await client.query('ROLLBACK');
      return said;
    };
    const pending = await attempt();
    const [, id = ''] = /^APPROVAL_PENDING \[(apr_[^\]]+)\]/.exec(pending) ?? [];
    const token = await tokenOf('approver-1');
    const { digest } = (await askApi(gateway, `/v1/approvals/${id}`, { token })).json as { digest: string };
    const held: Held = { mark, id, digest, end: Promise.resolve(''), close: () => client.end() };
    for (const sub of APPROVERS.slice(0, QUORUM))
      expect((await answer(held, sub, 'approve')).status).toBe(200);
    aheadMs += 11 * 60_000;
    expect(await attempt()).toMatch(/^APPROVAL_PENDING/);
    aheadMs -= 11 * 60_000;
    expect(await attempt()).toMatch(/^APPROVAL_PENDING/);
    expect(typesOf(held)).toContain('approval.expired');
    expect(typesOf(held)).not.toContain('approval.consumed');
    await held.close();
  });
});
