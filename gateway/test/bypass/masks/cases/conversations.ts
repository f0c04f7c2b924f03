/** The protocol's own ways: formats, portals, cursors, COPY, batches, messages in odd order. */
import { encodeBind } from '../../../../src/protocols/postgres/wire/frontend/bind.ts';
import { encodeFunctionCall } from '../../../../src/protocols/postgres/wire/frontend/function-call.ts';
import { bind, close, describeOf, execute, extended, flush, parse, query, sync } from '../../messages.ts';
import type { MaskAttack, Outcome } from '../mask-attack.ts';

const all = (...messages: readonly Buffer[]): Buffer => Buffer.concat(messages);
const attack = (name: string, outcome: Outcome, ...steps: readonly (string | Buffer)[]): MaskAttack => ({
  name,
  outcome,
  steps,
});

/** The server refuses it, or it asks for nothing that is masked. */
const harmless = (...of: Parameters<typeof attack>): MaskAttack => ({
  ...attack(...of),
  harmless: 'the server refuses it, or nothing is asked for',
});

type Formats = Parameters<typeof encodeBind>[0]['resultFormats'];
const bindAs = (resultFormats: Formats, statement = '', portal = ''): Buffer =>
  encodeBind({ portal, statement, parameterFormats: [], parameters: [], resultFormats });

const COLUMNS = 'SELECT ssn, salary, token, tags, home, profile, code, email FROM people';

