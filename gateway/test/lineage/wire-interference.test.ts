/**
 * Non-interference over the wire: two servers that differ in nothing but masked values, each behind a gateway with the same
 * policy, are sent the same bytes; the bytes that come back are the same. The servers are made alike, so that even the oids agree.
 * A search for canaries misses reverse(), counts and orders; this does not. The method is `null`: all others tell of a plain column
 * which of its values are missing.
 */
import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeQuery } from '../../src/protocols/postgres/wire/frontend/query.ts';
import { extended, sync } from '../bypass/messages.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { RawClient, rawLogin } from '../support/raw-client.ts';
import { COMPUTED } from './cases/computed.ts';
import { DENIED } from './cases/denied.ts';
import { HANDED_OUT } from './cases/handed-out.ts';
import { generatedComputation, generatedQuery } from './generated-queries.ts';
import { CANARY, maskedSchema } from './masked-database.ts';

const RUNS = Number(process.env['SALLYPORT_TEST_WIRE_RUNS'] ?? 150);
const SEED = Number(process.env['SALLYPORT_TEST_LINEAGE_SEED'] ?? Math.floor(Math.random() * 0x7fffffff));
const SUMMARY = process.env['SALLYPORT_TEST_LINEAGE_SUMMARY'];
const TIMEOUT_MS = 60_000 + RUNS * 200;

const POLICY = `apiVersion: sallyport.dev/v1
repeats: { after: 1000 }
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: everything
    effect: allow
    on: sql
    match: { groups: [agents] }
    mask: [ { columns: ['*.ssn'], with: 'null' } ]
`;

/** One of the two: a gateway, its server, and a session. */
class Side implements AsyncDisposable {
  readonly #gateway: TestGateway;
  readonly #client: RawClient;

  private constructor(gateway: TestGateway, client: RawClient) {
    this.#gateway = gateway;
    this.#client = client;
  }

  static async start(variant: string): Promise<Side> {
    const grants = 'GRANT ALL ON ALL TABLES IN SCHEMA public TO app;';
    const gateway = await startTestGateway({ policy: POLICY, setUp: `${maskedSchema(variant)}${grants}` });
    return new Side(gateway, await RawClient.connect(await rawLogin(gateway)));
  }

  get version(): string {
    return this.#client.greeting.parameters.get('server_version') ?? '';
  }

  /** Everything that comes back, without the ids of decisions, which are random and as long as each other. */
  async ask(...messages: readonly Buffer[]): Promise<string> {
    const { bytes, closed } = await this.#client.ask(...messages);
    if (closed) throw new Error('the session ended');
    return bytes.toString('latin1').replaceAll(/dec_[0-9A-Za-z]+_[0-9a-z]+/g, 'dec');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#gateway[Symbol.asyncDispose]();
  }
}

let sides: readonly [Side, Side];

beforeAll(async () => {
  sides = [await Side.start('a'), await Side.start('b')];
});

afterAll(async () => {
  for (const side of sides) await side[Symbol.asyncDispose]();
});

const tally = { permitted: 0, denied: 0, failed: 0 };

/** Sends one statement to both, by either protocol, in a transaction that is rolled back. */
async function expectAlike(text: string): Promise<void> {
  for (const message of [[encodeQuery(text)], [extended(text), sync()]]) {
    const both = await Promise.all(
      sides.map(async (side) => {
        const began = await side.ask(encodeQuery('BEGIN'));
        const answered = await side.ask(...message);
        return `${began}${answered}${await side.ask(encodeQuery('ROLLBACK'))}`;
      }),
    );
    const [left = '', right = ''] = both;
    expect(left, text).toBe(right);
    // A value that the statement brings along is no secret.
    if (!text.includes(CANARY)) expect(left, text).not.toContain(CANARY);
    if (left.includes('POLICY_DENIED')) tally.denied += 1;
    else if (left.includes('SERROR\0')) tally.failed += 1;
    else tally.permitted += 1;
  }
}

describe('the bytes downstream of two servers that differ in masked values', () => {
  it('P5: are the same for every statement of the suites, permitted or not', async () => {
    const texts = [...Object.values(DENIED).flat(), ...COMPUTED, ...HANDED_OUT.map(([text]) => text)];
    for (const text of texts) await expectAlike(text);
    expect(tally.denied).toBeGreaterThan(100);
    expect(tally.permitted).toBeGreaterThan(100);
  }, 120_000);

  it(
    'P5: are the same for generated statements',
    async () => {
      Object.assign(tally, { permitted: 0, denied: 0, failed: 0 });
      await fc.assert(fc.asyncProperty(fc.oneof(generatedQuery, generatedComputation), expectAlike), {
        numRuns: RUNS,
        seed: SEED,
      });
      if (SUMMARY !== undefined) {
        const line = { kind: 'wire', runs: RUNS, seed: SEED, ...tally, postgres: sides[0].version };
        appendFileSync(SUMMARY, `${JSON.stringify(line)}\n`);
      }
    },
    TIMEOUT_MS,
  );
});
