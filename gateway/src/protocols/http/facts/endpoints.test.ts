import { describe, expect, it } from 'vitest';
import { decide, verdict } from '../../../../test/support/http-verdict.ts';
import type { Facts } from '../../../model/facts.ts';
import { compilePathPattern } from '../../../names/path-pattern.ts';
import { loadApiDescription } from '../../../openapi/api-description.ts';
import { httpFactsFromCase } from './facts-from-case.ts';
import { type HttpFactsOptions, httpFacts } from './http-facts.ts';
import { readRequest } from './request-form.ts';

const plain: HttpFactsOptions = {
  encodedSlash: 'refuse',
  methodOverride: 'refuse',
  graphql: [],
  jsonRpc: [],
};

describe('GraphQL endpoints', () => {
  const at = { request: 'POST /graphql/v2', graphql: ['/graphql/v2'] };
  const rules = `
  - { id: read, effect: allow, on: http, match: { graphql: ["Query.customer", "Query.volumes"] } }
  - { id: refund, effect: allow, on: http, match: { graphql: ["Mutation.refund"] }, when: "http.graphql.arguments.refund.all(one, one.amount <= 100)" }
  - { id: secret, effect: deny, on: http, match: { fields: ["*.ssn"] } }
`;

  it.each<[string, unknown, string]>([
    ['a query that is allowed', { json: { query: '{ customer { name } }' } }, 'permit'],
    [
      'PocketOS: a mutation with a token that was found',
      { json: { query: 'mutation { volumeDelete(volumeId: "x") }' } },
      'default',
    ],
    [
      'a mutation beside what is allowed',
      {
        json: {
          query: 'query A { customer { name } } mutation B { volumeDelete(id: 1) }',
          operationName: 'A',
        },
      },
      'default',
    ],
    [
      'a mutation later in a batch',
      { json: [{ query: '{ volumes { id } }' }, { query: 'mutation { volumeDelete(id: 1) }' }] },
      'default',
    ],
    [
      'a mutation in the query string',
      {
        request: 'POST /graphql/v2?query=mutation{volumeDelete(id:1)}',
        json: { query: '{ volumes { id } }' },
      },
      'opaque',
    ],
    ['a mutation by GET', { request: 'GET /graphql/v2?query=mutation{volumeDelete(id:1)}' }, 'opaque'],
    ['a query by GET', { request: 'GET /graphql/v2?query=%7Bcustomer%7Bname%7D%7D' }, 'permit'],
    ['a field that is denied, under an alias', { json: { query: '{ customer { name: ssn } }' } }, 'rule'],
    [
      'a field that is denied, skipped',
      { json: { query: '{ customer { ssn @skip(if: true) name } }' } },
      'rule',
    ],
    [
      'a small refund',
      { json: { query: 'mutation($a: Int) { refund(amount: $a) { id } }', variables: { a: 5 } } },
      'permit',
    ],
    [
      'a large refund by a variable',
      { json: { query: 'mutation($a: Int) { refund(amount: $a) { id } }', variables: { a: 500 } } },
      'default',
    ],
    [
      'a large refund behind a small one',
      { json: { query: 'mutation { a: refund(amount: 1) { id } b: refund(amount: 500) { id } }' } },
      'default',
    ],
    [
      'a large refund by a default',
      { json: { query: 'mutation($a: Int = 500) { refund(amount: $a) { id } }' } },
      'default',
    ],
    ['a refund without amount', { json: { query: 'mutation { refund { id } }' } }, 'error'],
    [
      'a persisted query',
      { json: { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } } },
      'opaque',
    ],
    ['a body that was not read', { json: { query: '{ customer { name } }' }, complete: false }, 'opaque'],
    [
      'another content type',
      { text: '{ customer { name } }', headers: { 'content-type': 'application/graphql' } },
      'opaque',
    ],
    [
      'a form',
      {
        text: 'query=mutation{volumeDelete}',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
      'opaque',
    ],
    [
      'a path in another case',
      { request: 'POST /GraphQL/v2/', json: { query: 'mutation { volumeDelete(id: 1) }' } },
      'default',
    ],
    ['an introspection', { json: { query: '{ __schema { types { name } } }' } }, 'default'],
    ['a PUT', { request: 'PUT /graphql/v2', json: { query: '{ customer { name } }' } }, 'opaque'],
    ['nothing', {}, 'opaque'],
  ])('%s', (_name, body, expected) => {
    expect(verdict(rules, { ...at, ...(body as object) })).toBe(expected);
  });

  it('names no data in labels, and tells how fields are used', () => {
    const query = 'query { customers(where: { email: "a@b.c" }) { Email id } }';
    const [statement] = httpFactsFromCase({ ...at, json: { query } }).statements;
    expect(statement?.summary).toBe('query Query.customers');
    expect(statement?.fields).toEqual([
      { names: ['query.customers.email', '"Query".customers."Email"'], as: 'output' },
      { names: ['query.customers.id', '"Query".customers.id'], as: 'output' },
      { names: ['where'], as: 'filter' },
      { names: ['email'], as: 'filter' },
    ]);
  });
});

