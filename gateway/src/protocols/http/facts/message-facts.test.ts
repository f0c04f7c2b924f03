import { describe, expect, it } from 'vitest';
import { verdict } from '../../../../test/support/http-verdict.ts';
import { httpFactsFromCase } from './facts-from-case.ts';

const LIVE = { request: 'GET /live' };

describe('a WebSocket handshake', () => {
  const everything = '\n  - { id: all, effect: allow, on: http }\n';
  const get = '\n  - { id: get, effect: allow, on: http, match: { methods: [GET], paths: [/live] } }\n';
  const open = '\n  - { id: open, effect: allow, on: http, match: { paths: [/live], websocket: [open] } }\n';

  it('P3: is allowed only by a rule that names it, and that rule allows no request', () => {
    const opening = { ...LIVE, websocket: 'open' };
    for (const rules of [everything, get]) {
      expect(verdict(rules, LIVE)).toBe('permit');
      expect(verdict(rules, opening)).toBe('default');
    }
    expect(verdict(open, opening)).toBe('permit');
    expect(verdict(open, LIVE)).toBe('default');
    expect(verdict(open, { ...opening, request: 'GET /other' })).toBe('default');
  });

  it('is hit by deny rules for its method and its path', () => {
    const opening = { ...LIVE, websocket: 'open' };
    for (const match of ['methods: [GET]', 'paths: [/LIVE/]', 'websocket: [open]']) {
      const deny = `\n  - { id: no, effect: deny, on: http, match: { ${match} } }\n`;
      expect(verdict(open + deny, opening)).toBe('rule');
    }
  });

  it('P3: obligations of rules for its path act, though they do not allow it', () => {
    const asked =
      '\n  - { id: asked, effect: allow, on: http, match: { paths: [/live] }, approval: { by: [ops], within: 5m } }\n';
    const facts = { ...LIVE, websocket: 'open' };
    expect(verdict(asked, facts)).toBe('default');
    expect(verdict(open + asked, facts)).toBe('permit');
  });

  it('tells rules what is offered', () => {
    const rules = `
  - { id: open, effect: allow, on: http, match: { websocket: [open] }, when: "http.websocket.offered == ['chat']" }
`;
    expect(verdict(rules, { ...LIVE, websocket: 'open', subprotocol: 'chat' })).toBe('permit');
    expect(verdict(rules, { ...LIVE, websocket: 'open', subprotocol: 'other' })).toBe('default');
  });

  it('P3: carries no GraphQL in its query', () => {
    const at = { graphql: ['/live'], websocket: 'open' };
    expect(verdict(open, { ...LIVE, ...at })).toBe('permit');
    expect(verdict(open, { ...at, request: 'GET /live?query=%7Bme%7D' })).toBe('opaque');
  });
});

describe('a message', () => {
  const rules = `
  - { id: chat, effect: allow, on: http, match: { paths: [/live], websocket: [open, text] } }
  - { id: no-deletes, effect: deny, on: http, match: { websocket: [text, binary] }, when: "http.body.action == 'delete'" }
`;
  const text = (json: unknown): unknown => ({ ...LIVE, websocket: 'text', json });

  it('is judged by what it says', () => {
    expect(verdict(rules, text({ action: 'read' }))).toBe('permit');
    expect(verdict(rules, text({ action: 'delete' }))).toBe('rule');
  });

  it.each<[string, unknown, string]>([
    ['is no JSON', { text: 'delete' }, 'error'],
    ['has a member twice', { text: '{"action":"read","Action":"delete"}' }, 'error'],
    ['is binary', { websocket: 'binary', text: '{"action":"delete"}' }, 'error'],
    ['is longer than the window', { text: '{"action":"del', complete: false }, 'error'],
    ['lacks what is asked for', { json: {} }, 'error'],
  ])('P3: is denied where a rule looks at what is not known: it %s', (_what, body, expected) => {
    expect(verdict(rules, { ...LIVE, websocket: 'text', ...(body as object) })).toBe(expected);
  });

  it('P3: of a type, or a length, that no rule names is denied', () => {
    const plain = '\n  - { id: chat, effect: allow, on: http, match: { websocket: [open, text] } }\n';
    const long = '\n  - { id: chat, effect: allow, on: http, match: { websocket: [text, long] } }\n';
    expect(verdict(plain, { ...LIVE, websocket: 'binary', text: 'x' })).toBe('default');
    expect(verdict(plain, { ...LIVE, websocket: 'text', text: 'x', complete: false })).toBe('default');
    expect(verdict(long, { ...LIVE, websocket: 'text', text: 'x', complete: false })).toBe('permit');
    expect(verdict(long, { ...LIVE, websocket: 'binary', text: 'x', complete: false })).toBe('default');
  });

  it('is compared with names that a mask is for', () => {
    const { statements } = httpFactsFromCase(text({ find: { email: 'a@example.com' } }));
    expect(statements[0]?.fields).toContainEqual({ names: ['email'], as: 'filter' });
  });

  it('says what it is without data', () => {
    const { statements, action } = httpFactsFromCase({
      request: 'GET /v1/rooms/alice@example.com?key=1',
      websocket: 'binary',
      text: 'secret',
    });
    expect(action).toBe('message');
    expect(statements.map(({ summary }) => summary)).toEqual(['binary message to /v1/rooms/{…}']);
  });
});

