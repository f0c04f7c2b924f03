/**
 * Every known way round a SQL guard, through the real wire. A case passes when each delivery of it is refused with the
 * right code, is on the audit, never reached the server and changed nothing, and its session goes on.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT_QUERY } from '../../src/protocols/postgres/upstream/account-check.ts';
import { CATALOG_QUERY } from '../../src/protocols/postgres/upstream/catalog/catalog-query.ts';
import type { RawClient } from '../support/raw-client.ts';
import { deliveriesFor, expectRefused } from './attack.ts';
import { UNBOUNDED } from './cases/boundedness.ts';
import type { Evasion } from './cases/evasion.ts';
import { FUNCTIONS } from './cases/functions.ts';
import { HOOP_INSPECT, HOOP_RULES } from './cases/hoop.ts';
import { INCIDENTS } from './cases/incidents.ts';
import { LEXICAL } from './cases/lexical.ts';
import { NAMES } from './cases/names.ts';
import { ABOUT_NOTHING, SCHEMA, SETTINGS, UTILITY, WRITES } from './cases/statements.ts';
import { Fortress, type Witness } from './fortress.ts';
import { RESTRICTIVE } from './fortress-policy.ts';

let fortress: Fortress;
let client: RawClient;
let whole: Witness;

beforeAll(async () => {
  fortress = await Fortress.start(RESTRICTIVE);
  client = await fortress.connect();
  whole = await fortress.watch();
});

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await fortress[Symbol.asyncDispose]();
});

function suite(title: string, evasions: readonly Evasion[], all = false): void {
  describe(`vulnerability class 24: ${title}`, () => {
    for (const [index, evasion] of evasions.entries()) {
      it(`P1: ${evasion.name}`, async () => {
        if (client.isClosed) client = await fortress.connect();
        await expectRefused(fortress, client, evasion, deliveriesFor(evasion, index, all));
      });
    }
  });
}

suite('rules of hoop that were replayed, by every delivery', HOOP_RULES, true);
suite('blind spots of hoopinspect, by every delivery', HOOP_INSPECT, true);
suite('public incidents, by every delivery', INCIDENTS, true);
suite('names', NAMES);
suite('functions', FUNCTIONS);
suite('writes that only look bounded', UNBOUNDED);
suite('schema, rights and code', SCHEMA);
suite('utility statements', UTILITY);
suite('settings', SETTINGS);
suite('writes that are not granted', WRITES);
suite('lexical tricks', LEXICAL);
suite('statements about nothing', ABOUT_NOTHING);

describe('vulnerability class 33: the audit', () => {
  it('P1: holds a permit for every text of this suite that reached the server, and nothing else reached it', () => {
    const permitted = new Set(
      whole.intents().flatMap(({ effect, request }) => (effect === 'permit' ? [request.text ?? ''] : [])),
    );
    // What the gateway asks by itself, while sessions live too.
    const own = new Set([ACCOUNT_QUERY, CATALOG_QUERY]);
    // What the gateway sends in place of a refused statement, so that the server fails the transaction.
    const strange = whole
      .reachedTexts()
      .filter(
        (text) => !permitted.has(text) && !own.has(text) && !/^sallyport_refused dec_[0-9a-z_]+$/.test(text),
      );
    expect(strange).toEqual([]);
    expect(whole.reachedTexts().length).toBeGreaterThan(1_000);
  });
});
