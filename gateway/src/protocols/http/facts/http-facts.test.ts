import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, verdict } from '../../../../test/support/http-verdict.ts';
import { httpFamily } from './facts-family.ts';
import { httpFactsFromCase } from './facts-from-case.ts';

const REFUNDS = `
  - { id: small, effect: allow, on: http, match: { methods: [POST], paths: [/refunds] }, when: "has(http.body.amount) && http.body.amount <= 100.0" }
  - { id: large, effect: deny, on: http, match: { paths: [/refunds] }, when: "has(http.body.amount) && http.body.amount > 100.0" }
`;

describe('P3: a rule over a body', () => {
  it.each<[string, unknown, string]>([
    ['a small refund', { json: { amount: 99.5 } }, 'permit'],
    ['a large refund', { json: { amount: 100.5 } }, 'rule'],
    ['an amount as text', { json: { amount: '5' } }, 'error'],
    ['no amount', { json: { total: 5 } }, 'default'],
    ['an amount in another case', { json: { Amount: 5 } }, 'default'],
    ['no body', {}, 'error'],
    ['a body that was not read to its end', { json: { amount: 5 }, complete: false }, 'error'],
    [
      'two amounts',
      { text: '{"amount":5,"amount":900}', headers: { 'content-type': 'application/json' } },
      'error',
    ],
    [
      'an amount that is rounded',
      { text: '{"amount":100.00000000000000000001}', headers: { 'content-type': 'application/json' } },
      'error',
    ],
    [
      'a form',
      { text: 'amount=5', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      'error',
    ],
    [
      'JSON that says to be text',
      { text: '{"amount":900}', headers: { 'content-type': 'text/plain' } },
      'error',
    ],
    ['JSON that says nothing', { text: '{"amount":900}' }, 'error'],
    [
      'JSON in UTF-16',
      { text: '{"amount":900}', headers: { 'content-type': 'application/json; charset=utf-16' } },
      'error',
    ],
    [
      'a body that is no JSON',
      { text: 'amount: 5', headers: { 'content-type': 'application/json' } },
      'error',
    ],
    ['a list', { json: [{ amount: 5 }] }, 'default'],
  ])('%s', (_name, body, expected) => {
    expect(verdict(REFUNDS, { request: 'POST /refunds', ...(body as object) })).toBe(expected);
  });

  it('has() of a body that was not read is no way round a deny', () => {
    const rules = `
  - { id: any, effect: allow, on: http, match: { methods: [POST, PUT, PATCH, DELETE], paths: ["/*"] } }
  - { id: none, effect: deny, on: http, when: "has(http.body) && has(http.body.admin)" }
  - { id: forms, effect: deny, on: http, when: "has(http.form) && 'admin' in http.form" }
`;
    expect(verdict(rules, { request: 'POST /a' })).toBe('permit');
    expect(verdict(rules, { request: 'POST /a', json: { admin: 1 } })).toBe('rule');
    expect(verdict(rules, { request: 'POST /a', json: { admin: 1 }, complete: false })).toBe('error');
    expect(verdict(rules, { request: 'POST /a', text: 'x', headers: { 'content-type': 'text/plain' } })).toBe(
      'error',
    );
  });

  it.each([
    'application/x-www-form-urlencoded; charset=utf-16',
    'application/x-www-form-urlencoded; charset=ibm037',
    'multipart/form-data; boundary=b; charset=utf-7',
    'application/json; charset=utf-32',
  ])('a body of %s says nothing', (type) => {
    const [statement] = httpFactsFromCase({
      request: 'PUT /a',
      text: 'a=1',
      headers: { 'content-type': type },
    }).statements;
    expect(statement?.unknown).toEqual(['body', 'form', 'parts']);
  });

  it('a body beyond the window hurts no rule that does not look at it', () => {
    const rules = '  - { id: up, effect: allow, on: http, match: { methods: [PUT], paths: [/files/*] } }\n';
    const body = { text: 'xyz', complete: false, headers: { 'content-type': 'application/octet-stream' } };
    expect(verdict(rules, { request: 'PUT /files/1', ...body })).toBe('permit');
  });

  it('rules see all values of a parameter', () => {
    const rules = `  - { id: page, effect: allow, on: http, match: { methods: [GET] }, when: "http.query.all(name, name in ['limit']) && (!('limit' in http.query) || http.query.limit.all(one, one == '10'))" }\n`;
    expect(verdict(rules, 'GET /a')).toBe('permit');
    expect(verdict(rules, 'GET /a?limit=10')).toBe('permit');
    expect(verdict(rules, 'GET /a?limit=10&limit=1000')).toBe('default');
    expect(verdict(rules, 'GET /a?limit=10&%61dmin=1')).toBe('default');
  });
});

describe('P3: methods that are overridden', () => {
  const rules = '  - { id: create, effect: allow, on: http, match: { methods: [POST], paths: [/orders] } }\n';
  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  it.each<[string, unknown, string]>([
    ['a plain POST', { json: { a: 1 } }, 'permit'],
    ['a parameter', { request: 'POST /orders?_method=DELETE' }, 'opaque'],
    ['a field of a form', { text: 'a=1&_method=DELETE', headers: form }, 'opaque'],
    ['a nested field, which Rack takes for it', { text: 'a=1&[_method]=DELETE', headers: form }, 'opaque'],
    ['a field with a dot, which PHP takes for it', { text: 'a=1&.method=DELETE', headers: form }, 'opaque'],
    ['a field of a form, encoded', { text: 'a=1&%5fmethod=DELETE', headers: form }, 'opaque'],
    ['a member of JSON', { json: { _method: 'DELETE' } }, 'opaque'],
    ['a form that was not read', { text: 'a=1', complete: false, headers: form }, 'default'],
    ['a header', { headers: { 'x-http-method-override': 'DELETE' } }, 'opaque'],
    [
      'a form that was not read, where nothing overrides',
      { text: 'a=1', complete: false, headers: form, methodOverride: 'ignored' },
      'permit',
    ],
  ])('%s', (_name, body, expected) => {
    expect(verdict(rules, { request: 'POST /orders', ...(body as object) })).toBe(expected);
  });
});

describe('facts of a request', () => {
  it('a request that has no one form is denied', () => {
    const rules = '  - { id: all, effect: allow, on: http }\n';
    for (const target of ['/public/..%2fadmin', '//admin', '/a;b', '/%252e%252e/admin']) {
      expect(verdict(rules, `GET ${target}`)).toBe('opaque');
    }
    expect(verdict(rules, 'GET /ok')).toBe('permit');
  });

  it.each([
    ['GET /v1/customers/7', 'GET /v1/customers/{…}'],
    ['GET /v1/customers/alice@example.com/orders', 'GET /v1/customers/{…}/orders'],
    ['GET /files/eyJhbGciOiJIUzI1NiJ9.x', 'GET /files/{…}'],
    ['GET /v1/report.csv', 'GET /v1/report.csv'],
    ['GET /', 'GET /'],
    [`GET ${'/a'.repeat(200)}`, `GET ${'/a'.repeat(57)}/…`],
  ])('%s is summed up as %s', (request, summary) => {
    expect(httpFactsFromCase(request).statements[0]?.summary).toBe(summary);
  });

  it('P6: credentials are no facts', () => {
    const headers = {
      authorization: 'Bearer s3cret',
      cookie: 's3cret',
      'proxy-authorization': 's3cret',
      'x-api-key': 's3cret',
      accept: '*/*',
    };
    const facts = httpFactsFromCase({ request: 'GET /a', headers });
    expect(JSON.stringify(facts)).not.toContain('s3cret');
    expect(facts.statements[0]?.attributes['headers']).toEqual({ accept: ['*/*'] });
  });

  it('P5: parameters select by fields, bodies write them', () => {
    const [statement] = httpFactsFromCase({
      request: 'POST /c?filter[email]=x',
      json: { Ssn: 1, a: [{ b: 2 }] },
    }).statements;
    expect(statement?.fields).toEqual([
      { names: ['*'], as: 'output' },
      { names: ['filter'], as: 'filter' },
      { names: ['filter.email'], as: 'filter' },
      { names: ['ssn', '"Ssn"'], as: 'written' },
      { names: ['a'], as: 'written' },
      { names: ['b'], as: 'written' },
    ]);
  });

  it('multipart forms tell names and sizes, never contents of files', () => {
    const text = '--b\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\n\r\nsecret\r\n--b--';
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const [statement] = httpFactsFromCase({ request: 'POST /up', text, headers }).statements;
    expect(statement?.attributes['parts']).toEqual([{ name: 'f', filename: 'x.txt', size: 6 }]);
    expect(statement?.unknown).toEqual(['body', 'form']);
  });

  it('every statement has an atom, every attribute is declared; nothing throws', () => {
    const body = fc.oneof(fc.json(), fc.string(), fc.constant('{"query":"{a}"}'));
    const type = fc.constantFrom(
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=b',
      'application/x-www-form-urlencoded',
      'x',
    );
    const target = fc.constantFrom(
      '/graphql',
      '/rpc',
      '/a/b?c=1',
      '/graphql?query={a}',
      '/__proto__?__proto__=1&constructor=2',
    );
    fc.assert(
      fc.property(
        body,
        type,
        target,
        fc.boolean(),
        fc.constantFrom('GET', 'POST', 'PUT'),
        (text, contentType, path, complete, method) => {
          const facts = httpFactsFromCase({
            request: `${method} ${path}`,
            text,
            complete,
            headers: { 'content-type': contentType },
            graphql: ['/graphql'],
            jsonRpc: ['/rpc'],
          });
          expect(facts.statements.length).toBeGreaterThan(0);
          for (const { atoms, attributes, unknown = [] } of facts.statements) {
            expect(atoms.length).toBeGreaterThan(0);
            for (const name of [...Object.keys(attributes), ...unknown])
              expect(httpFamily.attributes).toHaveProperty(name);
            for (const atom of atoms)
              for (const name of Object.keys(atom.values)) expect(httpFamily.dimensions).toHaveProperty(name);
          }
          decide(REFUNDS, facts);
        },
      ),
      { numRuns: 300 },
    );
  });
});
