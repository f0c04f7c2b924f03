/**
 * The gateway against the server itself: random conversations, in any order and any chunking, get the same answers
 * through it as without it. With everything allowed, PostgreSQL must look like PostgreSQL.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
import { encodeParse } from '../../../src/protocols/postgres/wire/frontend/parse.ts';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { RawClient, type RawLogin, rawLogin } from '../../support/raw-client.ts';

let postgres: TestPostgres;
let gateway: TestGateway;
let direct: RawLogin;

beforeAll(async () => {
  // The raw client has no SCRAM: one account logs in with its password, inside TLS all the same.
  const hba = 'hostssl all direct 127.0.0.1/32 password\nhostssl all all 127.0.0.1/32 scram-sha-256';
  postgres = await startTestPostgres({ settings: { fsync: 'off' }, hba });
  const { password } = await postgres.createRole('direct');
  gateway = await startTestGateway({
    postgres,
    setUp: `
      CREATE TABLE numbers AS SELECT n FROM generate_series(1, 20) n;
      GRANT SELECT ON numbers TO app, direct;`,
  });
  direct = {
    host: postgres.server.host,
    port: postgres.server.port,
    caFile: postgres.certificate.caFile,
    user: 'direct',
    database: 'postgres',
    token: password,
    parameters: { search_path: 'public' },
  };
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const copyData = (text: string): Buffer => {
  const body = Buffer.from(text);
  const head = Buffer.from([0x64, 0, 0, 0, 0]);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

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
  'CREATE TEMP TABLE scratch (x int)',
  'INSERT INTO scratch VALUES (1), (2)',
  'SELECT x FROM scratch',
  'DROP TABLE scratch',
  'PREPARE a AS SELECT 42',
  'EXECUTE a',
  'DEALLOCATE a',
  'DEALLOCATE ALL',
  'DECLARE c CURSOR FOR SELECT n FROM numbers ORDER BY n',
  'FETCH 2 FROM c',
  'CLOSE c',
  "SET datestyle = 'ISO, DMY'",
  'SHOW datestyle',
  'RESET ALL',
  'COPY numbers TO STDOUT',
  'EXPLAIN (COSTS off) SELECT 1',
];
const texts = fc.constantFrom(...TEXTS);
/** What a name stands for is asked when the text is judged: at Parse by the gateway, at Execute by the server. */
const preparedTexts = fc.constantFrom(...TEXTS.filter((text) => !/^(EXECUTE|FETCH)/.test(text)));
const names = fc.constantFrom('', 'a', 'b');
const portals = fc.constantFrom('', 'p');

const extended = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(names, preparedTexts)
      .map(([statement, text]) => encodeParse({ statement, text, parameterTypes: [] })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(portals, names)
      .map(([portal, statement]) =>
        encodeBind({ portal, statement, parameterFormats: [], parameters: [], resultFormats: [] }),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(portals, fc.constantFrom(0, 0, 2))
      .map(([portal, maxRows]) => encodeExecute({ portal, maxRows })),
  },
  { weight: 1, arbitrary: names.map((name) => encodeDescribe({ kind: 'statement', name })) },
  { weight: 1, arbitrary: portals.map((name) => encodeDescribe({ kind: 'portal', name })) },
  { weight: 1, arbitrary: names.map((name) => encodeClose({ kind: 'statement', name })) },
  { weight: 1, arbitrary: portals.map((name) => encodeClose({ kind: 'portal', name })) },
  { weight: 1, arbitrary: fc.constant(encodeFlush()) },
);
const whole = fc
  .tuple(names, portals, preparedTexts, fc.constantFrom(0, 2))
  .map(([statement, portal, text, maxRows]) =>
    Buffer.concat([
      encodeParse({ statement, text, parameterTypes: [] }),
      encodeBind({ portal, statement, parameterFormats: [], parameters: [], resultFormats: [] }),
      encodeDescribe({ kind: 'portal', name: portal }),
      encodeExecute({ portal, maxRows }),
    ]),
  );
