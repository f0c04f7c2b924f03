/** P5, class 27: a masked field of GraphQL leaves under no alias, from no fragment and by no batch. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { CANARY } from './cases/answer.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: masked, effect: allow, on: http, match: { groups: [agents] }, mask: [{ columns: ["*.email"], with: redact }] }
`;

let gateway: HttpGateway;
let answer: unknown;

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (_request, response) => {
      response
        .writeHead(200, { 'content-type': 'application/graphql-response+json' })
        .end(JSON.stringify(answer));
    },
    policy: POLICY,
    listener: { allowLoopbackPlaintext: true },
    resource: { graphql: ['/graphql'] },
  });
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

interface Asked {
  readonly name: string;
  /** A request, or a batch. */
  readonly body: object | readonly object[];
  readonly answer: unknown;
}

const ASKED: readonly Asked[] = [
  { name: 'its own name', body: { query: '{ me { email } }' }, answer: { data: { me: { email: CANARY } } } },
  { name: 'an alias', body: { query: '{ me { x: email } }' }, answer: { data: { me: { x: CANARY } } } },
  {
    name: 'an alias of what is around it',
    body: { query: '{ y: me { x: email } }' },
    answer: { data: { y: { x: CANARY } } },
  },
  {
    name: 'an alias in a list',
    body: { query: '{ all { x: email } }' },
    answer: { data: { all: [{ x: CANARY }, { x: CANARY }] } },
  },
  {
    name: 'an alias in lists of lists',
    body: { query: '{ all { x: email } }' },
    answer: { data: { all: [[{ x: CANARY }]] } },
  },
  {
    name: 'an alias in a fragment',
    body: { query: '{ me { ...f } } fragment f on User { x: email }' },
    answer: { data: { me: { x: CANARY } } },
  },
  {
    name: 'an alias in a fragment of a fragment',
    body: { query: '{ me { ...f } } fragment f on User { ...g } fragment g on User { x: email }' },
    answer: { data: { me: { x: CANARY } } },
  },
  {
    name: 'an alias in an inline fragment',
    body: { query: '{ me { ... on User { ... { x: email } } } }' },
    answer: { data: { me: { x: CANARY } } },
  },
  {
    name: 'an alias that is another field elsewhere',
    body: { query: '{ a: me { x: email } b: me { x: name } }' },
    answer: { data: { a: { x: CANARY }, b: { x: 'Ann' } } },
  },
  {
    name: 'an alias of another operation',
    body: { query: 'query A { me { x: name } } query B { me { x: email } }', operationName: 'B' },
    answer: { data: { me: { x: CANARY } } },
  },
  {
    name: 'an alias in the second of a batch',
    body: [{ query: '{ me { x: name } }' }, { query: '{ me { x: email } }' }],
    answer: [{ data: { me: { x: 'Ann' } } }, { data: { me: { x: CANARY } } }],
  },
  {
    name: 'an alias in a batch that is answered in another order',
    body: [{ query: '{ me { x: name } }' }, { query: '{ me { x: email } }' }],
    answer: [{ data: { me: { x: CANARY } } }, { data: { me: { x: 'Ann' } } }],
  },
  {
    name: 'an alias of the name of an alias',
    body: { query: '{ me { email: name name: email } }' },
    answer: { data: { me: { email: 'Ann', name: CANARY } } },
  },
  {
    name: 'a mutation',
    body: { query: 'mutation { change { x: email } }' },
    answer: { data: { change: { x: CANARY } } },
  },
  {
    name: 'an interface that is nested',
    body: { query: '{ node { owner { x: email } } }' },
    answer: { data: { node: { owner: { x: CANARY } } } },
  },
  {
    name: 'a field that is skipped and comes all the same',
    body: { query: '{ me { x: email @skip(if: true) } }' },
    answer: { data: { me: { x: CANARY } } },
  },
  {
    name: 'data that comes in parts',
    body: { query: '{ me { x: email } }' },
    answer: { data: { me: {} }, incremental: [{ path: ['me'], data: { email: CANARY } }] },
  },
];

describe('masked fields of GraphQL', () => {
  it.each(ASKED)('P5: $name', async (one) => {
    answer = one.answer;
    const got = await fetch(`${gateway.url.replace('https:', 'http:')}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await gateway.issuer.token()}`,
      },
      body: JSON.stringify(one.body),
    });
    const text = await got.text();
    expect(got.status, text).toBe(200);
    expect(text).not.toContain('canary7f3a');
    expect(text).toContain('[redacted]');
  });
});
