import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../model/json.ts';
import type { GraphqlOperation } from './operation.ts';
import { namesOperation, readGraphqlBody, readGraphqlQuery } from './request.ts';

function operations(query: string, variables: JsonValue = {}): readonly GraphqlOperation[] {
  const answer = readGraphqlBody({ query, variables });
  if (!answer.ok) throw new Error(answer.reason);
  return answer.value;
}

function reasonOf(body: JsonValue): string {
  const answer = readGraphqlBody(body);
  return answer.ok ? 'read' : answer.reason;
}

const pairs = (given: Readonly<Record<string, string>>) =>
  Object.entries(given).map(([name, value]) => ({ name, value, bare: false }));

describe('GraphQL operations', () => {
  it('sees through aliases, fragments and inline fragments', () => {
    const [operation] = operations(
      `query Q($id: ID!) {
        harmless: customer(id: $id) { x: email ...More ... on Admin { secret } }
        __typename
      }
      fragment More on Customer { orders(first: 3) { total: amount } }`,
      { id: '7' },
    );
    expect(operation).toMatchObject({
      kind: 'query',
      name: 'Q',
      topLevel: ['Query.customer'],
      fields: [
        'Query.customer',
        'Query.customer.email',
        'Query.customer.orders',
        'Query.customer.orders.amount',
        'Query.customer.secret',
        'Query.__typename',
      ],
      arguments: { customer: [{ id: '7' }], 'customer.orders': [{ first: 3 }] },
      depth: 3,
      selections: 6,
      leaves: [
        { response: ['harmless', 'x'], field: 'Query.customer.email' },
        { response: ['harmless', 'orders', 'total'], field: 'Query.customer.orders.amount' },
        { response: ['harmless', 'secret'], field: 'Query.customer.secret' },
        { response: ['__typename'], field: 'Query.__typename' },
      ],
    });
  });

  it('a shorthand is a query, and a field that looks harmless by its alias is not', () => {
    expect(operations('{ a: b }')[0]?.topLevel).toEqual(['Query.b']);
    expect(operations('mutation { query: volumeDelete(id: 1) }')[0]?.topLevel).toEqual([
      'Mutation.volumeDelete',
    ]);
    expect(operations('{ __typename }')[0]?.topLevel).toEqual(['Query.__typename']);
  });

  it('P3: fields count whatever @include and @skip say', () => {
    const [operation] = operations('query($no: Boolean!) { a ssn @include(if: $no) b @skip(if: true) }', {
      no: false,
    });
    expect(operation?.topLevel).toEqual(['Query.a', 'Query.ssn', 'Query.b']);
  });

  it('P3: every operation of a document is judged, whichever is picked', () => {
    const answer = readGraphqlBody({ query: 'query A { a } mutation B { b }', operationName: 'A' });
    expect(answer.ok && answer.value.flatMap(({ topLevel }) => topLevel)).toEqual(['Query.a', 'Mutation.b']);
  });

  it('a batch is all of its operations', () => {
    const answer = readGraphqlBody([{ query: '{ a }' }, { query: 'mutation { b }' }]);
    expect(answer.ok && answer.value.map(({ kind }) => kind)).toEqual(['query', 'mutation']);
  });

  it('arguments have the values of variables, defaults and literals', () => {
    const [operation] = operations(
      'mutation($a: Float!, $d: Int = 5, $n: Int = 6, $u: Int) { refund(amount: $a, days: $d, n: $n, u: $u, in: {list: [1, $a], e: RED, s: "x", z: null, t: true}) }',
      { a: 99.5, n: null },
    );
    expect(operation?.arguments).toEqual({
      refund: [
        { amount: 99.5, days: 5, n: null, in: { list: [1, 99.5], e: 'RED', s: 'x', z: null, t: true } },
      ],
    });
  });

  it('a flood of aliases is one field with many uses', () => {
    const query = `{ ${Array.from({ length: 500 }, (_, index) => `a${index}: login(pin: ${index})`).join(' ')} }`;
    const [operation] = operations(query);
    expect(operation?.topLevel).toEqual(['Query.login']);
    expect(operation?.selections).toBe(500);
    expect(operation?.arguments['login']).toHaveLength(500);
  });

  it.each([
    ['P10: a flood of selections', `{ ${'a '.repeat(3000)} }`, 'more than 2000'],
    ['P10: too many tokens', `{ ${'a '.repeat(20_000)} }`, 'too long'],
    ['P10: deep selections', '{a'.repeat(40) + '}'.repeat(40), 'nested'],
    ['P10: very deep selections', '{a'.repeat(4900) + '}'.repeat(4900), 'nested'],
    ['P10: deep lists', `{ a(x: ${'['.repeat(50)}${']'.repeat(50)}) }`, 'nested'],
    ['P10: very deep lists', `{ a(x: ${'['.repeat(4900)}${']'.repeat(4900)}) }`, 'nested'],
    [
      'P10: fragments that double',
      `{ ...F0 } ${Array.from({ length: 20 }, (_, index) => `fragment F${index} on T { ...F${index + 1} ...F${index + 1} }`).join(' ')} fragment F20 on T { a }`,
      'more than 2000',
    ],
    ['P10: a fragment in itself', '{ ...A } fragment A on T { a ...A }', 'contain themselves'],
    [
      'P10: a cycle of fragments',
      '{ ...A } fragment A on T { ...B } fragment B on T { b { ...A } }',
      'contain themselves',
    ],
    ['P10: inline fragments in each other', `${'{ ... on T '.repeat(40)}{ a }${'}'.repeat(40)}`, 'nested'],
    ['P10: a long text', `{ a(x: "${'y'.repeat(100_001)}") }`, 'longer'],
    ['P3: an unknown fragment', '{ ...A }', 'not defined'],
    ['P3: two fragments of a name', '{ ...A } fragment A on T { a } fragment A on T { b }', 'same name'],
    ['P3: an unknown variable', '{ a(x: $x) }', 'not defined'],
    ['P3: a variable twice', 'query($a: Int, $a: Int) { a(x: $a) }', 'same name'],
    ['P3: an argument twice', '{ a(x: 1, x: 2) }', 'twice'],
    ['P3: a member twice', '{ a(x: {y: 1, y: 2}) }', 'twice'],
    ['P3: incremental delivery', '{ a { ... @defer { b } } }', 'directive'],
    ['P3: an unknown directive', '{ a @export(as: "x") }', 'directive'],
    ['P3: a directive on the operation', 'query @live { a }', 'directive'],
    ['P3: types', 'type Query { a: Int }', 'without an operation|defines types'],
    ['P3: an extension of types', '{ a } extend type Query { b: Int }', 'defines types'],
    ['P3: nothing', '', 'grammatical'],
    ['P3: no text', '{', 'grammatical'],
    ['P3: only a fragment', 'fragment A on T { a }', 'without an operation'],
    ['P3: several without names', '{ a } { b }', 'told apart'],
    ['P3: several of a name', 'query A { a } query A { b }', 'told apart'],
    ['P3: several and no name given', 'query A { a } query B { b }', 'which operation'],
    ['P3: a number that is too large', '{ a(x: 9007199254740993) }', 'exactly'],
  ])('refuses %s', (_name, query, reason) => {
    expect(reasonOf({ query })).toMatch(new RegExp(reason));
  });

  it.each<[string, JsonValue]>([
    ['no text', { id: 'abc' }],
    ['a persisted query', { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }],
    ['a persisted query with text', { query: '{ a }', extensions: { persistedQuery: { sha256Hash: 'x' } } }],
    ['a document id beside the text', { query: '{ a }', documentId: 'x' }],
    ['another case', { Query: 'mutation { b }', query: '{ a }' }],
    ['a text that is none', { query: ['{ a }'] }],
    ['variables that are none', { query: '{ a }', variables: '{}' }],
    ['a name that is none', { query: '{ a }', operationName: 1 }],
    ['a name that is not there', { query: 'query A { a }', operationName: 'B' }],
    ['an empty batch', []],
    ['a batch within a batch', [[{ query: '{ a }' }]]],
    ['a large batch', Array.from({ length: 21 }, () => ({ query: '{ a }' }))],
    ['no object', 'query'],
    ['null', null],
  ])('P3: refuses a body with %s', (_name, body) => {
    expect(reasonOf(body)).not.toBe('read');
  });

  it('a GET may query and no more', () => {
    expect(readGraphqlQuery(pairs({ query: '{ a(x: 1) }', variables: '{"b":1}' })).ok).toBe(true);
    expect(readGraphqlQuery(pairs({ query: 'mutation { a }' })).ok).toBe(false);
    expect(readGraphqlQuery(pairs({ query: '{ a }', variables: '{"b":1,"b":2}' })).ok).toBe(false);
    expect(readGraphqlQuery([...pairs({ query: '{ a }' }), ...pairs({ query: '{ b }' })]).ok).toBe(false);
    expect(readGraphqlQuery(pairs({ query: '{ a }', extra: '1' })).ok).toBe(false);
    expect(readGraphqlQuery([]).ok).toBe(false);
  });

  it('P3: tells query parameters that a server may prefer to the body', () => {
    for (const name of ['query', 'Query', 'operationName', 'variables', 'id', 'documentId', 'doc_id']) {
      expect(namesOperation(pairs({ [name]: 'x' }))).toBe(true);
    }
    expect(namesOperation(pairs({ page: '1' }))).toBe(false);
  });

  it('P10: nothing makes it throw', () => {
    const word = fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      'a',
      ':',
      '...',
      'F',
      'on',
      'fragment',
      'query',
      'mutation',
      '$x',
      '@skip',
      '1',
      '"s"',
      '[',
      ']',
      '!',
      '=',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), fc.jsonValue(), (words, body) => {
        reasonOf({ query: words.join(' ') });
        reasonOf(body as JsonValue);
      }),
      { numRuns: 1000 },
    );
  });
});
