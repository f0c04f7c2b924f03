import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningPostgres, startPostgres } from '../postgres/server.ts';
import { asSuperuser, createShop } from '../shop/database.ts';
import { type RunningApi, startApi } from './server.ts';

const CREDENTIAL = 'only-the-gateway-has-it';
let postgres: RunningPostgres;
let api: RunningApi;
let sql: <Row extends object>(statement: string) => Promise<readonly Row[]>;

beforeAll(async () => {
  postgres = await startPostgres();
  const { database, service } = await createShop(postgres);
  const { host, port } = postgres;
  const login = { host, port, database, user: service.name, password: service.password };
  api = await startApi({ database: login, credential: CREDENTIAL });
  sql = async <Row extends object>(statement: string) => {
    let rows: readonly Row[] = [];
    await asSuperuser(postgres, { database }, async (client: pg.Client) => {
      rows = (await client.query<Row>(statement)).rows;
    });
    return rows;
  };
});
beforeEach(() => sql('DELETE FROM refunds'));
afterAll(async () => {
  await api?.stop();
  await postgres.stop();
});

interface Answered {
  readonly status: number;
  readonly json: unknown;
}

async function ask(
  words: string,
  {
    body,
    credential = CREDENTIAL,
    type = 'application/json',
  }: { body?: unknown; credential?: string; type?: string } = {},
): Promise<Answered> {
  const [method = '', path = ''] = words.split(' ');
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const headers = {
    authorization: `Bearer ${credential}`,
    ...(body === undefined ? {} : { 'content-type': type }),
  };
  const outgoing = request(`${api.url}${path}`, { method, headers, agent: false }, (incoming) => {
    text(incoming).then(
      (answer) =>
        resolve({ status: incoming.statusCode ?? 0, json: answer === '' ? undefined : JSON.parse(answer) }),
      reject,
    );
  });
  outgoing.on('error', reject);
  outgoing.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  return promise;
}

const graph = (query: string): Promise<Answered> => ask('POST /graphql', { body: { query } });

describe('who is answered', () => {
  it.each(['', 'wrong', `${CREDENTIAL}x`])('nobody with the credential "%s"', async (credential) => {
    const before = api.arrivals.length;
    expect(await ask('GET /customers/173', { credential })).toMatchObject({ status: 401 });
    expect(api.arrivals).toHaveLength(before);
  });

  it('whoever has the credential, and it remembers what was asked', async () => {
    expect(await ask('GET /customers/173')).toMatchObject({ status: 200 });
    await ask('POST /refunds', { body: { order_id: 1, amount: 1, reason: 'Late' } });
    expect(api.arrivals.slice(-2)).toEqual([
      'GET /customers/173',
      'POST /refunds  {"order_id":1,"amount":1,"reason":"Late"}',
    ]);
  });
});

