/**
 * Attempts to see or change a row outside of a row filter, through the real wire. An attempt counts only if it does so when it is
 * sent to the server itself: of two databases that differ in nothing but rows of another tenant the answers differ, or the rows of
 * others are changed. Through the gateway the two answer the same, and the rows of others stay.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestPostgres } from '../../support/postgres.ts';
import type { Attempt } from './attempt.ts';
import { CHANGES, REFUSED_CHANGES } from './change-attempts.ts';
import { READS, REFUSED_READS } from './read-attempts.ts';
import { type Outcome, startTenantServer, Tenants } from './tenants.ts';

let server: TestPostgres;
let shared: Tenants;
let alone: Tenants;

beforeAll(async () => {
  server = await startTenantServer();
  shared = await Tenants.start(server, true);
  alone = await Tenants.start(server, false);
});

afterAll(async () => {
  await shared[Symbol.asyncDispose]();
  await alone[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function both(way: 'gateway' | 'direct', attempt: Attempt): Promise<[Outcome, Outcome]> {
  return Promise.all([shared.attempt(way, attempt), alone.attempt(way, attempt)]);
}

function suite(title: string, attempts: readonly Attempt[]): void {
  describe(title, () => {
    for (const attempt of attempts) {
      it(`P5: ${attempt.name}`, async () => {
        const [open, without] = await both('direct', attempt);
        expect(
          open.transcript !== without.transcript || !open.isForeignUnchanged || !without.isForeignUnchanged,
          `sent directly it tells or changes something:\n${open.transcript}`,
        ).toBe(true);

        const [seen, expected] = await both('gateway', attempt);
        expect(seen.transcript).toBe(expected.transcript);
        expect(seen.transcript).not.toContain('canary');
        expect([seen.isForeignUnchanged, expected.isForeignUnchanged]).toEqual([true, true]);
        if (attempt.refused === undefined) expect(seen.transcript).not.toContain('POLICY_DENIED');
        else expect(seen.transcript).toMatch(attempt.refused);
      });
    }
  });
}

suite('reads, within the filter', READS);
suite('reads that are refused', REFUSED_READS);
suite('changes, within the filter', CHANGES);
suite('changes that are refused', REFUSED_CHANGES);

describe('what is not hidden', () => {
  it('a key that another row has is taken: the upsert changes nothing, and tells that there is one', async () => {
    const steps = [
      "INSERT INTO orders VALUES (11, 'acme', 'mine', 1, 'c9') ON CONFLICT (id) DO UPDATE SET note = 'mine' RETURNING note",
    ];
    const [seen, expected] = await both('gateway', { name: 'upsert', steps });
    expect([seen.isForeignUnchanged, expected.isForeignUnchanged]).toEqual([true, true]);
    expect(seen.transcript).toContain('INSERT 0');
    expect(expected.transcript).toContain('INSERT 1');
  });
});
