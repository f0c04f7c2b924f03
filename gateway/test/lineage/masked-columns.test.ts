/**
 * Masks by columns hold whatever is asked: a statement either hands a masked column out under its own origin, which the
 * relay masks, or is refused. Proved against a real server: for everything that passes, the answers of two databases that
 * differ only in masked values are the same but for the columns that are masked.
 */
import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMPUTED } from './cases/computed.ts';
import { DENIED } from './cases/denied.ts';
import { HANDED_OUT } from './cases/handed-out.ts';
import { generatedComputation, generatedQuery } from './generated-queries.ts';
import { CANARY, MaskedDatabase, type Verdict } from './masked-database.ts';

const RUNS = Number(process.env['SALLYPORT_TEST_LINEAGE_RUNS'] ?? 2_000);

/** Repeats the statements of an earlier run. */
const SEED = Number(process.env['SALLYPORT_TEST_LINEAGE_SEED'] ?? Math.floor(Math.random() * 0x7fffffff));

/** Where a long run says how it went. */
const SUMMARY = process.env['SALLYPORT_TEST_LINEAGE_SUMMARY'];
const TIMEOUT_MS = 60_000 + RUNS * 200;

let database: MaskedDatabase;

beforeAll(async () => {
  database = await MaskedDatabase.start();
});

afterAll(() => database[Symbol.asyncDispose]());

function expectNothingTold(text: string, verdict: Verdict): void {
  if ('denied' in verdict) return;
  const [left = '', right = ''] = verdict.answers;
  expect(left, text).toBe(right);
  // A value that the statement brings along is no secret.
  if (!text.includes(CANARY)) expect(left, text).not.toContain(CANARY);
}

describe('statements that would tell a masked column', () => {
  for (const [kind, texts] of Object.entries(DENIED)) {
    it.each(texts)(`P5: ${kind}: %s`, (text) => {
      expect(database.obstacle(text)).toBeTypeOf('string');
    });
  }
});

describe('statements that compute something of a masked column by what cannot fail', () => {
  it.each(COMPUTED)('P5: %s', async (text) => {
    const verdict = await database.try(text);
    expect(verdict).toMatchObject({ masked: expect.toSatisfy((count: number) => count > 0) });
    expectNothingTold(text, verdict);
  });
});

describe('statements that hand a masked column out under its origin', () => {
  it.each(HANDED_OUT)('P5: %s', async (text, masked) => {
    const verdict = await database.try(text);
    expect(verdict).toMatchObject({ masked });
    expectNothingTold(text, verdict);
  });
});

interface Tally {
  denied: number;
  failed: number;
  masked: number;
  plain: number;
}

/** Tries so many texts; counts what became of them. */
async function tryAll(texts: fc.Arbitrary<string>, kind: string): Promise<Tally> {
  const tally = { denied: 0, failed: 0, masked: 0, plain: 0 };
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const verdict = await database.try(text);
      expectNothingTold(text, verdict);
      if ('denied' in verdict) tally.denied += 1;
      else if (!verdict.answers[0]?.startsWith('[')) tally.failed += 1;
      else if (verdict.masked > 0) tally.masked += 1;
      else tally.plain += 1;
    }),
    { numRuns: RUNS, seed: SEED },
  );
  if (SUMMARY !== undefined)
    appendFileSync(SUMMARY, `${JSON.stringify({ kind, runs: RUNS, seed: SEED, ...tally })}\n`);
  return tally;
}

describe('generated queries', () => {
  it(
    'P5: tell nothing of a masked column, whatever they make of it',
    async () => {
      const tally = await tryAll(generatedQuery, 'queries');
      // The generator is good for something: much passes, with and without masked columns, and much is refused.
      expect(tally.denied).toBeGreaterThan(RUNS / 10);
      expect(tally.masked).toBeGreaterThan(RUNS / 40);
      expect(tally.plain).toBeGreaterThan(RUNS / 20);
    },
    TIMEOUT_MS,
  );

  it(
    'P5: tell nothing by what they compute',
    async () => {
      const tally = await tryAll(generatedComputation, 'computations');
      expect(tally.denied).toBeGreaterThan(RUNS / 10);
      expect(tally.masked).toBeGreaterThan(RUNS / 10);
    },
    TIMEOUT_MS,
  );
});
