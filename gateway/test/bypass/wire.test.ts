/** Bytes that lie, messages that come in the wrong order, transactions that a refusal must fail, keys of others. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCancelRequest } from '../../src/protocols/postgres/wire/startup.ts';
import type { RawClient } from '../support/raw-client.ts';
import { FRAMES, ORDER, TYPES, type WireCase } from './cases/wire.ts';
import { Fortress } from './fortress.ts';
import { RESTRICTIVE } from './fortress-policy.ts';
import { CANARY } from './fortress-schema.ts';
import { bind, execute, extended, parse, query, sync } from './messages.ts';

let fortress: Fortress;

beforeAll(async () => {
  fortress = await Fortress.start(RESTRICTIVE);
});

afterAll(async () => {
  await fortress[Symbol.asyncDispose]();
});

async function expectHarmless(one: WireCase): Promise<void> {
  await using client = await fortress.connect();
  const witness = await fortress.watch();
  for (const packet of one.packets) client.send(packet);
  client.send(sync(), query("SELECT 'end'"));
  const errors = [];
  for (;;) {
    const answer = await client.answer();
    errors.push(...answer.errors);
    if (answer.closed || answer.rows[0]?.[0] === 'end') break;
  }
  expect(errors[0]?.code, errors[0]?.message ?? 'no error').toBe(one.code);
  expect(client.isClosed).toBe(one.ending === 'session ends');
  if (client.isClosed) expect(errors.at(-1)?.severity).toBe('FATAL');
  expect(await witness.isUnchanged(), 'the state upstream is unchanged').toBe(true);
  expect(witness.serverLog(), 'nothing reached the server').not.toMatch(/DELETE FROM companies|INSERT INTO/);
}

for (const [title, cases] of Object.entries({
  'vulnerability class 10: lying frames': FRAMES,
  'wrong types': TYPES,
  'vulnerability class 26: odd order': ORDER,
})) {
  describe(title, () => {
    for (const one of cases) it(`P2: ${one.name}`, () => expectHarmless(one));
  });
}

async function inSession(use: (client: RawClient) => Promise<void>): Promise<void> {
  await using client = await fortress.connect();
  const witness = await fortress.watch();
  await use(client);
  expect(await fortress.isAlive(client), 'the session lives on').toBe(true);
  expect(await witness.isUnchanged(), 'the state upstream is unchanged').toBe(true);
}

const INSERT = "INSERT INTO companies VALUES (90, 'x')";

describe('vulnerability class 26: transactions', () => {
  it('P9: a pipelined transaction with a refusal inside ends in a rollback', async () => {
    await inSession(async (client) => {
      client.send(
        query('BEGIN'),
        query(INSERT),
        query('DROP TABLE companies'),
        query(INSERT),
        query('COMMIT'),
      );
      expect((await client.answer()).status).toBe('T');
      expect((await client.answer()).tags).toEqual(['INSERT 0 1']);
      const refusal = await client.answer();
      expect([refusal.errors[0]?.code, refusal.status]).toEqual(['42501', 'E']);
      expect((await client.answer()).errors[0]?.code).toBe('25P02');
      const end = await client.answer();
      expect([end.tags, end.status]).toEqual([['ROLLBACK'], 'I']);
    });
  });

  it('P9: a whole transaction in one text is refused as a whole', async () => {
    await inSession(async (client) => {
      const answer = await client.ask(query(`BEGIN; ${INSERT}; DROP TABLE companies; COMMIT`));
      expect([answer.errors[0]?.code, answer.status, answer.tags]).toEqual(['42501', 'I', []]);
    });
  });

  it('P9: COMMIT; DROP inside a transaction commits nothing', async () => {
    await inSession(async (client) => {
      await client.ask(query('BEGIN'));
      await client.ask(query(INSERT));
      const answer = await client.ask(query('COMMIT; DROP TABLE companies'));
      expect([answer.errors[0]?.code, answer.status]).toEqual(['42501', 'E']);
      expect((await client.ask(query('COMMIT'))).tags).toEqual(['ROLLBACK']);
    });
  });

  it('P9: a savepoint before the refusal brings the transaction back, RELEASE and SELECT do not', async () => {
    await inSession(async (client) => {
      await client.ask(query('BEGIN'));
      await client.ask(query('SAVEPOINT a'));
      await client.ask(query(INSERT));
      expect((await client.ask(extended('DROP TABLE companies'), sync())).status).toBe('E');
      expect((await client.ask(query('RELEASE a'))).errors[0]?.code).toBe('25P02');
      expect((await client.ask(extended('SELECT 1'), sync())).errors[0]?.code).toBe('25P02');
      const again = await client.ask(query('DROP TABLE companies'));
      expect([again.errors[0]?.code, again.status]).toEqual(['42501', 'E']);
      expect((await client.ask(query('ROLLBACK TO a'))).status).toBe('T');
      expect((await client.ask(query('COMMIT'))).tags).toEqual(['COMMIT']);
    });
  });

  it('P9: COMMIT AND CHAIN of a failed transaction rolls back and begins anew', async () => {
    await inSession(async (client) => {
      await client.ask(query('BEGIN'));
      await client.ask(query(INSERT));
      await client.ask(query('TRUNCATE companies'));
      const chained = await client.ask(query('COMMIT AND CHAIN'));
      expect([chained.tags, chained.status]).toEqual([['ROLLBACK'], 'T']);
      expect((await client.ask(query('ROLLBACK'))).status).toBe('I');
    });
  });

  it('P1: a read-only transaction stays one', async () => {
    await inSession(async (client) => {
      await client.ask(query('BEGIN READ ONLY'));
      for (const text of ['SET TRANSACTION READ WRITE', 'SET transaction_read_only = off']) {
        expect((await client.ask(query(text))).errors[0]?.code, text).toBe('42501');
        await client.ask(query('ROLLBACK'));
        await client.ask(query('BEGIN READ ONLY'));
      }
      expect((await client.ask(query(INSERT))).errors[0]?.code).toBe('25006');
      await client.ask(query('ROLLBACK'));
    });
  });

  it('P10: thousands of refusals in one packet are refusals, each with its answer', async () => {
    await inSession(async (client) => {
      const count = 2_000;
      client.send(...Array.from({ length: count }, () => query('DROP TABLE companies')));
      for (let index = 0; index < count; index += 1) {
        expect((await client.answer()).errors[0]?.code).toBe('42501');
      }
    });
  });
});

describe('parameters', () => {
  const key = 'app.settings.jwt_secret';
  const conversations: Readonly<Record<string, readonly Uint8Array[]>> = {
    'by Bind': [parse('SELECT current_setting($1)'), bind('', '', [key]), execute(), sync()],
    'by Bind, cast': [
      parse('SELECT current_setting($1::varchar::text, true)'),
      bind('', '', [key]),
      execute(),
      sync(),
    ],
    'by Bind, cut to its length': [
      parse('SELECT current_setting($1::varchar(23))'),
      bind('', '', [`${key}x`]),
      execute(),
      sync(),
    ],
    'by Bind, joined': [
      parse("SELECT current_setting($1 || 'secret')"),
      bind('', '', ['app.settings.jwt_']),
      execute(),
      sync(),
    ],
    'by Bind, in upper case': [
      parse('SELECT current_setting($1)'),
      bind('', '', [key.toUpperCase()]),
      execute(),
      sync(),
    ],
    'by Bind, second time': [
      parse('SELECT current_setting($1)', 's'),
      bind('s', '', ['timezone']),
      execute(),
      bind('s', '', [key]),
      execute(),
      sync(),
    ],
    'by Bind, two of them': [
      parse('SELECT current_setting($2), current_setting($1)'),
      bind('', '', [key, 'timezone']),
      execute(),
      sync(),
    ],
    'by PREPARE': [query(`PREPARE q AS SELECT current_setting($1); EXECUTE q('${key}')`)],
    'by PREPARE and Bind': [
      query('PREPARE r (text) AS SELECT current_setting($1)'),
      bind('r', '', [key]),
      execute(),
      sync(),
    ],
    'by DECLARE': [
      query('BEGIN'),
      parse('DECLARE c CURSOR FOR SELECT current_setting($1)'),
      bind('', '', [key]),
      execute(),
      sync(),
      query('FETCH ALL FROM c'),
    ],
  };

  for (const [name, packets] of Object.entries(conversations)) {
    it(`P6: do not open a setting that is not shown, ${name}`, async () => {
      await inSession(async (client) => {
        client.send(...packets, query('ROLLBACK'), query("SELECT 'end'"));
        const seen: Buffer[] = [];
        for (let isOver = false; !isOver; ) {
          const answer = await client.answer();
          seen.push(answer.bytes);
          isOver = answer.closed || answer.rows[0]?.[0] === 'end';
        }
        expect(Buffer.concat(seen).includes(CANARY)).toBe(false);
        expect(Buffer.concat(seen).includes('42501')).toBe(true);
      });
    });
  }
});

describe('vulnerability class 26: CancelRequest', () => {
  /** Resolves when the gateway has closed the connection, so has dealt with it. */
  async function cancel(processId: number, secretKey: Uint8Array): Promise<void> {
    const socket = connect(fortress.gateway.port, fortress.gateway.host);
    socket.end(encodeCancelRequest(processId, secretKey));
    socket.resume();
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  }

  async function waitingBackend(): Promise<number> {
    for (;;) {
      const [row] = await fortress.admin(
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'sallyport/%'",
      );
      if (row !== undefined) return Number(row['pid']);
    }
  }

  it('P12: with keys of others does nothing, with its own cancels the statement, and the session lives on', async () => {
    await inSession(async (client) => {
      await using other = await fortress.connect();
      await fortress.admin('BEGIN');
      await fortress.admin('SELECT 1 FROM orders WHERE id = 1 FOR UPDATE');
      client.send(query('UPDATE orders SET total = 0 WHERE id = 1'));
      const backend = await waitingBackend();
      const { processId, secretKey } = client.cancelKey;
      const flipped = Buffer.from(secretKey.map((byte, index) => (index === 0 ? byte ^ 1 : byte)));
      expect(processId, 'the key is not the server’s').not.toBe(backend);
      await cancel(processId, flipped);
      await cancel(processId, Buffer.alloc(4));
      await cancel(processId, Buffer.concat([secretKey, secretKey]));
      await cancel(processId + 1, secretKey);
      await cancel(backend, secretKey);
      await cancel(other.cancelKey.processId, secretKey);
      await cancel(0, secretKey);
      expect(await waitingBackend(), 'the statement still waits').toBe(backend);
      await cancel(processId, secretKey);
      expect((await client.answer()).errors[0]?.code).toBe('57014');
      await fortress.admin('ROLLBACK');
    });
  });
});
