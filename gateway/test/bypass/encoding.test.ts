/** A database that is not encoded in UTF8 cuts and folds names otherwise than the parser does: one text, two tables. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { RawClient, rawLogin } from '../support/raw-client.ts';
import { CANARY } from './fortress-schema.ts';
import { extended, query, sync } from './messages.ts';

/** 80 bytes in UTF-8, which the parser cuts at 63; 40 in LATIN1, which the server does not. */
const LONG = 'ü'.repeat(40);

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect }
  - { id: everything, effect: allow, on: sql }
  - { id: not-that-table, effect: deny, on: sql, match: { tables: ['public."${LONG}"'] } }
`;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ policy: POLICY, resource: { databases: ['postgres', 'latin'] } });
  const create = "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0";
  await gateway.postgres.query(create);
  const fill = `CREATE TABLE "${LONG}" (x text); INSERT INTO "${LONG}" VALUES ('${CANARY}'); GRANT ALL ON "${LONG}" TO app`;
  await gateway.postgres.query(fill, { database: 'latin' });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

describe('vulnerability class 25: a server encoding other than UTF8', () => {
  it('P3: names with other than ASCII characters are refused there, values are not', async () => {
    await using client = await RawClient.connect(await rawLogin(gateway, { database: 'shop/latin' }));
    expect(client.greeting.parameters.get('server_encoding')).toBe('LATIN1');
    for (const text of [
      `SELECT * FROM "${LONG}"`,
      `SELECT * FROM ${LONG}`,
      `SELECT * FROM U&"${'\\00fc'.repeat(40)}"`,
    ]) {
      for (const packet of [query(text), Buffer.concat([extended(text), sync()])]) {
        const answer = await client.ask(packet);
        expect(answer.errors[0]?.code, text).toBe('42501');
        expect(answer.bytes.includes(CANARY), text).toBe(false);
      }
    }
    expect((await client.ask(query("SELECT 'grün'"))).rows).toEqual([['grün']]);
  });

  it('P3: in UTF8 the same name is the same table, and another one runs', async () => {
    await using client = await RawClient.connect(await rawLogin(gateway));
    expect((await client.ask(query("SELECT 'x' AS größe"))).rows).toEqual([['x']]);
  });
});
