/** Ways to get more rows than a limit allows out of one result, through the real wire. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import type { Answer } from '../support/raw-answer.ts';
import { RawClient, rawLogin } from '../support/raw-client.ts';
import { CURSOR_ROWS, LIMIT, ROWS } from './cases/row-limits.ts';
import { bind, close, execute, parse, query, sync } from './messages.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: few, effect: allow, on: sql, match: { groups: [agents] }, limits: { rows: ${LIMIT} } }
`;

const all = (...messages: readonly Buffer[]): Buffer => Buffer.concat(messages);

describe('more rows than the limit', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const setUp = 'CREATE TABLE many AS SELECT generate_series(1, 100) AS id; GRANT SELECT ON many TO app';
    gateway = await startTestGateway({ policy: POLICY, setUp });
  }, 60_000);
  afterAll(() => gateway[Symbol.asyncDispose]());

  async function rowsBy(steps: readonly Buffer[]): Promise<number> {
    await using client = await RawClient.connect(await rawLogin(gateway));
    let rows = 0;
    let status: Answer['status'];
    for (const step of steps) {
      client.send(step);
      if (!endsTurn(step)) continue;
      const answer = await client.answer();
      rows += answer.rows.length + answer.messages.filter((name) => name === 'CopyData').length;
      ({ status } = answer);
      if (answer.errors.length === 0) continue;
      expect(answer.errors[0]).toMatchObject({ code: 'SPL01', message: expect.stringContaining('rule few') });
      break;
    }
    if (status !== 'I') await client.ask(query('ROLLBACK'));
    expect((await client.ask(query("SELECT 'alive'"))).rows).toEqual([['alive']]);
    return rows;
  }

  it.each(Object.entries(ROWS))('P10: do not come %s', async (_name, steps) => {
    expect(await rowsBy(steps)).toBeLessThanOrEqual(LIMIT);
  });

  it('P10: a portal that is closed and bound again begins a result of its own, as a statement sent again does', async () => {
    const again = all(bind('s', 'p'), execute('p', LIMIT), close('portal', 'p'));
    expect(await rowsBy([query('BEGIN'), all(parse('SELECT id FROM many', 's'), again, again, sync())])).toBe(
      2 * LIMIT,
    );
  });

  it.each(Object.entries(CURSOR_ROWS))('P10: do not come %s', async (_name, steps) => {
    expect(await rowsBy(steps)).toBeLessThanOrEqual(LIMIT);
  });
});

/** A step without Sync or Query waits for the next one. */
function endsTurn(step: Buffer): boolean {
  return step[0] === 0x51 || step.subarray(-5).equals(sync());
}
