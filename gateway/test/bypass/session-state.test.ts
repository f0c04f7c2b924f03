/**
 * What one message changes in a session must count for the next one, by whatever door it was changed. The policy here
 * allows everything but what it names, so a judgement made with a stale state lets the named things out.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawClient } from '../support/raw-client.ts';
import { deliveriesFor, expectRefused } from './attack.ts';
import { DENIED } from './cases/deny-list.ts';
import { STATE, TAKEN } from './cases/session-state.ts';
import { Fortress } from './fortress.ts';
import { DENY_LIST } from './fortress-policy.ts';
import { CANARY } from './fortress-schema.ts';
import { bind, execute, parse, query, sync } from './messages.ts';

let fortress: Fortress;

beforeAll(async () => {
  fortress = await Fortress.start(DENY_LIST);
});

afterAll(async () => {
  await fortress[Symbol.asyncDispose]();
});

/** A session of its own, as what it changes must not reach the next case; the policy is put back as well. */
async function inSession(use: (client: RawClient) => Promise<void>): Promise<void> {
  await using client = await fortress.connect();
  try {
    await use(client);
    expect(client.isClosed || (await fortress.isAlive(client)), 'the session lives on').toBe(true);
  } finally {
    await fortress.gateway.setPolicy(DENY_LIST);
  }
}

describe('vulnerability classes 11 and 25: state of a session', () => {
  for (const [name, ...turns] of [...STATE, ...TAKEN]) {
    it(`P2: is followed through ${name}`, async () => {
      await inSession(async (client) => {
        const witness = await fortress.watch();
        const seen: Buffer[] = [];
        for (const turn of turns) {
          client.send(turn, sync(), query("SELECT 'end of turn'"));
          let answer = await client.answer();
          seen.push(answer.bytes);
          while (
            !answer.closed &&
            answer.rows.at(-1)?.[0] !== 'end of turn' &&
            answer.errors[0]?.code !== '25P02'
          ) {
            answer = await client.answer();
            seen.push(answer.bytes);
          }
        }
        expect(Buffer.concat(seen).includes(CANARY), 'no secret').toBe(false);
        expect(
          witness.intents().some(({ effect }) => effect === 'deny'),
          'something was denied',
        ).toBe(true);
        await client.ask(query('ROLLBACK'));
      });
    });
  }
});

describe('what deny rules name', () => {
  for (const [index, evasion] of DENIED.entries()) {
    it(`P1: ${evasion.name}`, async () => {
      await inSession((client) =>
        expectRefused(fortress, client, evasion, deliveriesFor(evasion, index, false)),
      );
    });
  }
});

const COMPANIES_TOO = DENY_LIST.replace('public.token_view', 'public.token_view, public.companies');
const WITHOUT_EVERYTHING = DENY_LIST.replace('id: everything, effect: allow', 'id: everything, effect: deny');

describe('a policy that became stricter', () => {
  it('P8: is asked again at Bind and Execute of a statement that was parsed before', async () => {
    await inSession(async (client) => {
      await client.ask(parse('SELECT name FROM companies', 's'), sync());
      await fortress.gateway.setPolicy(COMPANIES_TOO);
      const answer = await client.ask(bind('s'), execute(), sync());
      expect(answer.errors[0]?.code).toBe('42501');
      expect(answer.rows).toEqual([]);
    });
  });

  it('P8: is asked again at the next Execute of a suspended portal', async () => {
    await inSession(async (client) => {
      await client.ask(query('BEGIN'));
      const first = await client.ask(
        parse('SELECT name FROM companies'),
        bind('', 'p'),
        execute('p', 1),
        sync(),
      );
      expect(first.rows).toHaveLength(1);
      await fortress.gateway.setPolicy(COMPANIES_TOO);
      const second = await client.ask(execute('p', 1), sync());
      expect(second.errors[0]?.code).toBe('42501');
      await client.ask(query('ROLLBACK'));
    });
  });

  it('P8: is asked again at the next FETCH, also when nothing but a missing allow refuses it', async () => {
    for (const stricter of [COMPANIES_TOO, WITHOUT_EVERYTHING]) {
      await inSession(async (client) => {
        await client.ask(query('BEGIN; DECLARE c CURSOR FOR SELECT name FROM companies'));
        expect((await client.ask(query('FETCH 1 FROM c'))).rows).toHaveLength(1);
        await fortress.gateway.setPolicy(stricter);
        expect((await client.ask(query('FETCH 1 FROM c'))).errors[0]?.code).toBe('42501');
        await fortress.gateway.setPolicy(DENY_LIST);
        await client.ask(query('ROLLBACK'));
      });
    }
  });

  it('P8: sees through the name of a cursor that is now another portal', async () => {
    await inSession(async (client) => {
      await client.ask(query("BEGIN; DECLARE c CURSOR FOR SELECT 'x'"));
      await client.ask(query('ROLLBACK'));
      await client.ask(query('BEGIN'));
      await client.ask(parse('SELECT name FROM companies'), bind('', 'c'), execute('c', 1), sync());
      await fortress.gateway.setPolicy(COMPANIES_TOO);
      expect((await client.ask(query('FETCH ALL FROM c'))).errors[0]?.code).toBe('42501');
      await client.ask(query('ROLLBACK'));
    });
  });

  it('P8: sees through a parsed FETCH and EXECUTE whose names now mean something else', async () => {
    await inSession(async (client) => {
      await client.ask(query("PREPARE e AS SELECT 'x'"));
      await client.ask(query("BEGIN; DECLARE c CURSOR FOR SELECT 'x'"));
      await client.ask(parse('FETCH ALL FROM c', 'fetching'), parse('EXECUTE e', 'executing'), sync());
      await client.ask(query('CLOSE c; DECLARE c CURSOR FOR SELECT name FROM companies'));
      await client.ask(query('DEALLOCATE e; PREPARE e AS SELECT name FROM companies'));
      await fortress.gateway.setPolicy(COMPANIES_TOO);
      await client.ask(query('SAVEPOINT s'));
      for (const name of ['fetching', 'executing']) {
        const answer = await client.ask(bind(name), execute(), sync());
        expect(answer.errors[0]?.code, name).toBe('42501');
        await client.ask(query('ROLLBACK TO s'));
      }
      await client.ask(query('ROLLBACK'));
    });
  });
});