describe('messages to a GraphQL endpoint', () => {
  const at = { ...LIVE, graphql: ['/live'], websocket: 'text', subprotocol: 'graphql-transport-ws' };
  const rules = `
  - { id: open, effect: allow, on: http, match: { paths: [/live], websocket: [open] } }
  - { id: prices, effect: allow, on: http, match: { websocket: [text], graphql: [Subscription.prices] } }
  - { id: secret, effect: deny, on: http, match: { fields: ["*.ssn"] } }
`;
  const subscribe = (query: string, more: object = {}): unknown => ({
    ...at,
    json: { id: '1', type: 'subscribe', payload: { query }, ...more },
  });

  it.each<[string, unknown, string]>([
    ['a subscription that is allowed', subscribe('subscription { prices { value } }'), 'permit'],
    ['another one', subscribe('subscription { orders { id } }'), 'default'],
    ['a mutation', subscribe('mutation { refund(id: 1) }'), 'default'],
    ['a field that is denied, under an alias', subscribe('subscription { prices { value: ssn } }'), 'rule'],
    [
      'a persisted query',
      {
        ...at,
        json: {
          id: '1',
          type: 'subscribe',
          payload: { extensions: { persistedQuery: { sha256Hash: 'ab' } } },
        },
      },
      'opaque',
    ],
    [
      'a subscription without id',
      { ...at, json: { type: 'subscribe', payload: { query: '{ me }' } } },
      'opaque',
    ],
    ['members that nobody knows', subscribe('subscription { prices { value } }', { query: 'x' }), 'opaque'],
    [
      'a type that nobody knows',
      { ...at, json: { id: '1', type: 'start', payload: { query: '{ me }' } } },
      'opaque',
    ],
    ['a message that keeps the connection', { ...at, json: { type: 'connection_init' } }, 'permit'],
    ['the end of a subscription', { ...at, json: { id: '1', type: 'complete' } }, 'permit'],
    ['a batch', { ...at, json: [{ type: 'connection_init' }] }, 'opaque'],
    ['a binary one', { ...at, websocket: 'binary', json: { type: 'connection_init' } }, 'opaque'],
    ['another subprotocol', { ...at, subprotocol: 'chat', json: { type: 'connection_init' } }, 'opaque'],
    [
      'the older subprotocol',
      {
        ...at,
        subprotocol: 'graphql-ws',
        json: { id: '1', type: 'start', payload: { query: 'subscription { prices { value } }' } },
      },
      'permit',
    ],
  ])('%s: %#', (_what, body, expected) => {
    expect(verdict(rules, body)).toBe(expected);
  });
});

describe('messages to a JSON-RPC endpoint', () => {
  const at = { ...LIVE, jsonRpc: ['/live'], websocket: 'text' };
  const rules = `
  - { id: read, effect: allow, on: http, match: { websocket: [text], rpc: ["read.*"] } }
`;

  it.each<[string, unknown, string]>([
    ['a call that is allowed', { jsonrpc: '2.0', id: 1, method: 'read.all' }, 'permit'],
    ['another one', { jsonrpc: '2.0', id: 1, method: 'delete.all' }, 'default'],
    [
      'one hidden in a batch',
      [
        { jsonrpc: '2.0', id: 1, method: 'read.all' },
        { jsonrpc: '2.0', id: 2, method: 'delete.all' },
      ],
      'default',
    ],
    ['what is no call', { method: 'read.all' }, 'opaque'],
  ])('%s', (_what, json, expected) => {
    expect(verdict(rules, { ...at, json })).toBe(expected);
  });
});