describe('P5: masks of a GraphQL response', () => {
  it('find fields by where the response has them', () => {
    const target = `/graphql?query=${encodeURIComponent('{ c: customer { mail: email } }')}`;
    const form = readRequest(
      { method: 'GET', target, scheme: 'https', authority: 'a.example', fields: [] },
      plain,
    );
    const graphql = [compilePathPattern('/graphql')].filter((one) => one !== undefined);
    expect(form.ok && httpFacts(form.value, undefined, { ...plain, graphql }).leaves).toEqual([
      { response: ['c', 'mail'], field: 'Query.customer.email' },
    ]);
  });
});

describe('JSON-RPC endpoints', () => {
  const at = { request: 'POST /rpc', jsonRpc: ['/rpc'] };
  const rules = `  - { id: read, effect: allow, on: http, match: { rpc: ["get*"] }, when: "http.rpc.params.id < 10" }\n`;
  const call = (method: string, id: number): object => ({ jsonrpc: '2.0', id: 1, method, params: { id } });

  it.each<[string, unknown, string]>([
    ['a call', { json: call('getUser', 1) }, 'permit'],
    ['another method', { json: call('dropUser', 1) }, 'default'],
    ['another parameter', { json: call('getUser', 11) }, 'default'],
    ['a batch', { json: [call('getUser', 1), call('getUser', 2)] }, 'permit'],
    ['a batch with another', { json: [call('getUser', 1), call('dropUser', 2)] }, 'default'],
    ['a name in another case', { json: { ...call('getUser', 1), Method: 'dropUser' } }, 'opaque'],
    ['a body that was not read', { json: call('getUser', 1), complete: false }, 'opaque'],
    ['nothing', {}, 'opaque'],
  ])('%s', (_name, body, expected) => {
    expect(verdict(rules, { ...at, ...(body as object) })).toBe(expected);
  });
});

const description = loadApiDescription(`
openapi: 3.1.0
paths:
  /customers/{id}: { get: { operationId: getCustomer, parameters: [ { name: id, in: path, schema: { type: integer } } ] } }
`);
function described(target: string, method = 'GET'): Facts {
  const form = readRequest({ method, target, scheme: 'https', authority: 'a.example', fields: [] }, plain);
  if (!form.ok) throw new Error(form.reason);
  return httpFacts(form.value, undefined, { ...plain, description }).facts;
}

describe('API descriptions', () => {
  const rules = '  - { id: read, effect: allow, on: http, match: { operations: [getCustomer] } }\n';

  it('name operations, and deny what they do not have', () => {
    expect(decide(rules, described('/customers/7')).effect).toBe('permit');
    expect(decide(rules, described('/customers/x'))).toMatchObject({ effect: 'deny', cause: 'opaque' });
    expect(decide(rules, described('/customers/7', 'DELETE'))).toMatchObject({
      effect: 'deny',
      cause: 'opaque',
    });
    expect(decide(rules, described('/admin'))).toMatchObject({ effect: 'deny', cause: 'opaque' });
    expect(described('/customers/7').statements[0]?.summary).toBe('GET /customers/{id}');
  });
});
