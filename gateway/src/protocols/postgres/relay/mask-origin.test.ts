/** The second check of lineage: the server says where columns come from, and what was not judged reaches nobody (P5). */
import { describe, expect, it } from 'vitest';
import { CUSTOMERS, field } from '../masking/testing/fixtures.ts';
import { encodeCommandComplete } from '../wire/backend/command-complete.ts';
import { encodeDataRow } from '../wire/backend/data-row.ts';
import type { FieldDescription } from '../wire/backend/row-description.ts';
import { encodeRowDescription } from '../wire/backend/row-description.ts';
import { encodeSync } from '../wire/frontend/bare-frontend-messages.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import { ask, bind, describePortal, execute, parse, prepared, ready, reply } from './testing/messages.ts';
import { type RelayBench, startRelayBench } from './testing/relay-bench.ts';
import { REDACT_EMAIL, testSessionMasks } from './testing/session-masks.ts';

const SECRET = 'alice@secret.example';
const STAFF = CUSTOMERS + 1;
const SELECT = 'SELECT id, note FROM customers';
const row = encodeDataRow(['1', SECRET]);
const done = encodeCommandComplete('SELECT 1');

/** A session on a server that has `public.staff (email, note)` beside `public.customers`. */
async function start(): Promise<RelayBench & { got(): string }> {
  const masks = testSessionMasks({
    columns: {
      [`${STAFF}.1`]: { names: [['public', 'staff', 'email']] },
      [`${STAFF}.2`]: { names: [['public', 'staff', 'note']] },
    },
  });
  const bench = await startRelayBench({ masks, obliges: () => [REDACT_EMAIL] });
  const chunks: Buffer[] = [];
  bench.client.stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return Object.assign(bench, { got: () => Buffer.concat(chunks).toString('latin1') });
}

function describedAs(...fields: readonly FieldDescription[]): Buffer {
  return encodeRowDescription([field('id'), ...fields]);
}

const OTHERS: readonly (readonly [string, FieldDescription])[] = [
  ['a masked column of another table', field('note', { tableOid: STAFF, attributeNumber: 1 })],
  ['a column of another table that nobody masks', field('note', { tableOid: STAFF, attributeNumber: 2 })],
  ['another column of the same table', field('email')],
];

describe('a column that the statement was not judged by', () => {
  it.each(OTHERS)('P5: %s ends the session before it is told', async (_name, other) => {
    const bench = await start();
    await ask(bench, encodeQuery(SELECT));
    expect(await reply(bench, describedAs(other), row, done, ready())).toEqual(['FATAL 58000']);
    expectNothingTold(bench);
  });

  it.each(OTHERS)('P5: %s, where the client asks for no description', async (_name, other) => {
    const bench = await start();
    await ask(bench, parse(SELECT), bind(), execute(), encodeSync());
    const got = await reply(bench, prepared, describedAs(other), row, done, ready());
    expect(got).toEqual(['ParseComplete', 'BindComplete', 'FATAL 58000']);
    expectNothingTold(bench);
  });

  it.each(OTHERS)('P5: %s, where the client asks for it, byte by byte', async (_name, other) => {
    const bench = await start();
    await ask(bench, parse(SELECT), bind(), describePortal(), execute(), encodeSync());
    const stream = Buffer.concat([prepared, describedAs(other), row, done, ready()]);
    for (const byte of stream) bench.server.send(Uint8Array.of(byte));
    await bench.settled();
    expect(bench.client.take()).toEqual(['ParseComplete', 'BindComplete', 'FATAL 58000']);
    expectNothingTold(bench);
  });

  it('the column that was judged is told', async () => {
    const bench = await start();
    await ask(bench, encodeQuery(SELECT));
    const got = await reply(bench, describedAs(field('note')), row, done, ready());
    expect(got).toEqual(['RowDescription', 'DataRow', 'SELECT 1', 'Ready I']);
  });
});

function expectNothingTold(bench: RelayBench & { got(): string }): void {
  expect(bench.got()).not.toContain('alice');
  expect(bench.got()).not.toContain('staff');
  expect(bench.log.join('\n')).toContain('ERR_RESPONSE_MASK_ORIGIN');
  expect(bench.client.isEnded).toBe(true);
}
