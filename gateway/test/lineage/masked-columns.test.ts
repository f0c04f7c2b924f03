/**
 * Masks by columns hold whatever is asked: a statement either hands a masked column out under its own origin, which the
 * relay masks, or is refused. Proved against a real server: for everything that passes, the answers of two databases that
 * differ only in masked values are the same but for the columns that are masked.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DENIED } from './cases/denied.ts';
import { HANDED_OUT } from './cases/handed-out.ts';
import { CANARY, MaskedDatabase, type Verdict } from './masked-database.ts';

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

describe('statements that hand a masked column out under its origin', () => {
  it.each(HANDED_OUT)('P5: %s', async (text, masked) => {
    const verdict = await database.try(text);
    expect(verdict).toMatchObject({ masked });
    expectNothingTold(text, verdict);
  });
});
