/** PostgreSQL's ways to read: each asks for all rows of a target and shows them. */
import { encodeBind } from '../../../src/protocols/postgres/wire/frontend/bind.ts';
import { bind, close, describeOf, execute, extended, parse, query, sync } from '../../bypass/messages.ts';
import { type Connection, EVERY_TARGET, type Feature, type Target } from '../driver.ts';
import { PostgresConnection } from './postgres-connection.ts';

/** The raw client behind a connection. */
export function ours(connection: Connection): PostgresConnection {
  if (!(connection instanceof PostgresConnection)) throw new TypeError('not a connection of PostgreSQL');
  return connection;
}

/** The statement that reads a target. */
export function select(target: Target): string {
  return `SELECT id, label, word FROM t_${target}`;
}

/** What a feature does with the text of a statement: one buffer for each answer. */
type Steps = (text: string) => readonly Buffer[];

/** Reads by `steps`; it is held while the slow target answers. */
function reading(name: string, steps: Steps): Feature {
  return {
    name,
    delivery: 'rows',
    carries: EVERY_TARGET,
    ask: (connection, target) => ours(connection).converse(steps(select(target))),
    async hold(connection) {
      // A step that waits for an answer would wait for the slow one.
      ours(connection).client.send(...steps(select('slow')));
      return 'working';
    },
  };
}

/** Reads by `steps`; it is held with what `begin` leaves on the connection. */
function keeping(name: string, steps: Steps, begin: readonly Buffer[]): Feature {
  return {
    ...reading(name, steps),
    async hold(connection) {
      for (const step of begin) await ours(connection).client.ask(step);
      return 'idle';
    },
  };
}

const all = (...messages: readonly Buffer[]): Buffer => Buffer.concat(messages);

const bindBinary = (statement: string): Buffer =>
  encodeBind({ portal: '', statement, parameterFormats: [], parameters: [], resultFormats: ['binary'] });

const portal = (text: string): readonly Buffer[] => [
  query('BEGIN'),
  all(parse(text), bind('', 'p'), execute('p', 1), sync()),
  all(execute('p', 0), sync()),
  query('COMMIT'),
];

const cursor = (text: string): readonly Buffer[] => [
  query('BEGIN'),
  query(`DECLARE c CURSOR FOR ${text}`),
  query('FETCH ALL FROM c'),
  query('COMMIT'),
];

const named = (text: string): readonly Buffer[] => [
  // An ask that was refused in its middle has left the statement.
  all(close('statement', 's'), parse(text, 's'), describeOf('statement', 's'), sync()),
  all(bind('s'), describeOf('portal'), execute(), close('statement', 's'), sync()),
];

const OPEN = select('open');

const FORMATS = ['text', 'csv', 'binary'] as const;

/** All of them. */
export const READING_FEATURES: readonly Feature[] = [
  reading('simple query', (text) => [query(text)]),
  reading('multi-statement simple query', (text) => [query(`SELECT 'before'; ${text}; SELECT 'after'`)]),
  reading('extended query, unnamed', (text) => [all(extended(text), sync())]),
  keeping('named prepared statement', named, named(OPEN).slice(0, 1)),
  reading('pipelined batch', (text) => [
    all(extended("SELECT 'before'"), extended(text), extended("SELECT 'after'"), sync()),
  ]),
  keeping('portal with row limit, suspended', portal, portal(OPEN).slice(0, 2)),
  keeping('cursor by DECLARE and FETCH', cursor, [...cursor(OPEN).slice(0, 2), query('FETCH 1 FROM c')]),
  keeping(
    'PREPARE and EXECUTE',
    // It begins with nothing prepared: an ask that was refused stopped before its own end.
    (text) => [
      query('DEALLOCATE ALL'),
      query(`PREPARE s AS ${text}`),
      query('EXECUTE s'),
      query('DEALLOCATE ALL'),
    ],
    [query(`PREPARE s AS ${OPEN}`)],
  ),
  ...FORMATS.map((format) => ({
    ...reading(`COPY of a query, ${format}`, (text) => [
      query(`COPY (${text}) TO STDOUT WITH (FORMAT ${format})`),
    ]),
    // It comes without a description of its columns.
    refusesMasks: true as const,
  })),
  ...FORMATS.map((format) => ({
    ...reading(`COPY of a table, ${format}`, (text) => [query(text)]),
    // A view, as the slow one is, cannot be copied.
    carries: EVERY_TARGET.filter((target) => target !== 'slow'),
    ask: (connection: Connection, target: Target) =>
      ours(connection).converse([query(`COPY t_${target} TO STDOUT WITH (FORMAT ${format})`)]),
  })),
  reading('binary results', (text) => [all(parse(text), bindBinary(''), execute(), sync())]),
  keeping('in a transaction', (text) => [query('BEGIN'), query(text), query('COMMIT')], [
    query('BEGIN'),
    query(OPEN),
  ]),
];
