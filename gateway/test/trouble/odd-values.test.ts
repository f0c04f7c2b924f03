/** Values that are no text, empty or missing, through a whole gateway with masks: in a UTF-8 and in an SQL_ASCII database. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extended, query, sync } from '../bypass/messages.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import type { Answer } from '../support/raw-answer.ts';
import { RawClient, rawLogin } from '../support/raw-client.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: reads
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SELECT, COPY], tables: ['public.*'] }
    mask:
      - { columns: ['*.redacted'], with: redact }
      - { columns: ['*.nulled'], with: null }
      - { columns: ['*.partial'], with: partial }
      - { columns: ['*.pseudonym'], with: pseudonym }
      - { columns: ['*.scanned'], detect: [email, card], with: redact }
  - { id: copies, effect: allow, on: sql, match: { groups: [agents], kinds: [COPY] } }
`;

const COLUMNS = ['redacted', 'nulled', 'partial', 'pseudonym', 'scanned'];
const SECRET = 'ada@hidden.example';

/** Bytes around a secret, as SQL makes them: invalid, overlong, cut, of other encodings, with controls. */
const ODD = [
  ['a byte that never begins a character', '\\xff'],
  ['a cut character', '\\xe2\\x82'],
  ['an overlong slash', '\\xc0\\xaf'],
  ['a surrogate', '\\xed\\xa0\\x80'],
  ['LATIN1', 'gr\\xfcn'],
  ['Shift JIS whose second byte is a backslash', '\\x83\\x5c'],
  ['UTF-16', '\\xff\\xfea\\x01'],
] as const;

/** Controls are no text either, and valid. */
const CONTROLS = '\x01\x7f\x1b[31m';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ policy: POLICY, resource: { databases: ['postgres', 'ascii'] } });
  await gateway.postgres.query(
    "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0",
  );
  const columns = (type: string): string => COLUMNS.map((name) => `${name} ${type}`).join(', ');
  const same = (value: string): string => COLUMNS.map(() => value).join(', ');
  const utf8 = [
    `CREATE TABLE texts (id int, ${columns('text')}); CREATE TABLE bytes (id int, ${columns('bytea')})`,
    `CREATE TABLE numbers (id int, ${columns('bigint')}); CREATE TABLE documents (id int, ${columns('jsonb')})`,
    ...['texts', 'bytes', 'numbers', 'documents'].map((table) => `INSERT INTO ${table} (id) VALUES (1)`),
    `INSERT INTO texts VALUES (2, ${same("''")})`,
    `INSERT INTO bytes VALUES (2, ${same("''")}), (3, ${same(`'\\xff'::bytea || '${SECRET}'::bytea || '\\xc0'::bytea`)})`,
    `INSERT INTO documents VALUES (2, ${same("'null'")}), (3, ${same(`'{"mail": "${SECRET}"}'`)})`,
  ];
  await gateway.postgres.query(`${utf8.join('; ')}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO app`);
  const ascii = ODD.map(
    ([, bytes], at) =>
      `INSERT INTO odd VALUES (${at}, ${same(`E'${bytes} ${SECRET} ${bytes}'`)}, E'${bytes}')`,
  );
  ascii.push(
    `INSERT INTO odd VALUES (${ODD.length}, ${same(`'${CONTROLS} ${SECRET} ${CONTROLS}'`)}, '${CONTROLS}')`,
  );
  const create = `CREATE TABLE odd (id int, ${columns('text')}, clean text); GRANT SELECT ON odd TO app`;
  await gateway.postgres.query([create, ...ascii].join('; '), { database: 'ascii' });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

const connect = async (database = 'shop'): Promise<RawClient> =>
  RawClient.connect(await rawLogin(gateway, { database }));

/** By both protocols; results in text format, and what the client was sent has no secret in it. */
async function everyWay(client: RawClient, text: string): Promise<readonly Answer[]> {
  const answers = [await client.ask(query(text)), await client.ask(Buffer.concat([extended(text), sync()]))];
  for (const answer of answers) {
    expect(answer.errors, text).toEqual([]);
    expect(answer.bytes.includes(SECRET), text).toBe(false);
    expect(answer.bytes.includes(Buffer.from(SECRET).toString('hex')), text).toBe(false);
  }
  return answers;
}

