/** The other half of the promise: what the policy allows runs, by every protocol, whatever it looks like. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RawClient } from '../support/raw-client.ts';
import { LOOKS_BAD, ORDINARY, PREAMBLES } from './cases/legitimate.ts';
import { Fortress } from './fortress.ts';
import { RESTRICTIVE } from './fortress-policy.ts';
import { copyData, copyDone, extended, flush, parse, query, sync } from './messages.ts';

let fortress: Fortress;
let client: RawClient;

beforeAll(async () => {
  fortress = await Fortress.start(RESTRICTIVE);
  client = await fortress.connect();
});

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await fortress[Symbol.asyncDispose]();
});

afterEach(async () => {
  await client.ask(query('ROLLBACK'));
});

function titleOf(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 100);
}

async function expectRuns(
  texts: readonly string[],
  send: (text: string) => readonly Uint8Array[],
): Promise<void> {
  for (const text of texts) {
    const answer = await client.ask(...send(text));
    expect(
      answer.errors.map(({ code, message }) => `${code} ${message}`),
      text,
    ).toEqual([]);
    expect(answer.closed, text).toBe(false);
  }
}

/** The extended protocol takes one statement a message. */
function isSingle(text: string): boolean {
  return !/;\s*\S/.test(text.replaceAll(/'[^']*'|\$x\$.*?\$x\$/g, ''));
}

for (const [title, texts] of Object.entries({
  'statements that look bad': LOOKS_BAD,
  'ordinary statements': ORDINARY,
})) {
  describe(title, () => {
    for (const text of texts) {
      it(`hoop's false alarms run: ${titleOf(text)}`, async () => {
        await expectRuns(['BEGIN', text, 'ROLLBACK'], (one) => [query(one)]);
        if (!isSingle(text)) return;
        await expectRuns(['BEGIN', text, 'ROLLBACK'], (one) => [extended(one), sync()]);
        await expectRuns(['BEGIN', text, 'ROLLBACK'], (one) => [
          parse(one, ''),
          flush(),
          extended(one),
          sync(),
        ]);
      });
    }
  });
}

describe('what drivers and tools send by themselves', () => {
  for (const preamble of PREAMBLES) {
    it(`runs: ${titleOf(preamble[0] ?? '')}`, async () => {
      await expectRuns([...preamble, 'ROLLBACK'], (one) => [query(one)]);
      await expectRuns(['DISCARD ALL', ...preamble, 'ROLLBACK'], (one) => [extended(one), sync()]);
    });
  }
});

describe('a session of node-postgres', () => {
  it('runs named, parametrised and failing statements, and goes on after a denial', async () => {
    const agent = new pg.Client({ connectionString: await fortress.gateway.url() });
    await agent.connect();
    try {
      const byId = { name: 'by-id', text: 'SELECT name FROM customers WHERE id = $1' };
      expect((await agent.query({ ...byId, values: [3] })).rows).toEqual([{ name: 'customer 3' }]);
      await expect(agent.query('SELECT ssn FROM customers WHERE id = $1', [3])).rejects.toMatchObject({
        code: '42501',
        message: expect.stringMatching(/^POLICY_DENIED \[dec_/),
      });
      expect((await agent.query({ ...byId, values: [4] })).rows).toEqual([{ name: 'customer 4' }]);
      await agent.query('BEGIN');
      await agent.query("UPDATE orders SET status = 'seen' WHERE id = $1", [1]);
      await expect(agent.query('TRUNCATE orders')).rejects.toMatchObject({ code: '42501' });
      await expect(agent.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
      await agent.query('ROLLBACK');
      expect((await agent.query('SELECT status FROM orders WHERE id = 1')).rows).toEqual([{ status: 'new' }]);
    } finally {
      await agent.end();
    }
  });
});

describe('COPY from the client', () => {
  it('runs, in one packet as well', async () => {
    await client.ask(query('BEGIN'));
    client.send(query('COPY orders (id, total) FROM STDIN'));
    await client.answer('copy');
    expect((await client.ask(copyData('990\t1\n991\t2\n'), copyDone())).tags).toEqual(['COPY 2']);
    await client.ask(query('ROLLBACK'));
  });
});
