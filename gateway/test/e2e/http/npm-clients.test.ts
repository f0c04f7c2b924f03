/** Clients of HTTP from npm, unchanged but for the URL and its token: what they get, and what of a denial reaches their caller. */
import { readFileSync } from 'node:fs';
import { Agent as HttpsAgent } from 'node:https';
import axios, { AxiosError } from 'axios';
import { EventSource } from 'eventsource';
import { ClientError, GraphQLClient } from 'graphql-request';
import { Agent, request, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';

const SECRET = 'ann@private.example';
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: reads
    effect: allow
    on: http
    match: { groups: [agents], methods: [GET], paths: ["/customers/*", /events] }
    mask: [ { columns: ["*.email"], with: redact } ]
  - id: queries
    effect: allow
    on: http
    match: { groups: [agents], methods: [POST], paths: [/graphql], graphql: ["Query.*"] }
    mask: [ { columns: ["*.email"], with: redact } ]
  - { id: writes, effect: allow, on: http, match: { groups: [agents], methods: [POST], paths: [/refunds] }, when: "has(http.body.amount) && http.body.amount <= 100.0" }
  - { id: no-large, effect: deny, on: http, match: { paths: [/refunds] }, when: "has(http.body.amount) && http.body.amount > 100.0", message: "Refund at most 100." }
`;
const MASKED = { id: 1, email: '[redacted]' };

let gateway: HttpGateway;
let token: string;
let ca: string;

beforeAll(async () => {
  gateway = await startHttpGateway({
    policy: POLICY,
    resource: { graphql: ['/graphql'] },
    service(incoming, response) {
      incoming.resume();
      if (incoming.url === '/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const n of [1, 2, 3]) response.write(`id: ${n}\ndata: {"n":${n},"email":"${SECRET}"}\n\n`);
        return;
      }
      const body = `{"id":1,"email":"${SECRET}"}`;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(incoming.url === '/graphql' ? `{"data":{"customer":${body}}}` : body);
    },
  });
  token = await gateway.issuer.token();
  ca = readFileSync(gateway.caFile, 'utf8');
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

const authorised = (): Record<string, string> => ({ authorization: `Bearer ${token}` });

describe('axios', () => {
  it('P5 P9: gets masked JSON by its base URL; a denial is an error that says why', async () => {
    const client = axios.create({
      baseURL: gateway.url,
      headers: authorised(),
      httpsAgent: new HttpsAgent({ ca, keepAlive: true }),
    });
    expect((await client.get('/customers/1')).data).toEqual(MASKED);
    expect((await client.post('/refunds', { amount: 20 })).status).toBe(200);
    const error: unknown = await client.post('/refunds', { amount: 500 }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AxiosError);
    const { response } = error as AxiosError<Record<string, string>>;
    expect(response?.status).toBe(403);
    expect(response?.data['detail']).toContain('Refund at most 100.');
    expect((await client.get('/customers/1')).data).toEqual(MASKED);
  });
});

describe('undici', () => {
  it.each([false, true])('P5 P9: gets masked JSON, HTTP/2 allowed: %s', async (allowH2) => {
    const dispatcher = new Agent({ connect: { ca }, allowH2 });
    try {
      const answer = await undiciFetch(`${gateway.url}/customers/1`, { dispatcher, headers: authorised() });
      expect(await answer.json()).toEqual(MASKED);
      const path = `${gateway.url}/customers/${allowH2 ? 2 : 3}`;
      const denied = await request(path, { method: 'DELETE', dispatcher, headers: authorised() });
      expect(denied.statusCode).toBe(403);
      expect(await denied.body.json()).toMatchObject({ code: 'POLICY_DENIED', cause: 'default' });
    } finally {
      await dispatcher.close();
    }
  });
});

describe('eventsource', () => {
  it('P5: gets events as they come, masked', async () => {
    const dispatcher = new Agent({ connect: { ca } });
    const source = new EventSource(`${gateway.url}/events`, {
      fetch: (url, init) =>
        undiciFetch(url, {
          ...init,
          dispatcher,
          headers: { ...init.headers, ...authorised() },
        } as never) as never,
    });
    const events: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      source.onmessage = ({ data }) => {
        events.push(JSON.parse(String(data)));
        if (events.length === 3) resolve();
      };
      source.onerror = (event) => reject(new Error(`${event.code} ${event.message}`));
    });
    source.close();
    await dispatcher.destroy();
    expect(events).toEqual([1, 2, 3].map((n) => ({ n, email: '[redacted]' })));
  });
});

describe('graphql-request', () => {
  it('P5 P9: a query is masked, a mutation is an error that says why', async () => {
    const dispatcher = new Agent({ connect: { ca } });
    const client = new GraphQLClient(`${gateway.url}/graphql`, {
      headers: authorised(),
      fetch: (url, init) => undiciFetch(url as string, { ...init, dispatcher } as never) as never,
    });
    expect(await client.request('{ customer(id: 1) { id email } }')).toEqual({ customer: MASKED });
    const error: unknown = await client
      .request('mutation { deleteCustomer(id: 1) { id } }')
      .catch((caught: unknown) => caught);
    await dispatcher.close();
    expect(error).toBeInstanceOf(ClientError);
    expect((error as ClientError).response.status).toBe(403);
    expect(JSON.stringify((error as ClientError).response)).toContain('Mutation.deleteCustomer');
  });
});
