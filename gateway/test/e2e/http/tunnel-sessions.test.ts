/** What holds of requests holds of requests in tunnels: masks, approvals, ends, other protocols. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import {
  connectRaw,
  type ProxyGateway,
  secureTunnel,
  startProxyGateway,
} from '../../support/forward-proxy.ts';
import type { AuditRecord } from '../../support/gateway.ts';
import { curl } from '../../support/http-clients.ts';
import type { TokenClaims } from '../../support/issuer.ts';
import { askApi } from '../api/api-client.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: agents-connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: http, match: { groups: [agents], websocket: [open, text] } }
  - { id: rest, effect: allow, on: http, match: { groups: [agents] } }
  - { id: people, effect: allow, on: http, match: { paths: [/people] }, mask: [{ columns: ["*.email"], with: redact }] }
  - { id: no-deletes, effect: deny, on: http, match: { websocket: [text] }, when: "http.body.action == 'delete'", message: Archive it instead. }
`;

let gateway: ProxyGateway;
let place: string;
const sockets = new Set<unknown>();
const opened: Socket[] = [];
let held: { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined;

const service: RequestListener = (request, response) => {
  sockets.add(request.socket);
  request.resume();
  if (request.url === '/hang') {
    held = { request, response };
    return;
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ name: 'Ada', email: 'ada@example.com' }));
};

beforeAll(async () => {
  gateway = await startProxyGateway({
    policy: POLICY,
    service,
    recording: {},
    api: { groups: { admins: ['admins'] } },
    identity: { expiryGraceMs: 0 },
  });
  const echo = new WebSocketServer({ noServer: true });
  gateway.web.on('upgrade', (request, stream, head) => {
    echo.handleUpgrade(request, stream, head, (socket) => {
      socket.on('message', (data: Buffer) => socket.send(`echo ${data.toString()}`));
    });
  });
  place = `api.example.test:${gateway.webPort}`;
});
afterAll(() => gateway?.[Symbol.asyncDispose]());
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

/** A tunnel of one principal. */
async function tunnel(claims: TokenClaims, named = place, alpn = 'http/1.1'): Promise<TLSSocket> {
  const token = await gateway.issuer.token(claims);
  const head = `CONNECT ${named} HTTP/1.1\r\nHost: ${named}\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`;
  const { status, socket } = await connectRaw(gateway, head);
  opened.push(socket);
  expect(status).toBe(200);
  const servername = named.replace(/:\d+$/, '');
  const secured = await secureTunnel(socket, {
    ca: readFileSync(gateway.caFile, 'utf8'),
    servername,
    ALPNProtocols: [alpn],
  });
  secured.on('error', () => undefined);
  return secured;
}

/** Asks once on an open tunnel; all that comes until the end of a JSON document, or of the tunnel. */
function ask(socket: Socket, path: string, ...fields: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (/\r\n\r\n[^]*\}/.test(text)) settle();
    };
    const settle = (): void => {
      socket.off('data', onData);
      socket.off('close', settle);
      resolve(text);
    };
    socket.on('data', onData);
    socket.on('close', settle);
    if (socket.closed) settle();
    else socket.write([`GET ${path} HTTP/1.1`, `Host: ${place}`, ...fields, '', ''].join('\r\n'));
  });
}

function sessionOf(subject: string): string {
  const found = gateway
    .records()
    .findLast(
      (record) =>
        record['type'] === 'session.opened' &&
        (record['principal'] as { readonly subject: string }).subject === subject,
    );
  return String(found?.['session']);
}

const endOf =
  (session: string) =>
  (record: AuditRecord): boolean =>
    record['type'] === 'session.closed' && record['session'] === session;

describe('requests in a tunnel', () => {
  it('P5: are answered through masks', async () => {
    const secured = await tunnel({});
    const answer = await ask(secured, '/people');
    expect(answer).toContain('"name":"Ada"');
    expect(answer).not.toContain('ada@example.com');
    expect(await ask(secured, '/other')).toContain('ada@example.com');
  });

  it('speak HTTP/2 where client and gateway choose it, side by side in one session', async () => {
    const secured = await tunnel({ sub: 'agent-h2' }, place, 'h2');
    expect(secured.alpnProtocol).toBe('h2');
    const session = connectHttp2(`https://${place}`, { createConnection: () => secured });
    const get = (
      path: string,
      authority = place,
    ): Promise<{ readonly status: number; readonly body: string }> =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': path, ':authority': authority });
        let status = 0;
        let body = '';
        stream.on('response', (headers) => {
          status = Number(headers[':status']);
        });
        stream.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        stream.on('end', () => resolve({ status, body }));
        stream.on('error', reject);
      });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => get(`/v1/${index}`)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect((await get('/people')).body).not.toContain('ada@example.com');
    const fronted = await get('/v1', `other.example.test:${gateway.webPort}`);
    expect(fronted.status).toBe(403);
    expect(JSON.parse(fronted.body)).toMatchObject({ cause: 'opaque' });
    session.close();
    secured.destroy();
    const id = sessionOf('agent-h2');
    const all = await gateway.recordsUntil((records) => records.some(endOf(id)));
    expect(all.find(endOf(id))).toMatchObject({ exchanges: 12, refused: 1 });
    const mine = all.filter(
      ({ type, principal }) =>
        type === 'session.opened' && (principal as { readonly subject: string }).subject === 'agent-h2',
    );
    expect(mine).toHaveLength(1);
  });

  it('open a WebSocket, each message of which is judged', async () => {
    const secured = await tunnel({});
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(`wss://${place}/live`, { createConnection: () => secured });
    await once(socket, 'open');
    socket.send('{"action":"read"}');
    const [echoed] = (await once(socket, 'message')) as [Buffer];
    expect(echoed.toString()).toBe('echo {"action":"read"}');
    const closed = once(socket, 'close');
    socket.send('{"action":"delete"}');
    const [first] = (await Promise.race([once(socket, 'message'), closed])) as [Buffer | number];
    expect(String(first)).not.toContain('echo {"action":"delete"}');
    socket.terminate();
  });

  it('never share a connection to one host with another host of the same resource', async () => {
    const args = ['--proxy', await gateway.proxyUrl(), '--cacert', gateway.caFile];
    await curl([...args, `https://${place}/a`]);
    sockets.clear();
    await curl([...args, `https://${place}/a`]);
    expect(sockets.size).toBe(1);
    await curl([...args, `https://other.example.test:${gateway.webPort}/a`]);
    expect(sockets.size).toBe(2);
  });
});