describe('values that are not there, or empty', () => {
  it.each(['texts', 'bytes', 'numbers', 'documents'])('P5: NULL stays NULL: %s', async (table) => {
    await using client = await connect();
    for (const { rows } of await everyWay(client, `SELECT * FROM ${table} WHERE id = 1`))
      expect(rows).toEqual([['1', null, null, null, null, null]]);
  });

  it('P5: an empty text is masked like any other, so that nobody is told that it is empty', async () => {
    await using client = await connect();
    for (const { rows } of await everyWay(client, 'SELECT * FROM texts WHERE id = 2')) {
      const [, redacted, nulled, partial, pseudonym, scanned] = rows[0] ?? [];
      expect([redacted, nulled, partial, scanned]).toEqual(['[redacted]', null, '***', '']);
      expect(pseudonym).toMatch(/^pn-|^\[redacted\]$/);
    }
  });

  it('P5: empty bytes and JSON null end in values of their type', async () => {
    await using client = await connect();
    for (const table of ['bytes', 'documents']) {
      for (const { rows } of await everyWay(client, `SELECT * FROM ${table} WHERE id = 2`))
        expect(rows).toHaveLength(1);
    }
  });
});

describe('values that are no text', () => {
  it('P5: bytea with a secret between invalid bytes', async () => {
    await using client = await connect();
    for (const { rows } of await everyWay(client, 'SELECT * FROM bytes WHERE id = 3'))
      expect(rows).toHaveLength(1);
    await everyWay(client, 'SELECT * FROM documents WHERE id = 3');
  });

  it.each(ODD)(
    'P5: %s around a secret, in a database without encoding: the server refuses, and is not quoted',
    async (name) => {
      await using client = await connect('shop/ascii');
      expect(client.greeting.parameters.get('server_encoding')).toBe('SQL_ASCII');
      const select = query(`SELECT * FROM odd WHERE id = ${ODD.findIndex(([one]) => one === name)}`);
      const answer = await client.ask(select);
      expect(answer.errors).toMatchObject([{ code: '22021' }]);
      expect(answer.bytes.includes(SECRET)).toBe(false);
      expect((await client.ask(query('SELECT 1'))).rows).toEqual([['1']]);
    },
  );

  it('P5: no client gets another encoding, in which the server would send them', async () => {
    // Taken as no wish, as some drivers have it.
    const wish = await rawLogin(gateway, {
      database: 'shop/ascii',
      parameters: { client_encoding: 'SQL_ASCII' },
    });
    await using client = await RawClient.connect(wish);
    expect(client.greeting.parameters.get('client_encoding')).toBe('UTF8');
    for (const encoding of ['SQL_ASCII', 'LATIN1', 'EUC_JP']) {
      expect((await client.ask(query(`SET client_encoding TO '${encoding}'`))).errors).toMatchObject([
        { code: '42501' },
      ]);
    }
    for (const encoding of ['LATIN1', 'EUC_JP']) {
      const login = await rawLogin(gateway, { parameters: { client_encoding: encoding } });
      await using refused = await RawClient.connect(login);
      expect(refused.greeting.errors, encoding).toMatchObject([{ code: '0A000' }]);
    }
  });

  it('P5: valid text of a database without encoding is masked; clean columns are the same bytes', async () => {
    await using client = await connect('shop/ascii');
    for (const { rows } of await everyWay(client, `SELECT * FROM odd WHERE id = ${ODD.length}`)) {
      const [, redacted, nulled, partial, pseudonym, scanned, clean] = rows[0] ?? [];
      expect([redacted, nulled, clean]).toEqual(['[redacted]', null, CONTROLS]);
      expect(partial).toMatch(/\*\*\*$/);
      expect(pseudonym).not.toContain('\x7f');
      expect(scanned).toBe(`${CONTROLS} [email] ${CONTROLS}`);
    }
  });

  it('P5: none of it is in the audit or in the log', async () => {
    const records = await gateway.recordsUntil((all) =>
      all.some((one) => one['type'] === 'exchange.outcome'),
    );
    const outcomes = records.filter((one) => one['type'] !== 'exchange.intent');
    expect(JSON.stringify([outcomes, gateway.logLines])).not.toContain(SECRET);
  });
});
