/**
 * Conversations that change what a later part of them means, by every door there is. Under the deny-list policy no byte
 * of the answers may hold the canary, and something must have been denied.
 */
import { bind, execute, extended, parse, query, sync } from '../messages.ts';

/** A conversation, turn by turn; each turn is one packet. */
export type Conversation = readonly [name: string, ...turns: readonly Buffer[]];

const SHADOW = extended('SELECT status FROM orders');
const TOKENS_IN_A_STRING = extended(
  `SELECT '\\'; --', (SELECT token FROM integration_tokens LIMIT 1) AS " ' "`,
);
const SET_PATH = "set_config('search_path', 'secret', false)";

/** Each begins by changing what its last part means. */
export const STATE: readonly Conversation[] = [
  [
    'search_path by a parameter',
    Buffer.concat([
      parse("SELECT set_config('search_path', $1, false)"),
      bind('', '', ['secret']),
      execute(),
      SHADOW,
      sync(),
    ]),
  ],
  [
    'search_path by a parameter of an earlier batch',
    Buffer.concat([
      parse("SELECT set_config('search_path', $1, false)"),
      bind('', '', ['secret']),
      execute(),
      sync(),
    ]),
    Buffer.concat([SHADOW, sync()]),
  ],
  [
    'search_path by a computed name',
    query("SELECT set_config('search' || '_path', 'secret', false)"),
    Buffer.concat([SHADOW, sync()]),
  ],
  [
    'search_path by a row of a table',
    Buffer.concat([extended(`SELECT ${SET_PATH} FROM companies WHERE id = 1`), SHADOW, sync()]),
  ],
  [
    'search_path by a CTE',
    Buffer.concat([extended(`WITH s AS MATERIALIZED (SELECT ${SET_PATH}) SELECT * FROM s`), SHADOW, sync()]),
  ],
  [
    'search_path by a CASE',
    Buffer.concat([extended(`SELECT CASE WHEN true THEN ${SET_PATH} END`), SHADOW, sync()]),
  ],
  [
    'search_path by RETURNING',
    Buffer.concat([
      extended(`UPDATE companies SET name = name WHERE id = 1 RETURNING ${SET_PATH}`),
      SHADOW,
      sync(),
    ]),
  ],
  ['search_path by COPY', query(`COPY (SELECT ${SET_PATH}) TO STDOUT`), Buffer.concat([SHADOW, sync()])],
  [
    'search_path by EXPLAIN ANALYZE',
    query(`EXPLAIN ANALYZE SELECT ${SET_PATH}`),
    Buffer.concat([SHADOW, sync()]),
  ],
  [
    'search_path by PREPARE and EXECUTE',
    query(`PREPARE p AS SELECT ${SET_PATH}`),
    query('EXECUTE p'),
    Buffer.concat([SHADOW, sync()]),
  ],
  [
    'search_path by PREPARE and EXECUTE in one text',
    query(`PREPARE p AS SELECT ${SET_PATH}; EXECUTE p; SELECT status FROM orders`),
  ],
  [
    'search_path by PREPARE and Bind',
    query(`PREPARE p AS SELECT ${SET_PATH}`),
    Buffer.concat([bind('p'), execute(), SHADOW, sync()]),
  ],
  [
    'search_path by DECLARE and FETCH',
    query(`BEGIN; DECLARE c CURSOR FOR SELECT ${SET_PATH}`),
    Buffer.concat([extended('FETCH ALL FROM c'), SHADOW, sync()]),
  ],
  [
    'search_path by a named statement',
    parse(`SELECT ${SET_PATH}`, 's'),
    Buffer.concat([bind('s'), execute(), SHADOW, sync()]),
  ],
  [
    'search_path by a plain SET, pipelined',
    Buffer.concat([query('SET search_path = secret'), query('SELECT status FROM orders')]),
  ],
  [
    'search_path by a plain SET in the same batch',
    Buffer.concat([extended('SET search_path = secret'), SHADOW, sync()]),
  ],
  [
    'search_path by a plain SET in the same text',
    query('SET search_path = secret; SELECT status FROM orders'),
  ],
  [
    'search_path by SET LOCAL',
    query('BEGIN; SET LOCAL search_path = secret'),
    Buffer.concat([SHADOW, sync()]),
  ],
  ['search_path by SET SCHEMA', query("SET SCHEMA 'secret'"), Buffer.concat([SHADOW, sync()])],
  [
    'search_path by a list in one string',
    query("SELECT set_config('search_path', 'nothing , \"secret\"', false)"),
    Buffer.concat([SHADOW, sync()]),
  ],
  [
    'search_path in upper case',
    query("SELECT set_config('SEARCH_PATH', 'SECRET', false)"),
    Buffer.concat([SHADOW, sync()]),
  ],
  [
    'search_path back by a rollback',
    query('BEGIN; SET search_path = secret; SAVEPOINT a; SET search_path = public'),
    query('ROLLBACK TO a'),
    Buffer.concat([SHADOW, sync()]),
  ],
  [
    'search_path back by RESET',
    query('SET search_path = secret'),
    query('SET LOCAL search_path = public'),
    query('RESET search_path; SET search_path = secret'),
    Buffer.concat([SHADOW, sync()]),
  ],
  [
    'search_path between Parse and Bind',
    parse('SELECT status FROM orders', 's'),
    query('SET search_path = secret'),
    Buffer.concat([bind('s'), execute(), sync()]),
  ],
  [
    'search_path between Bind and Execute of a COPY',
    query('BEGIN'),
    Buffer.concat([parse('COPY orders TO STDOUT'), bind('', 'p'), sync()]),
    query('SET search_path = secret'),
    Buffer.concat([execute('p'), sync()]),
  ],
  [
    'search_path between Bind and Execute of an EXECUTE',
    query('PREPARE s AS SELECT status FROM orders'),
    query('BEGIN'),
    Buffer.concat([parse('EXECUTE s'), bind('', 'p'), sync()]),
    query('SET search_path = secret'),
    Buffer.concat([execute('p'), sync()]),
  ],
  [
    'search_path between PREPARE and EXECUTE',
    query('PREPARE s AS SELECT status FROM orders'),
    query('SET search_path = secret'),
    query('EXECUTE s'),
  ],
  [
    'search_path between PREPARE and Bind',
    query('PREPARE s AS SELECT status FROM orders'),
    query('SET search_path = secret'),
    Buffer.concat([bind('s'), execute(), sync()]),
  ],
  [
    'standard_conforming_strings by a parameter',
    Buffer.concat([
      parse("SELECT set_config('standard_conforming_strings', $1, false)"),
      bind('', '', ['off']),
      execute(),
      TOKENS_IN_A_STRING,
      sync(),
    ]),
  ],
  [
    'standard_conforming_strings by a literal',
    Buffer.concat([
      extended("SELECT set_config('standard_conforming_strings', 'off', false)"),
      TOKENS_IN_A_STRING,
      sync(),
    ]),
  ],
  [
    'standard_conforming_strings by PREPARE and Bind',
    query("PREPARE p AS SELECT set_config('standard_conforming_strings', 'off', true)"),
    Buffer.concat([bind('p'), execute(), TOKENS_IN_A_STRING, sync()]),
  ],
  [
    'standard_conforming_strings by a plain SET',
    Buffer.concat([
      query('SET standard_conforming_strings = off'),
      query(`SELECT '\\'; --', (SELECT token FROM integration_tokens LIMIT 1) AS " ' "`),
    ]),
  ],
  [
    'client_encoding by a parameter',
    Buffer.concat([
      parse("SELECT set_config('client_encoding', $1, false)"),
      bind('', '', ['SJIS']),
      execute(),
      sync(),
    ]),
    query('TABLE integration_tokens'),
  ],
  [
    'the role by a parameter',
    Buffer.concat([
      parse("SELECT set_config('role', $1, false)"),
      bind('', '', ['postgres']),
      execute(),
      sync(),
    ]),
    query('TABLE integration_tokens'),
  ],
  [
    'a temporary view of the same name',
    query('CREATE TEMP VIEW companies AS SELECT id, token AS name FROM integration_tokens'),
    query('SELECT name FROM companies'),
  ],
  [
    'a prepared statement of the same name, prepared over',
    query("PREPARE p AS SELECT 'x'"),
    query('DEALLOCATE p; PREPARE p AS TABLE integration_tokens'),
    query('EXECUTE p'),
  ],
];

/** The same with names that are taken: the server refuses them, and what they stand for stays what it was. */
export const TAKEN: readonly Conversation[] = [
  [
    'a Parse over an existing name',
    parse("SELECT 'x'", 'p'),
    Buffer.concat([parse('TABLE integration_tokens', 'p'), bind('p'), execute(), sync()]),
    Buffer.concat([bind('p'), execute(), sync()]),
  ],
  [
    'a portal over an existing name',
    query('BEGIN'),
    Buffer.concat([parse("SELECT 'x'"), bind('', 'p'), sync()]),
    Buffer.concat([parse('TABLE integration_tokens'), bind('', 'p'), execute('p'), sync()]),
  ],
];