describe('what is answered', () => {
  it('customers in the clear, as the table has them', async () => {
    const [row] = await sql<{ email: string; national_id: string; card_number: string }>(
      'SELECT email, national_id, card_number FROM customers WHERE id = 173',
    );
    expect(await ask('GET /customers/173')).toMatchObject({ status: 200, json: row });
    const query = '{ customer(id: 173) { email national_id card_number } }';
    expect(await graph(query)).toMatchObject({ json: { data: { customer: row } } });
    const { json } = await ask('GET /customers?city=Berlin&email=lena.ironside');
    expect(json).toMatchObject({ customers: [{ id: 173, city: 'Berlin', ...row }] });
  });

  it('the same numbers by SQL, by REST and by the graph', async () => {
    const [sum] = await sql<{ count: number; total: number }>(
      'SELECT count(*)::int, sum(total)::float8 AS total FROM orders WHERE customer_id = 173',
    );
    const { json } = await ask('GET /customers/173/orders');
    const orders = (json as { readonly orders: readonly { readonly total: number }[] }).orders;
    const total = orders.reduce((all, order) => all + Math.round(order.total * 100), 0) / 100;
    expect({ count: orders.length, total }).toEqual(sum);
    expect((await graph('{ customer(id: 173) { orders { total } } }')).json).toEqual({
      data: { customer: { orders: orders.map((order) => ({ total: order.total })) } },
    });
  });

  it('refunds up to what was paid, whoever asks at once', async () => {
    const refund = (amount: number): Promise<Answered> =>
      ask('POST /refunds', { body: { order_id: 1699, amount, reason: 'Late' } });
    const answers = await Promise.all([refund(400), refund(400), refund(281.32)]);
    expect(answers.filter(({ status }) => status === 201).length).toBeLessThan(3);
    const [row] = await sql<{ within: boolean }>(
      'SELECT coalesce(sum(amount), 0) <= 681.32 AS within FROM refunds WHERE order_id = 1699',
    );
    expect(row).toEqual({ within: true });
  });

  it('a refund by the graph is one by REST and in SQL', async () => {
    expect(
      await graph('mutation { refund(order_id: 1699, amount: 12.34, reason: "Late") { amount } }'),
    ).toMatchObject({
      json: { data: { refund: { amount: 12.34 } } },
    });
    expect(await ask('GET /refunds?order_id=1699')).toMatchObject({
      json: { refunds: [{ amount: 12.34, reason: 'Late' }] },
    });
    expect(await ask('GET /orders/1699')).toMatchObject({ json: { total: 681.32, refunded: 12.34 } });
    expect(await sql('SELECT amount::text FROM refunds')).toEqual([{ amount: '12.34' }]);
  });

  it('deletes customers with all that is theirs, by either way: only the gateway stands before that', async () => {
    expect(await ask('DELETE /customers/1')).toEqual({ status: 204, json: undefined });
    expect(await graph('mutation { delete_customer(id: 2) }')).toMatchObject({
      json: { data: { delete_customer: true } },
    });
    expect(await sql('SELECT FROM customers WHERE id IN (1, 2)')).toEqual([]);
    expect(await ask('DELETE /customers/1')).toMatchObject({ status: 404 });
  });
});

describe('what is wrong', () => {
  it.each([
    ['no order', { amount: 5, reason: 'Late' }],
    ['an order that is not there', { order_id: 999_999, amount: 5, reason: 'Late' }],
    ['a negative amount', { order_id: 1699, amount: -5, reason: 'Late' }],
    ['an amount as text', { order_id: 1699, amount: '5', reason: 'Late' }],
    ['parts of a cent', { order_id: 1699, amount: 0.001, reason: 'Late' }],
    ['more than was paid', { order_id: 1699, amount: 681.33, reason: 'Late' }],
    ['no reason', { order_id: 1699, amount: 5 }],
    ['no object', []],
  ])('422 for a refund with %s', async (_, body) => {
    expect(await ask('POST /refunds', { body })).toMatchObject({ status: 422 });
    expect(await sql('SELECT FROM refunds')).toEqual([]);
  });

  it('404, 405, 413, 415 and 400 for what else', async () => {
    for (const path of [
      '/',
      '/customers/0',
      '/customers/x',
      '/customers/1/2/3',
      '/tokens',
      '/customers/999999',
    ]) {
      expect(await ask(`GET ${path}`)).toMatchObject({ status: 404 });
    }
    expect(await ask('PATCH /customers/3')).toMatchObject({ status: 405 });
    expect(await ask('GET /graphql')).toMatchObject({ status: 405 });
    expect(await ask('POST /refunds', { body: 'x'.repeat(70_000) })).toMatchObject({ status: 413 });
    expect(await ask('POST /refunds', { body: 'a=1', type: 'text/plain' })).toMatchObject({ status: 415 });
    expect(await ask('POST /graphql', { body: { text: '{ x }' } })).toMatchObject({ status: 400 });
    expect(await ask('GET /customers?limit=1000')).toMatchObject({ status: 400 });
    expect(await graph('{ nonsense }')).toMatchObject({ status: 200, json: { errors: [{}] } });
  });

  it('no SQL comes through', async () => {
    const quoted = encodeURIComponent("' OR '1'='1");
    expect(await ask(`GET /customers?city=${quoted}&email=${quoted}`)).toMatchObject({
      json: { customers: [] },
    });
  });
});
