/** PostgreSQL's other doors: where data leave inside of texts, come from the client, or survive an error. */
import { encodeFunctionCall } from '../../../src/protocols/postgres/wire/frontend/function-call.ts';
import { copyData, copyDone, query } from '../../bypass/messages.ts';
import { type Connection, type Feature, labelOf, markerOf, ROWS, type Target } from '../driver.ts';
import { ours, select } from './features.ts';
import { FIRST_STORED_ID } from './tables.ts';

const TABLES: readonly Target[] = ['open', 'forbidden', 'masked', 'detected', 'metered', 'held'];
const STORED: readonly Target[] = ['open', 'forbidden', 'many', 'metered', 'held'];

/** Held by a slow statement. */
async function holdSlow(connection: Connection): Promise<'working'> {
  ours(connection).client.send(query(select('slow')));
  return 'working';
}

/** Words leave inside of a text by one statement. */
function telling(name: string, statement: (target: Target) => string, own?: string): Feature {
  return {
    name,
    delivery: 'text',
    carries: TABLES,
    ask: (connection, target) => ours(connection).converse([query(statement(target))], own),
    hold: holdSlow,
  };
}

const copyFrom: Feature = {
  name: 'COPY FROM',
  delivery: 'stored',
  carries: STORED,
  async ask(connection, target) {
    const { client } = ours(connection);
    client.send(query(`COPY t_${target} FROM STDIN`));
    const first = await client.answer('copy');
    if (!first.messages.includes('CopyInResponse')) return ours(connection).conclude([first]);
    const count = target === 'many' ? 100 : ROWS;
    const line = (i: number): string => `${FIRST_STORED_ID + i}\t${labelOf(target)}\t${markerOf(target)}\n`;
    client.send(...Array.from({ length: count }, (_, i) => copyData(line(i))), copyDone());
    return ours(connection).conclude([first, await client.answer()]);
  },
  async hold(connection) {
    const { client } = ours(connection);
    client.send(query('COPY t_open FROM STDIN'));
    await client.answer('copy');
    return 'working';
  },
};

const returning: Feature = {
  name: 'RETURNING',
  delivery: 'rows',
  carries: [...TABLES, 'many', 'large'],
  ask: (connection, target) =>
    ours(connection).converse([query(`UPDATE t_${target} SET label = label RETURNING id, label, word`)]),
  hold: holdSlow,
};

const explain: Feature = {
  name: 'EXPLAIN',
  delivery: 'none',
  carries: TABLES,
  ask: (connection, target) =>
    ours(connection).converse([query(`EXPLAIN (ANALYZE, VERBOSE, COSTS off) ${select(target)}`)]),
  hold: holdSlow,
};

const notification: Feature = {
  name: 'notification',
  delivery: 'text',
  carries: TABLES,
  ask: (connection, target) =>
    ours(connection).converse([
      query('LISTEN conformance'),
      query(`SELECT pg_notify('conformance', word) FROM t_${target}`),
      query('UNLISTEN conformance'),
    ]),
  async hold(connection) {
    await ours(connection).client.ask(query('LISTEN conformance'));
    return 'idle';
  },
};

/** `int4pl(2, 3)`, which no policy can permit: the message names no text that could be judged. */
const functionCallMessage: Feature = {
  name: 'function call by message',
  delivery: 'none',
  carries: ['open', 'forbidden'],
  neverPermitted: true,
  ask: (connection) =>
    ours(connection).converse([
      encodeFunctionCall({
        functionOid: 177,
        argumentFormats: [],
        arguments: [Buffer.from('2'), Buffer.from('3')],
        resultFormat: 'text',
      }),
    ]),
  hold: holdSlow,
};

const UP_TO_FAILURE = [query('BEGIN'), query('SAVEPOINT s'), query('SELECT 1 / 0')];

const afterFailure: Feature = {
  name: 'in a transaction that failed and was rolled back to a savepoint',
  delivery: 'rows',
  carries: [...TABLES, 'many', 'large', 'slow'],
  async ask(connection, target) {
    for (const step of UP_TO_FAILURE) await ours(connection).client.ask(step);
    return ours(connection).converse([
      query('ROLLBACK TO SAVEPOINT s'),
      query(select(target)),
      query('COMMIT'),
    ]);
  },
  async hold(connection) {
    for (const step of UP_TO_FAILURE) await ours(connection).client.ask(step);
    return 'idle';
  },
};

/** All of them. */
export const OTHER_FEATURES: readonly Feature[] = [
  copyFrom,
  returning,
  explain,
  telling('function call', (target) => `SELECT read_${target}()`),
  functionCallMessage,
  telling('error text', (target) => `SELECT word::int FROM t_${target}`, '22P02'),
  telling('notice text', (target) => `SELECT tell(word) FROM t_${target}`),
  notification,
  afterFailure,
];
