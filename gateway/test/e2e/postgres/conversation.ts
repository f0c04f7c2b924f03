/** Random conversations with PostgreSQL: texts, names, formats and message orders that clients use, and some that none does. */
import fc from 'fast-check';
import type { Format } from '../../../src/protocols/postgres/wire/format-codes.ts';
import {
  encodeCopyDone,
  encodeFlush,
  encodeSync,
} from '../../../src/protocols/postgres/wire/frontend/bare-frontend-messages.ts';
import { encodeBind } from '../../../src/protocols/postgres/wire/frontend/bind.ts';
import { encodeClose } from '../../../src/protocols/postgres/wire/frontend/close.ts';
import { encodeCopyFail } from '../../../src/protocols/postgres/wire/frontend/copy-fail.ts';
import { encodeDescribe } from '../../../src/protocols/postgres/wire/frontend/describe.ts';
import { encodeExecute } from '../../../src/protocols/postgres/wire/frontend/execute.ts';
import { encodeFunctionCall } from '../../../src/protocols/postgres/wire/frontend/function-call.ts';
import { encodeParse } from '../../../src/protocols/postgres/wire/frontend/parse.ts';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';
import { rawMessage } from '../upstream/server-messages.ts';

/** What both sides must have before a conversation. */
export const CONVERSATION_TABLES = 'CREATE TABLE numbers AS SELECT n FROM generate_series(1, 20) n';

/** What a client sends, and where its bytes are cut. */
export interface Conversation {
  readonly steps: readonly Buffer[];
  readonly cuts: readonly number[];
}

const TEXTS = [
  'SELECT 1',
  'SELECT n FROM numbers ORDER BY n',
  'SELECT n FROM numbers WHERE n < 3',
  'SELECT 1/0',
  'SELECT nothing FROM numbers',
  'SELEC 1',
  '',
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT s',
  'ROLLBACK TO SAVEPOINT s',
  'RELEASE SAVEPOINT s',
  'SELECT 1; SELECT 2',
  'SELECT 1; SELECT 1/0; SELECT 3',
  'BEGIN; SELECT 1; COMMIT',
  'SELECT 1; COPY numbers TO STDOUT; SELECT 2',
  'CREATE TEMP TABLE scratch (x int)',
  'INSERT INTO scratch VALUES (1), (2)',
  'INSERT INTO scratch VALUES (3) RETURNING x',
  'SELECT x FROM scratch',
  'DROP TABLE scratch',
  'PREPARE a AS SELECT 42',
  'EXECUTE a',
  'DEALLOCATE a',
  'DEALLOCATE ALL',
  'DECLARE c CURSOR FOR SELECT n FROM numbers ORDER BY n',
  'FETCH 2 FROM c',
  'FETCH 2 FROM p',
  'MOVE 1 FROM c',
  'CLOSE c',
  'CLOSE ALL',
  "SET datestyle = 'ISO, DMY'",
  'SHOW datestyle',
  'RESET ALL',
  'COPY numbers TO STDOUT',
  'COPY (SELECT n FROM numbers WHERE n < 4) TO STDOUT WITH (FORMAT binary)',
  'EXPLAIN (COSTS off) SELECT 1',
  "SELECT repeat('x', 150000)",
  "SELECT a.n, repeat('y', 3000) FROM numbers a CROSS JOIN numbers b ORDER BY a.n, b.n LIMIT 60",
  'SELECT NULL::text, $$two$$ AS "two words"',
  'LISTEN channel',
  "NOTIFY channel, 'hello'",
  'UNLISTEN *',
];
const PARAMETRISED = ['SELECT $1::int + 1', 'SELECT $1::text', 'SELECT n FROM numbers WHERE n = $1::int'];

const texts = fc.constantFrom(...TEXTS);
/**
 * What a name stands for is asked when the text is judged: at Parse by the gateway, at Execute by the server. And a portal
 * that closes all portals is itself left over, on the server, as one that cannot run.
 */
const preparedTexts = fc.constantFrom(
  ...TEXTS.filter((text) => !/^(EXECUTE|FETCH|MOVE|CLOSE ALL)/.test(text)),
  ...PARAMETRISED,
);
const names = fc.constantFrom('', 'a', 'b');
const portals = fc.constantFrom('', 'p');
const formats = fc.constantFrom<readonly Format[]>([], [], ['text'], ['binary']);
const parameters = fc.constantFrom<readonly (Buffer | undefined)[]>(
  [],
  [],
  [Buffer.from('7')],
  [Buffer.from([0, 0, 0, 7])],
  [Buffer.from('not a number')],
  [undefined],
);

