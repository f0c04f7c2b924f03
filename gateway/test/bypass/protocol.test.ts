/** The messages of the protocol themselves: names, the fast path, COPY, lies about length, order and encoding. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFunctionCall } from '../../src/protocols/postgres/wire/frontend/function-call.ts';
import type { RawClient } from '../support/raw-client.ts';
import { Fortress } from './fortress.ts';
import { DENY_LIST } from './fortress-policy.ts';
import {
  bind,
  close,
  copyData,
  copyDone,
  describeOf,
  execute,
  extended,
  flush,
  parse,
  query,
  sync,
} from './messages.ts';

let fortress: Fortress;

beforeAll(async () => {
  fortress = await Fortress.start(DENY_LIST);
});

afterAll(async () => {
  await fortress[Symbol.asyncDispose]();
});

async function inSession(use: (client: RawClient) => Promise<void>): Promise<void> {
  await using client = await fortress.connect();
  await use(client);
  expect(client.isClosed || (await fortress.isAlive(client)), 'the session lives on').toBe(true);
}

describe('names', () => {
  const stem = 'n'.repeat(63);

  it('P2: of more than 63 bytes are refused, as the server would take two of them for one', async () => {
    await inSession(async (client) => {
      const conversations = [
        [parse("SELECT 'x'", `${stem}x`), sync()],
        [parse("SELECT 'x'"), bind('', `${stem}x`), sync()],
        [describeOf('statement', `${stem}x`), sync()],
        [close('portal', `${stem}x`), sync()],
        [parse("SELECT 'x'", 'ü'.repeat(32)), sync()],
      ];
      for (const conversation of conversations) {
        expect((await client.ask(...conversation)).errors[0]?.code).toBe('42622');
      }
      expect(
        (await client.ask(parse("SELECT 'x'", stem), bind(stem, stem), execute(stem), sync())).rows,
      ).toEqual([['x']]);
    });
  });

  it('P4: in the audit stand for the text that ran', async () => {
    await inSession(async (client) => {
      await client.ask(parse('SELECT 1', `${stem}x`), sync());
      await client.ask(query(`DEALLOCATE "${stem}"`));
      await client.ask(parse('SELECT name FROM companies', `${stem}y`), sync());
      const witness = await fortress.watch();
      const answer = await client.ask(bind(`${stem}x`), execute(), sync());
      const [intent] = witness.intents();
      expect(answer.rows.length > 0 && intent?.request.text === 'SELECT 1').toBe(false);
    });
  });

  it('P2: a SQL cursor is no portal, and the name of a closed statement is free at once', async () => {
    await inSession(async (client) => {
      await client.ask(query('BEGIN; DECLARE c CURSOR FOR SELECT name FROM companies'));
      expect((await client.ask(execute('c'), sync())).errors[0]?.code).toBe('34000');
      await client.ask(query('ROLLBACK'));
      await client.ask(parse("SELECT 'old'", 's'), sync());
      const answer = await client.ask(
        close('statement', 's'),
        parse("SELECT 'new'", 's'),
        bind('s'),
        execute(),
        sync(),
      );
      expect(answer.rows).toEqual([['new']]);
    });
  });

  it('P2: a portal of the protocol is read by FETCH with its own facts', async () => {
    await inSession(async (client) => {
      await client.ask(query('BEGIN'));
      await client.ask(parse('SELECT name FROM companies'), bind('', 'p'), sync());
      expect((await client.ask(query('FETCH 2 FROM p'))).rows).toEqual([['company 1'], ['company 2']]);
      await client.ask(query('ROLLBACK'));
    });
  });
});

describe('the fast path', () => {
  it('P1: FunctionCall is hit by every deny of a function, as its oid tells no name', async () => {
    await inSession(async (client) => {
      const [row] = await fortress.admin("SELECT 'pg_read_file(text)'::regprocedure::oid::int AS oid");
      const call = encodeFunctionCall({
        functionOid: Number(row?.['oid']),
        argumentFormats: [],
        arguments: [Buffer.from('/etc/hostname')],
        resultFormat: 'text',
      });
      const answer = await client.ask(call);
      expect(answer.messages).toEqual(['ErrorResponse', 'ReadyForQuery']);
      expect(answer.errors[0]?.code).toBe('42501');
    });
  });
});

describe('COPY from the client', () => {
  it('P9: ends with CopyDone and Sync in one packet, as libpq sends them', async () => {
    await inSession(async (client) => {
      client.send(parse('COPY orders FROM STDIN'), bind(), execute(), flush());
      expect((await client.answer('copy')).messages.at(-1)).toBe('CopyInResponse');
      const answer = await client.ask(copyData('500\t1\tx\t1\n'), copyDone(), sync());
      expect(answer.tags).toEqual(['COPY 1']);
    });
  });

  it('P2: two of one text take the data of each, and the query behind them is a query', async () => {
    await inSession(async (client) => {
      client.send(query('COPY orders FROM STDIN; COPY companies FROM STDIN'));
      await client.answer('copy');
      client.send(copyData('501\t1\tx\t1\n'), copyDone());
      expect((await client.answer('copy')).tags).toEqual(['COPY 1']);
      client.send(copyData('501\tx\n'), copyDone(), query("SELECT 'behind'"));
      expect((await client.answer()).tags).toEqual(['COPY 1']);
      expect((await client.answer()).rows).toEqual([['behind']]);
    });
  });

  it('P9: a refused one drops its data, and the session goes on', async () => {
    await inSession(async (client) => {
      const witness = await fortress.watch();
      client.send(query('COPY integration_tokens FROM STDIN'), copyData('9\tx\ty\n'), copyDone());
      expect((await client.answer()).errors[0]?.code).toBe('42501');
      client.send(extended('COPY integration_tokens FROM STDIN'), copyData('9\tx\ty\n'), copyDone(), sync());
      expect((await client.answer()).errors[0]?.code).toBe('42501');
      expect(await witness.isUnchanged()).toBe(true);
    });
  });
});