/** All of them. */
export const CONVERSATIONS: readonly MaskAttack[] = [
  attack('all results binary', 'masked', all(parse(COLUMNS), bindAs(['binary']), execute(), sync())),
  attack(
    'some results binary',
    'masked',
    all(
      parse(COLUMNS),
      bindAs(['binary', 'binary', 'text', 'binary', 'binary', 'text', 'binary', 'text']),
      describeOf('portal'),
      execute(),
      sync(),
    ),
  ),
  harmless(
    'more formats than columns',
    { error: '08P01' },
    all(parse('SELECT ssn FROM people'), bindAs(['binary', 'text']), execute(), sync()),
  ),
  attack(
    'described as text, bound as binary',
    'masked',
    all(parse(COLUMNS, 's'), describeOf('statement', 's'), bindAs(['binary'], 's'), execute(), sync()),
  ),
  attack('no Describe at all', 'masked', all(parse(COLUMNS), bind(), execute(), sync())),
  attack(
    'a Describe of another statement just before Execute',
    'masked',
    all(
      parse('SELECT id FROM plain', 'other'),
      parse(COLUMNS),
      bind(),
      describeOf('statement', 'other'),
      execute(),
      sync(),
    ),
  ),
  attack(
    'a Describe of another portal just before Execute',
    'masked',
    all(
      parse('SELECT id FROM plain', 'o'),
      bind('o', 'o'),
      parse(COLUMNS),
      bind(),
      describeOf('portal', 'o'),
      execute(),
      sync(),
    ),
  ),
  attack(
    'Describe in another batch than Execute',
    'masked',
    'BEGIN',
    all(parse(COLUMNS), bind('', 'p'), describeOf('portal', 'p'), sync()),
    all(execute('p'), sync()),
    'COMMIT',
  ),
  attack(
    'Execute row by row',
    'masked',
    'BEGIN',
    all(
      parse('SELECT ssn FROM people'),
      bind('', 'p'),
      execute('p', 1),
      execute('p', 1),
      execute('p', 1),
      sync(),
    ),
    all(execute('p', 0), sync()),
    'COMMIT',
  ),
  attack(
    'the unnamed portal executed again',
    'masked',
    all(parse('SELECT ssn FROM people'), bind(), execute('', 1), sync()),
    all(bind(), execute('', 1), execute('', 1), execute(), execute(), sync()),
  ),
  attack(
    'two portals taken in turns',
    'masked',
    'BEGIN',
    all(
      parse('SELECT name FROM plain ORDER BY id', 'a'),
      parse('SELECT ssn FROM people', 'b'),
      bind('a', 'pa'),
      bind('b', 'pb'),
      execute('pa', 1),
      execute('pb', 1),
      execute('pa', 1),
      execute('pb', 1),
      sync(),
    ),
    'COMMIT',
  ),
  attack(
    'a portal closed and bound to another statement',
    'masked',
    all(
      parse('SELECT name FROM plain', 'a'),
      parse('SELECT ssn FROM people', 'b'),
      bind('a', 'p'),
      close('portal', 'p'),
      bind('b', 'p'),
      execute('p'),
      sync(),
    ),
  ),
  attack(
    'the statement closed while its portal lives',
    'masked',
    all(parse('SELECT ssn FROM people', 's'), bind('s', 'p'), close('statement', 's'), execute('p'), sync()),
  ),
  attack(
    'Flush between all messages',
    'masked',
    all(parse(COLUMNS), flush(), bind(), flush(), execute(), flush(), sync()),
  ),
  attack(
    'a pipeline of five batches',
    'masked',
    all(
      ...Array.from({ length: 1 }, () =>
        all(extended(COLUMNS), extended('SELECT 1'), extended('SELECT ssn FROM people')),
      ),
      sync(),
    ),
  ),
  attack(
    'a denied one in the middle of a batch',
    'denied',
    all(
      extended('SELECT ssn FROM people'),
      extended('SELECT ssn::int FROM people'),
      extended('SELECT ssn FROM people'),
      sync(),
    ),
  ),
  attack('two statements in one text', 'masked', query('SELECT name FROM plain; SELECT ssn FROM people')),
  attack(
    'a masked result between two others',
    'masked',
    query('SELECT 1, 2; SELECT ssn FROM people; SELECT name, ssn, id FROM people'),
  ),
  attack(
    'a masked and a denied statement in one text',
    'denied',
    query('SELECT ssn FROM people; SELECT ssn::int FROM people'),
  ),
  attack('BEGIN, read and COMMIT in one text', 'masked', query('BEGIN; SELECT ssn FROM people; COMMIT')),
  attack(
    'a cursor',
    'masked',
    'BEGIN',
    'DECLARE c CURSOR FOR SELECT ssn FROM people',
    'FETCH 1 FROM c',
    'FETCH ALL FROM c',
    'COMMIT',
  ),
  attack(
    'a scrolling cursor backwards',
    'masked',
    'BEGIN',
    'DECLARE c SCROLL CURSOR FOR SELECT ssn FROM people',
    'FETCH LAST FROM c',
    'FETCH BACKWARD ALL FROM c',
    'COMMIT',
  ),
  attack(
    'a binary cursor',
    'masked',
    'BEGIN',
    `DECLARE c BINARY CURSOR FOR ${COLUMNS}`,
    'FETCH ALL FROM c',
    'COMMIT',
  ),
  attack(
    'a cursor with hold',
    'masked',
    `DECLARE h CURSOR WITH HOLD FOR ${COLUMNS}`,
    'FETCH ALL FROM h',
    'CLOSE h',
  ),
  attack(
    'FETCH by message in binary',
    'masked',
    'BEGIN',
    `DECLARE c CURSOR FOR ${COLUMNS}`,
    all(parse('FETCH ALL FROM c'), bindAs(['binary']), execute(), sync()),
    'COMMIT',
  ),
  attack(
    'FETCH from a portal of the protocol',
    'masked',
    'BEGIN',
    all(parse('SELECT ssn FROM people'), bind('', 'p'), sync()),
    'FETCH ALL FROM p',
    'COMMIT',
  ),
  attack(
    'Execute of a portal that is an SQL cursor',
    { error: '34000' },
    'BEGIN',
    'DECLARE c CURSOR FOR SELECT ssn FROM people',
    all(execute('c'), sync()),
    'ROLLBACK',
  ),
  attack(
    'a cursor over an expression',
    'masked',
    'BEGIN',
    'DECLARE c CURSOR FOR SELECT upper(ssn) FROM people',
    'FETCH ALL FROM c',
  ),
  attack(
    'a cursor over an expression that can fail',
    'denied',
    'BEGIN',
    'DECLARE c CURSOR FOR SELECT ssn::int FROM people',
    'FETCH ALL FROM c',
  ),
  attack(
    'a cursor of the same name with another query',
    'masked',
    'BEGIN',
    'DECLARE c CURSOR FOR SELECT name FROM plain',
    'CLOSE c',
    'DECLARE c CURSOR FOR SELECT ssn FROM people',
    'FETCH ALL FROM c',
    'COMMIT',
  ),
  attack(
    'a cursor rolled back to another of its name',
    'masked',
    'BEGIN',
    'DECLARE c CURSOR FOR SELECT ssn FROM people',
    'SAVEPOINT s',
    'CLOSE c',
    'DECLARE c CURSOR FOR SELECT name FROM plain',
    'ROLLBACK TO s',
    'COMMIT',
    'SELECT ssn FROM people',
  ),
  attack(
    'MOVE and FETCH',
    'masked',
    'BEGIN',
    'DECLARE c CURSOR FOR SELECT ssn FROM people',
    'MOVE 1 FROM c',
    'FETCH 1 FROM c',
    'COMMIT',
  ),
  attack(
    'WHERE CURRENT OF',
    'masked',
    'BEGIN',
    'DECLARE c CURSOR FOR SELECT ssn FROM people FOR UPDATE',
    'FETCH 1 FROM c',
    "UPDATE people SET name = 'x' WHERE CURRENT OF c RETURNING ssn",
    'ROLLBACK',
  ),
  attack('PREPARE and EXECUTE', 'masked', 'PREPARE q AS SELECT ssn FROM people', 'EXECUTE q'),
  attack(
    'PREPARE, Describe and Bind by message',
    'masked',
    `PREPARE q AS ${COLUMNS}`,
    all(describeOf('statement', 'q'), bindAs(['binary'], 'q'), execute(), sync()),
  ),
  harmless(
    'PREPARE with a parameter as a column',
    'harmless',
    'PREPARE q (text) AS SELECT $1 FROM people',
    "EXECUTE q ('ssn')",
  ),
  attack(
    'PREPARE of an inference',
    'denied',
    'PREPARE q (text) AS SELECT id FROM people WHERE ssn LIKE $1',
    "EXECUTE q ('canary%')",
  ),
  attack(
    'an inference by Bind',
    'denied',
    all(parse('SELECT id FROM people WHERE ssn = $1'), bind('', '', ['x']), execute(), sync()),
  ),
  // The estimates of a plan tell how wide the column is.
  attack(
    'EXPLAIN EXECUTE',
    'denied',
    'PREPARE q AS SELECT ssn FROM people',
    'EXPLAIN (ANALYZE, VERBOSE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) EXECUTE q',
  ),
  harmless(
    'FunctionCall of a function that reads',
    'denied',
    encodeFunctionCall({ functionOid: 20_000, argumentFormats: [], arguments: [], resultFormat: 'text' }),
  ),
  attack(
    'FunctionCall of lo_get',
    'denied',
    encodeFunctionCall({
      functionOid: 3458,
      argumentFormats: [],
      arguments: [Buffer.from('4242')],
      resultFormat: 'binary',
    }),
  ),
  ...['TEXT', 'CSV', 'BINARY'].flatMap((format) => [
    attack(`COPY of the table, ${format}`, 'masked' as const, `COPY people TO STDOUT (FORMAT ${format})`),
    attack(
      `COPY of columns, ${format}`,
      'masked' as const,
      `COPY people (ssn, tags, home, token) TO STDOUT (FORMAT ${format})`,
    ),
    attack(
      `COPY of a query, ${format}`,
      'denied' as const,
      `COPY (SELECT ssn FROM people) TO STDOUT (FORMAT ${format})`,
    ),
  ]),
  attack('COPY with odd delimiters', 'masked', "COPY people (ssn, name) TO STDOUT (DELIMITER '@')"),
  attack(
    'COPY in CSV with odd quotes',
    'masked',
    "COPY people (ssn, name) TO STDOUT (FORMAT csv, QUOTE '~', ESCAPE '^', FORCE_QUOTE *)",
  ),
  attack(
    'COPY with NULL as a masked text',
    'masked',
    "COPY people (ssn, name) TO STDOUT (NULL '[redacted]')",
  ),
  attack('COPY in another encoding', 'denied', "COPY people (ssn) TO STDOUT (ENCODING 'BIG5')"),
  attack('COPY in Latin 1', 'denied', "COPY people (ssn) TO STDOUT (ENCODING 'LATIN1')"),
  attack('COPY of a partition', 'masked', 'COPY staff1 TO STDOUT'),
  attack('COPY of a child', 'masked', 'COPY contractors TO STDOUT'),
  harmless('COPY of a generated column', { error: '42P10' }, 'COPY computed (shouted) TO STDOUT'),
  attack('COPY of a materialized view', 'masked', 'COPY people_copy TO STDOUT'),
  attack(
    'COPY with a masked RETURNING',
    'denied',
    'COPY (UPDATE people SET name = name RETURNING ssn) TO STDOUT',
  ),
  attack('COPY by message', 'masked', all(parse('COPY people (ssn) TO STDOUT'), bind(), execute(), sync())),
  attack('two COPY in one text', 'denied', 'COPY people (ssn) TO STDOUT; COPY people (name) TO STDOUT'),
];
