/**
 * The gateway against the server itself: random conversations, in any order and any chunking, get the same answers
 * through it as without it. With everything allowed, PostgreSQL must look like PostgreSQL.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSync } from '../../../src/protocols/postgres/wire/frontend/bare-frontend-messages.ts';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { RawClient, type RawLogin, rawLogin } from '../../support/raw-client.ts';
import { CONVERSATION_TABLES, conversations } from './conversation.ts';

let postgres: TestPostgres;
let gateway: TestGateway;
let direct: RawLogin;

beforeAll(async () => {
  // The raw client has no SCRAM: one account logs in with its password, inside TLS all the same.
  const hba = 'hostssl all direct 127.0.0.1/32 password\nhostssl all all 127.0.0.1/32 scram-sha-256';
  postgres = await startTestPostgres({ settings: { fsync: 'off' }, hba });
  const { password } = await postgres.createRole('direct');
  // Notifications stay in their database: each side has its own.
  await postgres.createDatabase('direct');
  await postgres.query(`${CONVERSATION_TABLES}; GRANT SELECT ON numbers TO direct`, { database: 'direct' });
  gateway = await startTestGateway({
    postgres,
    setUp: `${CONVERSATION_TABLES}; GRANT SELECT ON numbers TO app`,
  });
  direct = {
    host: postgres.server.host,
    port: postgres.server.port,
    caFile: postgres.certificate.caFile,
    user: 'direct',
    database: 'direct',
    token: password,
    parameters: { search_path: 'public' },
  };
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const END = 'the end';
/** SQLSTATE of what PostgreSQL thinks cannot happen. */
const INTERNAL_ERROR = 'XX000';

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
    if (answer.closed) return [...lines, 'the connection was closed'];
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
    const property = fc.asyncProperty(conversations, async ({ steps, cuts }) => {
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
      // PostgreSQL 18.0 itself trips over some orders (`StartTransactionCommand: unexpected state STARTED`).
      fc.pre(!expected.includes(`error ${INTERNAL_ERROR}`));
      expect(actual).toEqual(expected);
    });
    // A conversation that hangs costs its whole patience: report the first one instead of shrinking it.
    await fc.assert(property, {
      endOnFailure: true,
      numRuns: Number(process.env['DIFFERENTIAL_RUNS'] ?? 120),
    });
  }, 240_000);
});
