/** The other half of `row-limits.test.ts`: sent to a server without a gateway, each gets more rows than the limit there. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CURSOR_ROWS, LIMIT, ROWS } from '../cases/row-limits.ts';
import { query, sync } from '../messages.ts';
import { OpenServer } from './open-server.ts';

let server: OpenServer;

beforeAll(async () => {
  server = await OpenServer.start();
  await server.createTemplate(
    'rows',
    'CREATE TABLE many AS SELECT generate_series(1, 100) AS id; GRANT ALL ON many TO app',
  );
}, 60_000);

afterAll(() => server[Symbol.asyncDispose]());

async function rowsBy(steps: readonly Buffer[]): Promise<number> {
  await using client = await server.connect('rows');
  client.send(...steps, sync(), query('ROLLBACK'), query("SELECT 'end of steps'"));
  let rows = 0;
  for (;;) {
    const answer = await client.answer();
    rows += answer.rows.length + answer.messages.filter((name) => name === 'CopyData').length;
    if (answer.closed || answer.rows.at(-1)?.[0] === 'end of steps') return rows - 1;
  }
}

describe('more rows than the limit, sent directly', () => {
  it.each(Object.entries({ ...ROWS, ...CURSOR_ROWS }))('come %s', async (_name, steps) => {
    expect(await rowsBy(steps)).toBeGreaterThan(LIMIT);
  });
});