const parse = fc
  .tuple(names, preparedTexts)
  .map(([statement, text]) => encodeParse({ statement, text, parameterTypes: [] }));
const bindTo = (portal: string, statement: string): fc.Arbitrary<Buffer> =>
  fc
    .tuple(formats, parameters, formats)
    .map(([parameterFormats, values, resultFormats]) =>
      encodeBind({ portal, statement, parameterFormats, parameters: values, resultFormats }),
    );
const bind = fc.tuple(portals, names).chain(([portal, statement]) => bindTo(portal, statement));
const execute = fc
  .tuple(portals, fc.constantFrom(0, 0, 2))
  .map(([portal, maxRows]) => encodeExecute({ portal, maxRows }));

const extended = fc.oneof(
  { weight: 4, arbitrary: parse },
  { weight: 4, arbitrary: bind },
  { weight: 4, arbitrary: execute },
  { weight: 1, arbitrary: names.map((name) => encodeDescribe({ kind: 'statement', name })) },
  { weight: 1, arbitrary: portals.map((name) => encodeDescribe({ kind: 'portal', name })) },
  { weight: 1, arbitrary: names.map((name) => encodeClose({ kind: 'statement', name })) },
  { weight: 1, arbitrary: portals.map((name) => encodeClose({ kind: 'portal', name })) },
  { weight: 1, arbitrary: fc.constant(encodeFlush()) },
);

/** Parse to Execute of one statement, as drivers send it. */
const whole = fc
  .tuple(names, portals, preparedTexts, fc.constantFrom(0, 2))
  .chain(([statement, portal, text, maxRows]) =>
    bindTo(portal, statement).map((bound) =>
      Buffer.concat([
        encodeParse({ statement, text, parameterTypes: [] }),
        bound,
        encodeDescribe({ kind: 'portal', name: portal }),
        encodeExecute({ portal, maxRows }),
      ]),
    ),
  );

/** A portal that is fetched from in pieces, with Syncs in between: it lives as long as its transaction. */
const fetched = fc
  .array(fc.boolean(), { minLength: 1, maxLength: 4 })
  .map((syncs) =>
    Buffer.concat([
      encodeQuery('BEGIN'),
      encodeParse({ statement: '', text: 'SELECT n FROM numbers ORDER BY n', parameterTypes: [] }),
      encodeBind({ portal: 'p', statement: '', parameterFormats: [], parameters: [], resultFormats: [] }),
      ...syncs.flatMap((isSynced) => [
        encodeExecute({ portal: 'p', maxRows: 6 }),
        isSynced ? encodeSync() : encodeFlush(),
      ]),
      encodeSync(),
    ]),
  );

const copyEnd = fc.constantFrom(encodeCopyDone(), encodeCopyFail('changed my mind'));
const copyIn = fc
  .tuple(fc.array(fc.constantFrom('1\n', '2\n3\n', 'not a number\n'), { maxLength: 3 }), copyEnd)
  .map(([lines, end]) =>
    Buffer.concat([
      encodeQuery('COPY scratch FROM STDIN'),
      ...lines.map((line) => rawMessage('d', line)),
      end,
    ]),
  );

/** int4pl, by its oid, which is the same in every PostgreSQL. */
const functionCall = fc.constantFrom<readonly Format[]>([], ['binary']).map((argumentFormats) =>
  encodeFunctionCall({
    functionOid: 177,
    argumentFormats,
    arguments: [Buffer.from('2'), Buffer.from('3')],
    resultFormat: 'text',
  }),
);

const step = fc.oneof(
  { weight: 6, arbitrary: texts.map((text) => encodeQuery(text)) },
  { weight: 5, arbitrary: extended },
  { weight: 4, arbitrary: whole },
  { weight: 4, arbitrary: fc.constant(encodeSync()) },
  { weight: 1, arbitrary: fetched },
  { weight: 1, arbitrary: copyIn },
  { weight: 1, arbitrary: functionCall },
  { weight: 1, arbitrary: fc.constant(rawMessage('d', 'stray\n')) },
);

/** Any conversation. */
export const conversations: fc.Arbitrary<Conversation> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
  cuts: fc.array(fc.nat(400), { maxLength: 6 }),
});
