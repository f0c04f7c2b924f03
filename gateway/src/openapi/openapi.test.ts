import { describe, expect, it } from 'vitest';
import { readPairs } from '../documents/pairs.ts';
import type { JsonValue } from '../model/json.ts';
import { type ApiDescription, type DescribedBody, loadApiDescription } from './api-description.ts';
import type { OpenApiError } from './errors.ts';

const SHOP = `
openapi: 3.1.0
info: { title: shop, version: "1" }
servers: [ { url: https://elsewhere.example/v9 } ]
paths:
  /customers:
    get:
      operationId: listCustomers
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }
        - { name: tag, in: query, schema: { type: array, maxItems: 2, items: { type: string } } }
        - { name: ids, in: query, explode: false, schema: { type: array, items: { type: integer } } }
        - { name: active, in: query, schema: { type: boolean } }
        - { name: filter, in: query, required: false, schema: { $ref: '#/components/schemas/Word' } }
        - { name: X-Trace, in: header, schema: { type: string, pattern: '^[a-f0-9]+$' } }
        - { name: Authorization, in: header, required: true, schema: { type: string } }
  /customers/me: { get: { operationId: me } }
  /customers/{id}:
    parameters: [ { $ref: '#/components/parameters/Id' } ]
    get: { operationId: getCustomer }
    delete: {}
  /customers/{id}/report.{format}:
    get:
      operationId: report
      parameters:
        - { $ref: '#/components/parameters/Id' }
        - { name: format, in: path, required: true, schema: { enum: [csv, json] } }
  /refunds:
    post:
      operationId: createRefund
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: '#/components/schemas/Refund' } }
          application/x-www-form-urlencoded: { schema: { $ref: '#/components/schemas/Refund' } }
          application/octet-stream: {}
  /search:
    post:
      operationId: search
      parameters: [ { name: f, in: query, style: deepObject, schema: { type: object } } ]
  /tree:
    post:
      operationId: tree
      requestBody: { content: { 'application/*': { schema: { $ref: '#/components/schemas/Tree' } } } }
  /odd:
    post:
      operationId: odd
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Odd' } } } }
components:
  parameters:
    Id: { name: id, in: path, required: true, schema: { type: integer } }
  schemas:
    Word: { type: string, pattern: '^(a+)+$' }
    Odd: { patternProperties: { '^x': { type: string } } }
    Refund:
      type: object
      additionalProperties: false
      required: [amount, currency]
      properties:
        amount: { type: number, exclusiveMinimum: 0, maximum: 1000 }
        currency: { enum: [EUR, USD] }
        notes: { type: array, uniqueItems: true, items: { type: string, maxLength: 5 } }
    Tree:
      oneOf:
        - { type: object, required: [a], properties: { child: { $ref: '#/components/schemas/Tree' } } }
        - { type: object, required: [a], properties: { child: { $ref: '#/components/schemas/Tree' } } }
`;

const shop = loadApiDescription(SHOP, '/v1');

function ask(
  line: string,
  more: { headers?: Readonly<Record<string, string>>; body?: DescribedBody; api?: ApiDescription } = {},
): string {
  const [method = '', target = ''] = line.split(' ');
  const [path = '', query = ''] = target.split('?');
  const pairs = readPairs(query);
  const answer = (more.api ?? shop).match({
    method,
    segments: path.slice(1).split('/'),
    query: pairs.ok ? pairs.value : [],
    headers: new Map(Object.entries(more.headers ?? {}).map(([name, value]) => [name, [value]])),
    ...(more.body === undefined ? {} : { body: more.body }),
  });
  return answer.ok ? `${answer.value.id} ${JSON.stringify(answer.value.pathParameters)}` : answer.reason;
}

const json = (value: JsonValue): { body: DescribedBody } => ({
  body: { essence: 'application/json', json: value },
});