const copyEnd = fc.constantFrom(encodeCopyDone(), encodeCopyFail('changed my mind'));
const copyIn = fc
  .tuple(fc.array(fc.constantFrom('1\n', '2\n3\n', 'not a number\n'), { maxLength: 3 }), copyEnd)
  .map(([lines, end]) =>
    Buffer.concat([encodeQuery('COPY scratch FROM STDIN'), ...lines.map(copyData), end]),
  );
const step = fc.oneof(
  { weight: 4, arbitrary: texts.map((text) => encodeQuery(text)) },
  { weight: 4, arbitrary: extended },
  { weight: 3, arbitrary: whole },
  { weight: 3, arbitrary: fc.constant(encodeSync()) },
  { weight: 1, arbitrary: copyIn },
  { weight: 1, arbitrary: fc.constant(copyData('stray\n')) },
);
const conversation = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
  cuts: fc.array(fc.nat(400), { maxLength: 6 }),
});

const END = 'the end';

/** Sends a conversation and gives everything that came back, in a form that both sides must share. */
async function transcript(
  login: RawLogin,
  bytes: Buffer,
  cuts: readonly number[],
): Promise<readonly string[]> {
  await using client = await RawClient.connect(login);
  if (client.greeting.closed) throw new Error('the login was refused');
  let from = 0;
  for (const cut of [...cuts].map((at) => at % bytes.length).sort((a, b) => a - b)) {
    if (cut <= from) continue;
    client.send(bytes.subarray(from, cut));
    from = cut;
    await new Promise((resolve) => setImmediate(resolve));
  }
  client.send(bytes.subarray(from));
  const lines: string[] = [];
  for (;;) {
    const answer = await client.answer();
    const errors = [...answer.errors];
    const rows = [...answer.rows];
    const tags = [...answer.tags];
    for (const name of answer.messages) {
      if (name === 'ParameterStatus' || name === 'NoticeResponse') continue;
      if (name === 'ErrorResponse') lines.push(`error ${errorClass(errors.shift()?.code)}`);
      else if (name === 'DataRow') lines.push(`row ${JSON.stringify(rows.shift())}`);
      else if (name === 'CommandComplete') lines.push(`tag ${tags.shift()}`);
      else if (name === 'ReadyForQuery') lines.push(`ready ${answer.status}`);
      else lines.push(name);
    }
    if (answer.closed) throw new Error(`the connection was closed after: ${lines.slice(-5).join(', ')}`);
    if (answer.rows.some(([cell]) => cell === END)) return lines;
  }
}

/**
 * Names that do not exist are the gateway's to refuse where the server would (P3): EXECUTE and FETCH of them are denied,
 * also in a failed transaction, where the server would not look.
 */
function errorClass(code: string | undefined): string {
  return code === '42501' || code === '26000' || code === '34000' || code === '25P02'
    ? 'refused'
    : String(code);
}

describe('differential', () => {
  it('P2, P9: random conversations get the server’s own answers, in any chunking', async () => {
    const login = await rawLogin(gateway, { token: await gateway.issuer.token({ expiresIn: 3600 }) });
    const property = fc.asyncProperty(conversation, async ({ steps, cuts }) => {
      const bytes = Buffer.concat([
        ...steps,
        encodeSync(),
        encodeQuery('ROLLBACK'),
        encodeQuery(`SELECT '${END}'`),
      ]);
      const [expected, actual] = await Promise.all([
        transcript(direct, bytes, cuts),
        transcript(login, bytes, cuts),
      ]);
      expect(actual).toEqual(expected);
    });
    // A conversation that hangs costs its whole patience: report the first one instead of shrinking it.
    await fc.assert(property, {
      endOnFailure: true,
      numRuns: Number(process.env['DIFFERENTIAL_RUNS'] ?? 120),
    });
  }, 240_000);
});
