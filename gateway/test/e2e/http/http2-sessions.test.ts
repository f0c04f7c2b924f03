import { type EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { IssuedCredential } from '../../../src/api/contract/credential.ts';
import { curl } from '../../support/http-clients.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { askHttp2, connectHttp2 } from '../../support/http2-client.ts';
import { askApi } from '../api/api-client.ts';

interface LiveRow {
  readonly session: string;
}

let gateway: HttpGateway;
let session: ClientHttp2Session;
const held = new Map<string, { readonly request: IncomingMessage; readonly response: ServerResponse }>();

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (request, response) => {
      request.resume();
      if (request.url?.startsWith('/hang') === true) held.set(request.url, { request, response });
      else response.end('fine');
    },
    recording: {},
    api: { groups: { admins: ['admins'] } },
    identity: { expiryGraceMs: 0 },
  });
});
afterAll(() => gateway?.[Symbol.asyncDispose]());
beforeEach(async () => {
  held.clear();
  session = await connectHttp2(gateway);
});
afterEach(() => session.destroy());

const tokenOf = (sub: string, more: object = {}): Promise<string> => gateway.issuer.token({ sub, ...more });

function hang(path: string, token: string): ClientHttp2Stream {
  const stream = session.request({ ':path': `/shop${path}`, authorization: `Bearer ${token}` });
  stream.on('error', () => undefined);
  return stream;
}

function closeOf(emitter: EventEmitter): Promise<void> {
  return new Promise((resolve) => emitter.once('close', () => resolve()));
}

async function openSessions(subject: string): Promise<readonly string[]> {
  const admin = await tokenOf('admin', { groups: ['admins'] });
  const { sessions } = (
    await askApi(gateway, `/v1/sessions?state=open&limit=200&principal=${subject}`, { token: admin })
  ).json as {
    readonly sessions: readonly LiveRow[];
  };
  return sessions.map((row) => row.session);
}

async function kill(id: string): Promise<void> {
  const admin = await tokenOf('admin', { groups: ['admins'] });
  const killed = await askApi(gateway, `/v1/sessions/${id}/kill`, { token: admin, body: {} });
  expect(killed.status).toBeLessThan(300);
}