describe('an API description', () => {
  it.each([
    ['GET /v1/customers', 'listCustomers {}'],
    ['GET /v1/customers/7', 'getCustomer {"id":"7"}'],
    ['GET /v1/customers/me', 'me {}'],
    ['DELETE /v1/customers/7', 'DELETE /customers/{id} {"id":"7"}'],
    ['GET /v1/customers/7/report.csv', 'report {"id":"7","format":"csv"}'],
    ['GET /v1/customers?limit=10&tag=a&tag=b&ids=1,2&active=true', 'listCustomers {}'],
    ['GET /v1/customers?filter=aaaa', 'listCustomers {}'],
  ])('%s is %s', (line, expected) => {
    expect(ask(line)).toBe(expected);
  });

  it.each([
    ['GET /customers', 'a path'],
    ['GET /v1/customers/', 'a path|parameter id'],
    ['GET /v1/orders', 'a path'],
    ['POST /v1/customers', 'no operation'],
    ['DELETE /v1/customers/me', 'no operation'],
    ['GET /v1/customers/seven', 'path parameter id'],
    ['GET /v1/customers/7.5', 'path parameter id'],
    ['GET /v1/customers/7/report.xml', 'path parameter format'],
    ['GET /v1/customers?limit=0', 'query parameter limit'],
    ['GET /v1/customers?limit=1e400', 'query parameter limit'],
    ['GET /v1/customers?limit=+1', 'query parameter limit'],
    ['GET /v1/customers?limit=', 'query parameter limit'],
    ['GET /v1/customers?limit=1&limit=2', 'query parameter limit'],
    ['GET /v1/customers?tag=a&tag=b&tag=c', 'query parameter tag'],
    ['GET /v1/customers?ids=1,x', 'query parameter ids'],
    ['GET /v1/customers?ids=1&ids=2', 'query parameter ids'],
    ['GET /v1/customers?active=yes', 'query parameter active'],
    ['GET /v1/customers?admin=1', 'does not have'],
    ['GET /v1/customers?filter=aaaab', 'query parameter filter'],
    ['POST /v1/search', 'cannot be checked'],
  ])('P3: refuses %s: %s', (line, reason) => {
    expect(ask(line)).toMatch(new RegExp(reason));
  });

  it('P10: patterns run in linear time', () => {
    expect(ask(`GET /v1/customers?filter=${'a'.repeat(5000)}b`)).toContain('query parameter filter');
  });

  it('checks headers, but for those that say who asks and what is sent', () => {
    expect(ask('GET /v1/customers', { headers: { 'x-trace': 'abc' } })).toContain('listCustomers');
    expect(ask('GET /v1/customers', { headers: { 'x-trace': 'xyz' } })).toContain('header parameter x-trace');
  });

  it.each<[string, JsonValue, string]>([
    ['a right one', { amount: 10, currency: 'EUR' }, 'createRefund {}'],
    ['too much', { amount: 1001, currency: 'EUR' }, 'does not keep'],
    ['nothing', { amount: 0, currency: 'EUR' }, 'does not keep'],
    ['a text', { amount: '10', currency: 'EUR' }, 'does not keep'],
    ['one member too many', { amount: 10, currency: 'EUR', Amount: 5 }, 'does not keep'],
    ['one member too few', { amount: 10 }, 'does not keep'],
    ['equal items', { amount: 10, currency: 'EUR', notes: ['a', 'a'] }, 'does not keep'],
    ['long items', { amount: 10, currency: 'EUR', notes: ['abcdef'] }, 'does not keep'],
  ])('checks a JSON body: %s', (_name, body, expected) => {
    expect(ask('POST /v1/refunds', json(body))).toContain(expected);
  });

  it('checks a form as the object that its schema speaks of', () => {
    const form = (values: Readonly<Record<string, readonly string[]>>): { body: DescribedBody } => ({
      body: { essence: 'application/x-www-form-urlencoded', form: values },
    });
    expect(ask('POST /v1/refunds', form({ amount: ['10'], currency: ['EUR'], notes: ['a', 'b'] }))).toBe(
      'createRefund {}',
    );
    expect(ask('POST /v1/refunds', form({ amount: ['10', '900'], currency: ['EUR'] }))).toContain(
      'cannot be compared',
    );
    expect(ask('POST /v1/refunds', form({ amount: ['ten'], currency: ['EUR'] }))).toContain(
      'cannot be compared',
    );
  });

  it('P3: a body that was not read, is missing, or of another type is refused', () => {
    expect(ask('POST /v1/refunds', { body: { essence: 'application/json' } })).toContain(
      'cannot be compared',
    );
    expect(ask('POST /v1/refunds')).toContain('missing');
    expect(ask('POST /v1/refunds', { body: { essence: 'text/plain' } })).toContain('content type');
    expect(ask('POST /v1/refunds', { body: { essence: undefined } })).toContain('content type');
    expect(ask('GET /v1/customers/7', json({}))).toContain('a body');
    expect(ask('POST /v1/refunds', { body: { essence: 'application/octet-stream' } })).toBe(
      'createRefund {}',
    );
  });

  it('P10: schemas that name themselves twice do not run away', () => {
    let tree: JsonValue = {};
    for (let depth = 0; depth < 40; depth += 1) tree = { a: 1, child: tree };
    expect(ask('POST /v1/tree', json(tree))).toContain('does not keep');
  });

  it('P3: what cannot be checked is told, and refused', () => {
    expect(shop.unchecked).toEqual([
      expect.stringContaining('#/components/schemas/Odd/patternProperties'),
      expect.stringContaining('#/paths//search/post'),
    ]);
    expect(ask('POST /v1/odd', json({}))).toContain('does not keep');
  });

  it('reads what OpenAPI 3.0 says in its own way, and JSON', () => {
    const api = loadApiDescription(
      JSON.stringify({
        openapi: '3.0.3',
        paths: {
          '/a': {
            post: {
              requestBody: {
                content: {
                  'application/json': {
                    schema: {
                      type: 'object',
                      properties: {
                        n: { type: 'number', minimum: 0, exclusiveMinimum: true, nullable: true },
                        e: { type: 'string', enum: ['x'], nullable: true },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      }),
    );
    const accepts = (body: JsonValue): boolean =>
      ask('POST /a', { ...json(body), api }).startsWith('POST /a');
    expect([
      accepts({ n: 1 }),
      accepts({ n: 0 }),
      accepts({ n: null }),
      accepts({ e: null }),
      accepts({ e: 'y' }),
    ]).toEqual([true, false, true, true, false]);
  });

  it.each([
    ['nothing', '', 'ERR_OPENAPI_SYNTAX'],
    ['no YAML', 'a: [', 'ERR_OPENAPI_SYNTAX'],
    ['no JSON', '{"a":', 'ERR_OPENAPI_SYNTAX'],
    ['a key twice', 'openapi: 3.1.0\nopenapi: 3.1.0', 'ERR_OPENAPI_SYNTAX'],
    [
      'a bomb of aliases',
      `a: &a [x]\n${Array.from({ length: 12 }, (_, i) => `b${i}: &b${i} [${`*${i === 0 ? 'a' : `b${i - 1}`}, `.repeat(9)}]`).join('\n')}`,
      'ERR_OPENAPI_SYNTAX',
    ],
    ['Swagger', 'swagger: "2.0"', 'ERR_OPENAPI_VERSION'],
    ['no paths', 'openapi: 3.1.0', 'ERR_OPENAPI_DOCUMENT'],
    [
      'an operationId twice',
      'openapi: 3.1.0\npaths: { /a: { get: { operationId: x } }, /b: { get: { operationId: x } } }',
      'ERR_OPENAPI_DOCUMENT',
    ],
    ['equal paths', 'openapi: 3.1.0\npaths: { "/a/{x}": {}, "/a/{y}": {} }', 'ERR_OPENAPI_DOCUMENT'],
    ['two parameters in a segment', 'openapi: 3.1.0\npaths: { "/{a}-{b}": {} }', 'ERR_OPENAPI_DOCUMENT'],
    ['a path without slash', 'openapi: 3.1.0\npaths: { a: {} }', 'ERR_OPENAPI_DOCUMENT'],
    [
      'a reference to nowhere',
      'openapi: 3.1.0\npaths: { /a: { get: { parameters: [ { $ref: "#/components/x" } ] } } }',
      'ERR_OPENAPI_REFERENCE',
    ],
    [
      'a reference to elsewhere',
      'openapi: 3.1.0\npaths: { /a: { $ref: "https://evil.example/x" } }',
      'ERR_OPENAPI_REFERENCE',
    ],
    ['a circle', 'openapi: 3.1.0\npaths: { /a: { $ref: "#/paths/~1a" } }', 'ERR_OPENAPI_DOCUMENT'],
  ])('refuses to load %s', (_name, text, code) => {
    expect(() => loadApiDescription(text)).toThrow(expect.objectContaining({ code }) as OpenApiError);
  });
});
