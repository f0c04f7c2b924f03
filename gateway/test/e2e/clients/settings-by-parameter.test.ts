/** `current_setting($1)` message by message: a setting that people made up is not shown by any order of Parse, Bind and SQL. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Format } from '../../../src/protocols/postgres/wire/format-codes.ts';
import { encodeSync } from '../../../src/protocols/postgres/wire/frontend/bare-frontend-messages.ts';
import { encodeBind } from '../../../src/protocols/postgres/wire/frontend/bind.ts';
import { encodeExecute } from '../../../src/protocols/postgres/wire/frontend/execute.ts';
import { encodeParse } from '../../../src/protocols/postgres/wire/frontend/parse.ts';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';
import type { TestGateway } from '../../support/gateway.ts';
import { RawClient, rawLogin } from '../../support/raw-client.ts';
import { startShop, stopShop } from './shop.ts';

const SECRET = 'sk-live-setting';
const ASK = 'SELECT current_setting($1)';

let gateway: TestGateway;
let client: RawClient;

beforeAll(async () => {
  gateway = await startShop();
  await gateway.postgres.query(`ALTER ROLE app SET app.jwt_secret = '${SECRET}'`);
  client = await RawClient.connect(await rawLogin(gateway));
});

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await stopShop(gateway);
});

function parse(statement: string, text: string): Buffer {
  return encodeParse({ statement, text, parameterTypes: [] });
}

function bind(statement: string, value: string | undefined, format: Format = 'text'): Buffer {
  const parameters = value === undefined ? [undefined] : [Buffer.from(value)];
  return encodeBind({ portal: '', statement, parameterFormats: [format], parameters, resultFormats: [] });
}

const execute = encodeExecute({ portal: '', maxRows: 0 });

describe('P6: a setting named by a parameter', () => {
  it('is judged by the value that is bound, in text and in binary, under one name again and again', async () => {
    await client.ask(parse('s', ASK), encodeSync());
    for (const format of ['text', 'binary'] as const) {
      const shown = await client.ask(bind('s', 'max_index_keys', format), execute, encodeSync());
      expect(shown.rows).toEqual([['32']]);
      for (const name of ['app.jwt_secret', 'APP.jwt_Secret']) {
        const refused = await client.ask(bind('s', name, format), execute, encodeSync());
        expect(refused.errors).toMatchObject([{ code: '42501' }]);
        expect([refused.rows, refused.status]).toEqual([[], 'I']);
      }
    }
    const nothing = await client.ask(bind('s', undefined), execute, encodeSync());
    expect(nothing.errors).toMatchObject([{ code: '42501' }]);
  });

  it('is judged as well for a statement that SQL prepared, by Bind and by EXECUTE', async () => {
    await client.ask(encodeQuery('PREPARE p(text) AS SELECT current_setting($1)'));
    const bound = await client.ask(bind('p', 'app.jwt_secret'), execute, encodeSync());
    const executed = await client.ask(encodeQuery("EXECUTE p('app.jwt_secret')"));
    for (const answer of [bound, executed]) {
      expect(answer.errors).toMatchObject([{ code: '42501' }]);
      expect(answer.rows).toEqual([]);
    }
    expect((await client.ask(bind('p', 'max_index_keys'), execute, encodeSync())).rows).toEqual([['32']]);
  });

  it('is judged for cursors, for EXPLAIN, and for every statement of a pipeline', async () => {
    await client.ask(encodeQuery('BEGIN'));
    await client.ask(
      parse('c', `DECLARE c CURSOR FOR ${ASK}`),
      bind('c', 'max_index_keys'),
      execute,
      encodeSync(),
    );
    expect((await client.ask(encodeQuery('FETCH ALL FROM c'))).rows).toEqual([['32']]);
    const declared = await client.ask(bind('c', 'app.jwt_secret'), execute, encodeSync());
    expect(declared.errors).toMatchObject([{ code: '42501' }]);
    await client.ask(encodeQuery('ROLLBACK'));
    const explained = await client.ask(
      parse('e', `EXPLAIN (ANALYZE, VERBOSE) ${ASK}`),
      bind('e', 'app.jwt_secret'),
      execute,
      encodeSync(),
    );
    expect(explained.errors).toMatchObject([{ code: '42501' }]);
    const pipeline = await client.ask(
      parse('', ASK),
      bind('', 'max_index_keys'),
      execute,
      bind('', 'app.jwt_secret'),
      execute,
      encodeSync(),
    );
    expect(pipeline.rows).toEqual([['32']]);
    expect(pipeline.errors).toMatchObject([{ code: '42501' }]);
  });

  it('reached the server in none of these', async () => {
    expect(JSON.stringify(gateway.records())).not.toContain(SECRET);
    expect((await client.ask(encodeQuery("SELECT current_setting('app.jwt_secret')"))).errors).toMatchObject([
      { code: '42501' },
    ]);
    expect((await client.ask(encodeQuery('SELECT 1'))).rows).toEqual([['1']]);
  });
});