describe('several principals on one connection', () => {
  it('P11: each request is of who its own token says, whatever runs beside it', async () => {
    const subjects = ['h2-a', 'h2-b', 'h2-c'];
    const tokens = await Promise.all(subjects.map((subject) => tokenOf(subject)));
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => askHttp2(session, `/shop/${index}`, tokens[index % 3] ?? '')),
    );
    const records = gateway.records();
    for (const [place, subject] of subjects.entries()) {
      const opened = records.filter(
        ({ type, principal }) =>
          type === 'session.opened' && (principal as { subject: string }).subject === subject,
      );
      expect(opened).toHaveLength(1);
      const intents = records.filter(
        ({ type, session: id }) => type === 'exchange.intent' && id === opened[0]?.['session'],
      );
      const targets = intents
        .map(({ request }) => (request as { text?: string }).text)
        .filter((text) => text !== undefined);
      expect(new Set(targets)).toEqual(
        new Set(Array.from({ length: 10 }, (_, index) => `GET /${index * 3 + place}`)),
      );
    }
  });

  it('P12: a kill resets the requests of its session at once, and those of others go on', async () => {
    const [mine, theirs] = [await tokenOf('h2-killed'), await tokenOf('h2-bystander')];
    const killed = hang('/hang/killed', mine);
    const other = hang('/hang/other', theirs);
    await expect.poll(() => held.size).toBe(2);
    const [id] = await openSessions('h2-killed');
    const gone = once(held.get('/hang/killed')?.request.socket as never, 'close');
    const closed = closeOf(killed);
    await kill(id ?? '');
    await closed;
    expect(killed.rstCode).not.toBe(0);
    await gone;
    expect(other.closed).toBe(false);
    held.get('/hang/other')?.response.end('still here');
    const [head] = await once(other, 'response');
    expect(head).toMatchObject({ ':status': 200 });
    // Who still has a token that counts may open another session.
    expect((await askHttp2(session, '/shop/a', mine)).status).toBe(200);
  });

  it('P12: where nobody else uses the connection a kill ends it', async () => {
    await askHttp2(session, '/shop/a', await tokenOf('h2-alone'));
    const closed = closeOf(session);
    const [id] = await openSessions('h2-alone');
    await kill(id ?? '');
    await closed;
  });

  it('P12: at the end of a token its requests are cancelled, and the connection goes on for others', async () => {
    const short = await tokenOf('h2-short', { expiresIn: 2 });
    const lasting = await tokenOf('h2-lasting');
    expect((await askHttp2(session, '/shop/a', lasting)).status).toBe(200);
    expect((await askHttp2(session, '/shop/hang/short', short)).status).toBe(401);
    expect((await askHttp2(session, '/shop/a', short)).status).toBe(401);
    expect((await askHttp2(session, '/shop/a', lasting)).status).toBe(200);
  });

  it('a session credential counts one use for all requests of a session, and is over when it is revoked', async () => {
    const token = await tokenOf('h2-credential');
    const body = { resource: 'shop', sslrootcert: gateway.caFile, uses: 1 };
    const minted = await askApi(gateway, '/v1/credentials', { token, body });
    expect(minted.status, minted.text).toBe(200);
    const { id, secret } = minted.json as IssuedCredential;
    const claim = `${id}.${secret}`;
    const answers = await Promise.all(Array.from({ length: 10 }, () => askHttp2(session, '/shop/a', claim)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const waiting = hang('/hang/credential', claim);
    await expect.poll(() => held.size).toBe(1);
    const closed = closeOf(waiting);
    await askApi(gateway, `/v1/credentials/${id}`, { method: 'DELETE', token });
    await closed;
    const again = await connectHttp2(gateway);
    expect((await askHttp2(again, '/shop/a', claim)).status).toBe(401);
    again.destroy();
  });

  it('P10: a connection holds sixteen sessions; the one that was unused the longest makes room, those at work do not', async () => {
    const tokens = await Promise.all(Array.from({ length: 18 }, (_, index) => tokenOf(`h2-many-${index}`)));
    for (const token of tokens.slice(0, 17)) {
      expect((await askHttp2(session, '/shop/a', token)).status).toBe(200);
    }
    expect(await openSessions('h2-many-0')).toEqual([]);
    expect(await openSessions('h2-many-1')).toHaveLength(1);
    for (let index = 1; index < 17; index += 1) hang(`/hang/${index}`, tokens[index] ?? '');
    await expect.poll(() => held.size).toBe(16);
    const refused = await askHttp2(session, '/shop/a', tokens[17] ?? '');
    expect(refused.status).toBe(429);
    expect(refused.body).toContain('ERR_HTTP_TOO_MANY_SESSIONS');
  });

  it('P4: what runs side by side is recorded apart', async () => {
    const token = await tokenOf('h2-recorded');
    const asked = [1, 2, 3].map((index) => askHttp2(session, `/shop/hang/${index}`, token));
    await expect.poll(() => held.size).toBe(3);
    for (const piece of ['a', 'b', 'c']) {
      for (const index of [1, 2, 3]) held.get(`/hang/${index}`)?.response.write(`${piece}${index} `);
    }
    for (const index of [3, 1, 2]) held.get(`/hang/${index}`)?.response.end();
    expect((await Promise.all(asked)).map(({ body }) => body)).toEqual([
      'a1 b1 c1 ',
      'a2 b2 c2 ',
      'a3 b3 c3 ',
    ]);
    const [id] = await openSessions('h2-recorded');
    session.destroy();
    await gateway.recordsUntil((all) =>
      all.some(({ type, session: closed }) => type === 'recording.closed' && closed === id),
    );
    const admin = await tokenOf('admin', { groups: ['admins'] });
    const address = `${gateway.api}/v1/sessions/${id ?? ''}/recording`;
    const played = await curl(['--cacert', gateway.caFile, '-H', `Authorization: Bearer ${admin}`, address]);
    const bodies = new Map<number, string>();
    for (const line of played.stdout.split('\n').filter((text) => text !== '')) {
      const { exchange, kind, bytes } = JSON.parse(line) as {
        readonly exchange: number;
        readonly kind?: string;
        readonly bytes?: string;
      };
      if (bytes === undefined) continue;
      const text = Buffer.from(bytes, 'base64').toString('latin1');
      bodies.set(exchange, `${bodies.get(exchange) ?? ''}${kind === 'request' ? '>' : ''}${text}`);
    }
    const told = [...bodies.values()].map((text) => text.replaceAll('\r\n', ' '));
    expect(told).toHaveLength(3);
    for (const index of [1, 2, 3]) {
      const own = told.find((text) => text.includes(`GET /hang/${index} `));
      expect(own).toContain(`a${index} b${index} c${index} `);
      expect(own).not.toMatch(new RegExp(`a[^${index}] `));
    }
  });

  it('P9: who may not open a session is told so, and others go on', async () => {
    const stranger = await tokenOf('h2-stranger', { groups: ['strangers'] });
    const mine = await tokenOf('h2-mine');
    const [denied, served] = await Promise.all([
      askHttp2(session, '/shop/a', stranger),
      askHttp2(session, '/shop/a', mine),
    ]);
    expect(denied.status).toBe(403);
    expect(served.status).toBe(200);
    expect((await askHttp2(session, '/shop/a', mine)).status).toBe(200);
  });
});

describe('a gateway that stops', () => {
  it('P12: says GOAWAY: what is under way ends, nothing new begins', async () => {
    const stopping = await startHttpGateway({
      service: (request, response) => {
        if (request.url === '/hang') held.set('/hang', { request, response });
        else response.end('fine');
      },
    });
    const client = await connectHttp2(stopping);
    const token = await stopping.issuer.token();
    const late = askHttp2(client, '/shop/hang', token);
    await expect.poll(() => held.size).toBe(1);
    const idle = await connectHttp2(stopping);
    await askHttp2(idle, '/shop/a', token);
    const goaway = once(client, 'goaway');
    const idleClosed = closeOf(idle);
    const stopped = stopping.gateway.stop('test');
    expect((await goaway)[0]).toBe(0);
    await idleClosed;
    held.get('/hang')?.response.end('in order');
    expect((await late).body).toBe('in order');
    await stopped;
    expect(
      stopping
        .records()
        .filter(({ type, reason }) => type === 'session.closed' && reason === 'gateway-stopped'),
    ).toHaveLength(2);
    await stopping[Symbol.asyncDispose]();
  });
});
