/** The ways in which a client may send the same statement. Every one must end in the same refusal. */
import { expect } from 'vitest';
import type { Answer } from '../support/raw-answer.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { Evasion } from './cases/evasion.ts';
import { bind, close, describeOf, execute, extended, flush, parse, query, sync } from './messages.ts';

/** One way; `run` resolves to the answers that hold the refusal, and leaves the session idle. */
export interface Delivery {
  readonly name: string;
  readonly fits: (evasion: Evasion) => boolean;
  readonly run: (client: RawClient, text: string) => Promise<Answer>;
}

const always = (): boolean => true;
const opensTransaction = (evasion: Evasion): boolean =>
  (evasion.after ?? []).some((text) => text.startsWith('BEGIN'));
const isFree = (evasion: Evasion): boolean => !opensTransaction(evasion);
const isGrammatical = (evasion: Evasion): boolean => evasion.code !== '42601';
/** Behind or before another statement a text must be one that such company leaves as it is. */
const isMixable = (evasion: Evasion): boolean =>
  isGrammatical(evasion) && isFree(evasion) && evasion.text.length < 10_000;

function wrapped(name: string, before: string, after: string): Delivery {
  return {
    name,
    fits: (evasion) => evasion.query === true && isFree(evasion),
    run: (client, text) => client.ask(query(`${before}${text}\n${after}`)),
  };
}

/** All of them. The first three fit every statement. */
export const DELIVERIES: readonly Delivery[] = [
  { name: 'simple query', fits: always, run: (client, text) => client.ask(query(text)) },
  { name: 'extended query', fits: always, run: (client, text) => client.ask(extended(text), sync()) },
  {
    name: 'named statement, described and flushed',
    fits: always,
    async run(client, text) {
      client.send(parse(text, 'named'), describeOf('statement', 'named'), flush());
      const early = await client.answer('error');
      const rest = await client.ask(
        bind('named', 'portal'),
        describeOf('portal', 'portal'),
        execute('portal', 1),
        close('statement', 'named'),
        flush(),
        sync(),
      );
      expect(rest.messages, 'what follows a refused Parse is dropped').toEqual(['ReadyForQuery']);
      return early;
    },
  },
  { name: 'inside a transaction', fits: isFree, run: inTransaction },
  { name: 'behind a savepoint', fits: isFree, run: behindSavepoint },
  {
    name: 'pipelined between simple queries',
    fits: isFree,
    async run(client, text) {
      client.send(query("SELECT 'before'"), query(text), query("SELECT 'after'"));
      expect((await client.answer()).rows).toEqual([['before']]);
      const refusal = await client.answer();
      expect((await client.answer()).rows).toEqual([['after']]);
      return refusal;
    },
  },
  {
    name: 'pipelined between extended queries',
    fits: isFree,
    async run(client, text) {
      client.send(
        extended("SELECT 'before'"),
        sync(),
        extended(text),
        sync(),
        extended("SELECT 'after'"),
        sync(),
      );
      expect((await client.answer()).rows).toEqual([['before']]);
      const refusal = await client.answer();
      expect((await client.answer()).rows).toEqual([['after']]);
      return refusal;
    },
  },
  { name: 'behind a permitted write of its batch', fits: isFree, run: behindWrite },
  {
    name: 'second in its text',
    fits: isMixable,
    run: (client, text) => client.ask(query(`SELECT 1;${text}`)),
  },
  {
    name: 'first in its text',
    fits: isMixable,
    run: (client, text) => client.ask(query(`${text}\n;SELECT 1`)),
  },
  wrapped('explained', 'EXPLAIN ', ''),
  wrapped('explained and run', 'EXPLAIN (ANALYZE, FORMAT JSON) ', ''),
  wrapped('prepared', 'PREPARE wrapped AS ', ''),
  wrapped('copied to the client', 'COPY (', ') TO STDOUT'),
];

async function inTransaction(client: RawClient, text: string): Promise<Answer> {
  await client.ask(query('BEGIN'));
  const refusal = await client.ask(query(text));
  expect(refusal.status, 'a refusal fails the transaction').toBe('E');
  const next = await client.ask(query('SELECT 1'));
  expect(next.errors[0]?.code, 'a failed transaction takes nothing more').toBe('25P02');
  const end = await client.ask(query('COMMIT'));
  expect(end.tags, 'COMMIT of a failed transaction rolls back').toEqual(['ROLLBACK']);
  return refusal;
}

async function behindSavepoint(client: RawClient, text: string): Promise<Answer> {
  await client.ask(query('BEGIN'), query('SAVEPOINT s'));
  await client.answer();
  const refusal = await client.ask(extended(text), sync());
  expect(refusal.status, 'a refusal fails the transaction').toBe('E');
  const back = await client.ask(query('ROLLBACK TO SAVEPOINT s'));
  expect(back.status, 'the savepoint brings it back').toBe('T');
  expect((await client.ask(query("SELECT 'on'"))).rows).toEqual([['on']]);
  expect((await client.ask(query('COMMIT'))).tags).toEqual(['COMMIT']);
  return refusal;
}

/** The write shares the implicit transaction of the batch, so the refusal must take it back. */
async function behindWrite(client: RawClient, text: string): Promise<Answer> {
  const answer = await client.ask(
    extended("INSERT INTO orders (id, status) VALUES (7777, 'never')"),
    extended(text),
    extended("INSERT INTO orders (id, status) VALUES (7778, 'never')"),
    sync(),
  );
  expect(answer.tags, 'what follows a refusal in its batch is dropped').toEqual(['INSERT 0 1']);
  return answer;
}
