/** A machine whose clock is set, forward and back, under a whole gateway: nobody gains by it. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../src/audit/verify-audit.ts';
import { recordingLayout } from '../../src/recording/layout.ts';
import { replayRecording } from '../../src/recording/replay.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const POLICY = `apiVersion: sallyport.dev/v1
repeats: { after: 2, quarantine: { after: 3, for: 10m } }
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: few-reads
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SELECT], tables: [public.t] }
    limits: { statementsPerMinute: 3 }
`;

let gateway: TestGateway;
let aheadMs = 0;
let n = 0;
const clients: pg.Client[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({
    policy: POLICY,
    identity: { expiryGraceMs: 0 },
    setUp: 'CREATE TABLE t (x int); GRANT ALL ON t TO app',
    now: () => Date.now() + aheadMs,
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

beforeEach(() => {
  aheadMs = 0;
  n += 1;
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
});

async function connect(expiresIn: number): Promise<pg.Client> {
  const url = await gateway.url({ claims: { sub: `bot-${n}`, expiresIn } });
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

const codeOf = (client: pg.Client, text: string): Promise<string> =>
  client.query(text).then(
    () => 'ok',
    (error: pg.DatabaseError) => `${error.code} ${error.message}`,
  );

describe('a clock that is set', () => {
  it.each([2 * MINUTE, -2 * MINUTE, 2 * HOUR, -2 * HOUR])(
    'P10: by %i ms gives no statement back',
    async (jump) => {
      const client = await connect(10 * 3600);
      for (let i = 0; i < 3; i += 1) expect(await codeOf(client, 'SELECT x FROM t')).toBe('ok');
      expect(await codeOf(client, 'SELECT x FROM t')).toMatch(/^42501 .*few-reads/);
      aheadMs = jump;
      expect(await codeOf(client, 'SELECT x FROM t WHERE x = 1')).toMatch(/^42501 .*few-reads/);
    },
  );

  it.each([HOUR, -HOUR])('P12: by %i ms ends no quarantine', async (jump) => {
    const client = await connect(10 * 3600);
    for (let i = 0; i < 3; i += 1) expect(await codeOf(client, 'DELETE FROM t')).toMatch(/^42501/);
    expect(await codeOf(client, 'SELECT x FROM t')).toMatch(/^42501 .*stopped/);
    aheadMs = jump;
    expect(await codeOf(client, 'SELECT x FROM t')).toMatch(/^42501 .*stopped/);
  });

  it('P12: forward ends what is over by it, at the next message; back again opens nothing', async () => {
    const client = await connect(600);
    expect(await codeOf(client, 'SELECT x FROM t')).toBe('ok');
    aheadMs = HOUR;
    expect(await codeOf(client, 'SELECT x FROM t')).toMatch(/^28000/);
    aheadMs = 0;
    await expect(client.query('SELECT x FROM t')).rejects.toThrow();
  });

  it('P4: back and forth leaves audit and recordings in order', async () => {
    const client = await connect(10 * 3600);
    for (const jump of [0, -HOUR, 2 * HOUR]) {
      aheadMs = jump;
      expect(await codeOf(client, 'SELECT x FROM t')).toBe('ok');
    }
    aheadMs = 0;
    await client.end();
    const session = String(
      gateway.records().findLast((one) => one['type'] === 'session.opened')?.['session'],
    );
    const records = await gateway.recordsUntil((all) =>
      all.some((one) => one['type'] === 'recording.closed' && one['session'] === session),
    );
    expect((await verifyAudit(gateway.dataDir)).findings).toEqual([]);
    const times: number[] = [];
    for await (const { ms } of replayRecording(recordingLayout(gateway.dataDir), session)) times.push(ms);
    expect(times.length).toBeGreaterThan(6);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const outcomes = records.filter(
      (one) => one['type'] === 'exchange.outcome' && one['session'] === session,
    );
    for (const { durationMs } of outcomes) {
      expect(durationMs).toBeGreaterThanOrEqual(0);
      expect(durationMs).toBeLessThan(HOUR / 2);
    }
  });
});