describe('P12: the end of a session in a tunnel', () => {
  it('by a kill cuts client and service at once', async () => {
    const secured = await tunnel({ sub: 'agent-killed' });
    const answer = ask(secured, '/hang');
    await expect.poll(() => held !== undefined).toBe(true);
    const gone = once(held?.request.socket as never, 'close');
    const token = await gateway.issuer.token({ sub: 'admin', groups: ['admins'] });
    const id = sessionOf('agent-killed');
    expect((await askApi(gateway, `/v1/sessions/${id}/kill`, { token, body: {} })).status).toBeLessThan(300);
    expect(await answer).toBe('');
    await gone;
    expect((await gateway.recordsUntil((all) => all.some(endOf(id)))).find(endOf(id))).toMatchObject({
      reason: 'an administrator ended this session',
    });
    held = undefined;
  });

  it('at the end of the token cancels what is in flight; the next request is told, and so is the next tunnel', async () => {
    const claims = { sub: 'agent-short', expiresIn: 2 };
    const secured = await tunnel(claims);
    const answer = await ask(secured, '/hang');
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    held = undefined;
    expect(await ask(secured, '/other')).toMatch(/^(HTTP\/1\.1 401 [^]*)?$/);
    const token = await gateway.issuer.token({ ...claims, expiresIn: -60 });
    const head = `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`;
    expect((await connectRaw(gateway, head)).status).toBe(407);
  });

  it('by another policy acts at the next request', async () => {
    const secured = await tunnel({});
    expect(await ask(secured, '/other')).toMatch(/^HTTP\/1\.1 200 /);
    await gateway.setPolicy(POLICY.replace('id: rest, effect: allow', 'id: rest, effect: deny'));
    const denied = await ask(secured, '/other');
    await gateway.setPolicy(POLICY);
    expect(denied).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask(secured, '/other')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('by the client is on record, and frees what it held', async () => {
    const secured = await tunnel({ sub: 'agent-leaves' });
    await ask(secured, '/other');
    secured.end();
    const id = sessionOf('agent-leaves');
    const all = await gateway.recordsUntil((records) => records.some(endOf(id)));
    expect(all.find(endOf(id))).toMatchObject({ reason: 'client-closed', exchanges: 1 });
  });

  it('by a stop of the gateway does not wait for tunnels in which nothing is asked', async () => {
    await using other = await startProxyGateway();
    const token = await other.issuer.token();
    const named = `api.example.test:${other.webPort}`;
    const head = `CONNECT ${named} HTTP/1.1\r\nHost: ${named}\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`;
    const { socket } = await connectRaw(other, head);
    const secured = await secureTunnel(socket, {
      ca: readFileSync(other.caFile, 'utf8'),
      servername: 'api.example.test',
    });
    const closed = once(secured, 'close');
    await other.gateway.stop('test');
    await closed;
    expect(
      other.records().some(({ type, reason }) => type === 'session.closed' && reason === 'gateway-stopped'),
    ).toBe(true);
  });
});

describe('clients of another age', () => {
  it('open a tunnel by HTTP/1.0, without Host', async () => {
    const token = await gateway.issuer.token();
    const head = `CONNECT ${place} HTTP/1.0\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`;
    const { status, socket } = await connectRaw(gateway, head);
    opened.push(socket);
    expect(status).toBe(200);
    const secured = await secureTunnel(socket, {
      ca: readFileSync(gateway.caFile, 'utf8'),
      servername: 'api.example.test',
    });
    expect(await ask(secured, '/other')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('speak plain HTTP in a tunnel to a service without TLS, as Node’s fetch does', async () => {
    const { port } = gateway.service.address() as { readonly port: number };
    const named = `127.0.0.1:${port}`;
    const token = await gateway.issuer.token();
    const head = `CONNECT ${named} HTTP/1.1\r\nHost: ${named}\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`;
    const { status, socket } = await connectRaw(gateway, head);
    opened.push(socket);
    expect(status).toBe(200);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.resume();
    socket.write(`GET /plain HTTP/1.1\r\nHost: ${named}\r\nConnection: close\r\n\r\n`);
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*"url":"\/plain"/);
  });
});
