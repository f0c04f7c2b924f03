/** WebSocket clients and servers of others, through the gateway. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer, WebSocket as WsClient, type WebSocket as WsSocket } from 'ws';
import { runCli } from '../../../src/cli/cli.ts';
import { decideApproval } from '../../support/approver.ts';
import { exchangeBytes } from '../../support/http-clients.ts';
import { type HttpGateway, SERVICE_SECRET, startHttpGateway } from '../../support/http-gateway.ts';
import { askApi } from '../api/api-client.ts';

const POLICY = `apiVersion: sallyport.dev/v1
repeats: { after: 2, quarantine: { after: 3, for: 10m } }
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: http, match: { groups: [agents] } }
  - { id: live, effect: allow, on: http, match: { groups: [agents], paths: [/live], websocket: [open, text, binary] } }
  - { id: told, effect: allow, on: http, match: { groups: [agents], paths: [/refused, /early, /odd/*], websocket: [open, text] } }
  - { id: ask, effect: allow, on: http, match: { groups: [agents], paths: [/ask], websocket: [open] } }
  - { id: asked, effect: allow, on: http, match: { groups: [agents], paths: [/ask], websocket: [text] }, approval: { by: [dba], within: 15m, wait: 30s } }
  - { id: private, effect: allow, on: http, match: { groups: [agents], paths: [/private], websocket: [open, text] }, mask: [ { columns: ["*.email"], with: redact } ] }
  - { id: no-deletes, effect: deny, on: http, match: { websocket: [text] }, when: "http.body.action == 'delete'", message: Archive it instead. }
`;

interface Seen {
  readonly request: IncomingMessage;
  readonly socket: WsSocket;
  readonly messages: string[];
}

let gateway: HttpGateway;
let base: string;
const seen: Seen[] = [];
const open: (WebSocket | WsClient)[] = [];

/** RFC 6455 section 4.2.2. */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** The service of the tests: an echo, a subprotocol, and some answers that no handshake has. */
function serve(server: Server): void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: true,
    handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
  });
  server.on('upgrade', (request: IncomingMessage, stream, head) => {
    const { url = '' } = request;
    if (url === '/refused') {
      stream.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
      return;
    }
    if (url === '/early') {
      stream.resume().on('end', () => stream.end());
      const accept = acceptOf(String(request.headers['sec-websocket-key']));
      const answer = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
      stream.write(
        Buffer.concat([Buffer.from(answer), Buffer.from([0x81, 5, 0x65, 0x61, 0x72, 0x6c, 0x79])]),
      );
      return;
    }
    if (url.startsWith('/odd/')) {
      const right = acceptOf(String(request.headers['sec-websocket-key']));
      const accept = url === '/odd/accept' ? 'AAAA' : right;
      const more = url === '/odd/protocol' ? 'Sec-WebSocket-Protocol: x\r\n' : '';
      const extension = url === '/odd/extension' ? 'Sec-WebSocket-Extensions: permessage-deflate\r\n' : '';
      stream.end(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}${extension}\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const messages: string[] = [];
      seen.push({ request, socket, messages });
      socket.on('error', () => undefined);
      socket.on('message', (data: Buffer, isBinary) => {
        messages.push(data.toString());
        socket.send(isBinary ? data : JSON.stringify({ echo: data.toString(), email: 'ada@example.com' }));
      });
    });
  });
}

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (_request, response) => response.end('plain'),
    policy: POLICY,
    listener: { allowLoopbackPlaintext: true },
    recording: {},
    approvals: {},
    api: { groups: { admins: ['admins'] } },
    identity: { expiryGraceMs: 0 },
  });
  serve(gateway.service);
  base = gateway.url.replace('https:', 'ws:');
});
afterAll(() => gateway?.[Symbol.asyncDispose]());
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
  seen.length = 0;
});

interface Opened {
  readonly socket: WsClient;
  readonly messages: string[];
  /** What came next. */
  next(): Promise<string>;
  closed(): Promise<readonly [number, string]>;
}

async function dial(
  path: string,
  options: { readonly protocols?: string[]; readonly token?: string } = {},
): Promise<Opened> {
  const authorization = `Bearer ${options.token ?? (await gateway.issuer.token())}`;
  const headers = { authorization, origin: 'https://app.example', cookie: 'a=1' };
  const socket = new WsClient(`${base}${path}`, options.protocols ?? [], { headers });
  open.push(socket);
  const messages: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    const first = waiting.shift();
    if (first === undefined) messages.push(text);
    else first(text);
  });
  const closed = new Promise<readonly [number, string]>((resolve) =>
    socket.on('close', (code, reason) => resolve([code, reason.toString()])),
  );
  await once(socket, 'open');
  return {
    socket,
    messages,
    next: () =>
      new Promise((resolve) => {
        const text = messages.shift();
        if (text === undefined) waiting.push(resolve);
        else resolve(text);
        // Who waits for a message that does not come is told why.
        void closed.then((why) => resolve(`closed: ${why.join(' ')}`));
      }),
    closed: () => closed,
  };
}

/** The session that a principal has opened. */
async function sessionOf(subject: string): Promise<string> {
  const isIts = ({ type, principal }: Readonly<Record<string, unknown>>): boolean =>
    type === 'session.opened' && (principal as { readonly subject: string }).subject === subject;
  const records = await gateway.recordsUntil((all) => all.some(isIts));
  return String(records.find(isIts)?.['session']);
}

/** The status of a handshake that does not come to be. */
async function refusal(path: string): Promise<readonly [number, string]> {
  const headers = { authorization: `Bearer ${await gateway.issuer.token()}` };
  const socket = new WsClient(`${base}${path}`, { headers });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return [response.statusCode ?? 0, body];
}

describe('a WebSocket', () => {
  it('carries messages of ws both ways', async () => {
    const { socket, next, closed } = await dial('/live', { protocols: ['other', 'chat'] });
    expect(socket.protocol).toBe('chat');
    expect(socket.extensions).toBe('');
    socket.send('{"action":"greet"}');
    expect(JSON.parse(await next())).toEqual({ echo: '{"action":"greet"}', email: 'ada@example.com' });
    socket.send(Buffer.alloc(100_000, 7));
    expect(await next()).toHaveLength(100_000);
    const [{ request }] = seen as [Seen];
    expect(request.url).toBe('/live');
    expect(request.headers).toMatchObject({
      authorization: `Bearer ${SERVICE_SECRET}`,
      origin: 'https://app.example',
      cookie: 'a=1',
      'sec-websocket-protocol': 'other, chat',
      'sec-websocket-version': '13',
    });
    expect(request.headers['sec-websocket-extensions']).toBeUndefined();
    socket.close(4000, 'done');
    expect(await closed()).toEqual([4000, '']);
  });

  it('carries messages of the client that is built into Node', async () => {
    const socket = new WebSocket(`${base}/live`, {
      headers: { authorization: `Bearer ${await gateway.issuer.token()}` },
    } as unknown as string[]);
    open.push(socket);
    await once(socket, 'open');
    socket.send('{"action":"größer"}');
    const [event] = (await once(socket, 'message')) as [{ readonly data: string }];
    expect(JSON.parse(event.data)).toMatchObject({ echo: '{"action":"größer"}' });
    socket.close(1000);
    const [close] = (await once(socket, 'close')) as [CloseEvent];
    expect([close.code, close.wasClean]).toEqual([1000, true]);
  });

  it('is served with TLS, and carries what the service sends right behind its 101', async () => {
    const headers = { authorization: `Bearer ${await gateway.issuer.token()}` };
    const ca = readFileSync(gateway.caFile);
    const socket = new WsClient(`${gateway.url.replace('https:', 'wss:')}/early`, { headers, ca });
    open.push(socket);
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(data.toString()).toBe('early');
  });

  it('P10: what a client does not take holds up the service', async () => {
    const { socket } = await dial('/live');
    socket.pause();
    const [{ socket: service }] = seen as [Seen];
    const block = Buffer.alloc(256 * 1024, 'z');
    let sent = 0;
    // Kernel buffers take some megabytes; a gateway that gathered would take all of it.
    while (service.bufferedAmount < 4 * block.length && sent < 1_000) {
      service.send(block);
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(200);
    let came = 0;
    const all = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        came += 1;
        expect(data).toHaveLength(block.length);
        if (came === sent) resolve();
      });
    });
    socket.resume();
    await all;
  });

  it('P3: is not opened by a rule that says nothing of it', async () => {
    const answer = await fetch(`${gateway.url.replace('https:', 'http:')}/other`, {
      headers: { authorization: `Bearer ${await gateway.issuer.token()}` },
    });
    expect(await answer.text()).toBe('plain');
    const [status, body] = await refusal('/other');
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({
      code: 'POLICY_DENIED',
      detail: expect.stringContaining('WebSocket to /other'),
    });
    expect(seen).toHaveLength(0);
  });

  it('P9: a denied message is not sent, and the close frame says why', async () => {
    const { socket, closed } = await dial('/live');
    socket.send(JSON.stringify({ action: 'delete', id: 1 }));
    const [code, reason] = await closed();
    expect(code).toBe(1008);
    expect(reason).toMatch(/^POLICY_DENIED \[dec_/);
    expect(seen[0]?.messages).toEqual([]);
    await gateway.recordsUntil((records) =>
      records.some(
        (record) =>
          record['type'] === 'exchange.outcome' && JSON.stringify(record).includes('"closeCode":1008'),
      ),
    );
  });

  it('P5: masks what the service says', async () => {
    const { socket, next } = await dial('/private');
    socket.send('{"action":"read"}');
    const text = await next();
    expect(text).not.toContain('ada@example.com');
    expect(JSON.parse(text)).toMatchObject({ echo: '{"action":"read"}' });
  });

  it('a message waits for people, and goes when they agree', async () => {
    const { socket, next } = await dial('/ask');
    socket.send('{"action":"pay"}');
    const records = await gateway.recordsUntil((all) =>
      all.some((record) => record['type'] === 'approval.requested'),
    );
    expect(seen[0]?.messages).toEqual([]);
    const requested = records.find((record) => record['type'] === 'approval.requested');
    await decideApproval(gateway, String(requested?.['approval'] ?? requested?.['id']), 'approve');
    expect(JSON.parse(await next())).toMatchObject({ echo: '{"action":"pay"}' });
  });

  it('P12: a kill ends it with a close frame, and the audit says so', async () => {
    const token = await gateway.issuer.token({ sub: 'agent-killed' });
    const { socket, next, closed } = await dial('/live', { token });
    socket.send('{"action":"greet"}');
    await next();
    const session = await sessionOf('agent-killed');
    const admin = await gateway.issuer.token({ sub: 'root', groups: ['admins'] });
    await askApi(gateway, `/v1/sessions/${session}/kill`, { token: admin, body: { reason: 'enough' } });
    const [code, reason] = await closed();
    expect(code).toBe(1008);
    expect(reason).toContain('the session was ended');
    const records = await gateway.recordsUntil((all) =>
      all.some((record) => record['type'] === 'session.closed' && record['session'] === session),
    );
    expect(
      records.find((record) => record['type'] === 'session.closed' && record['session'] === session),
    ).toMatchObject({ exchanges: 2 });
  });

  it('P12: it ends with its token', async () => {
    const token = await gateway.issuer.token({ sub: 'agent-short', expiresIn: 2 });
    const { closed } = await dial('/live', { token });
    expect(await closed()).toEqual([1008, 'the token of this session has ended']);
  });

  it('P9: a run that repeats what is denied is stopped, on open WebSockets too', async () => {
    const token = await gateway.issuer.token({ sub: 'stubborn', client_id: 'stubborn' });
    const other = await dial('/live', { token });
    for (let count = 0; count < 3; count += 1) {
      const { socket, closed } = await dial('/live', { token });
      socket.send('{"action":"delete"}');
      await closed();
    }
    other.socket.send('{"action":"greet"}');
    expect((await other.closed())[0]).toBe(1008);
  });

  it('the recording tells the conversation', async () => {
    const token = await gateway.issuer.token({ sub: 'agent-recorded' });
    const { socket, next, closed } = await dial('/live', { token });
    socket.send('{"action":"read"}');
    await next();
    socket.close(1000);
    await closed();
    const session = await sessionOf('agent-recorded');
    await gateway.recordsUntil((all) =>
      all.some((record) => record['type'] === 'recording.closed' && record['session'] === session),
    );
    const admin = await gateway.issuer.token({ sub: 'root', groups: ['admins'] });
    let out = '';
    const write = (text: string): void => {
      out += text;
    };
    const where = ['--no-wait', '--api', gateway.api, '--ca', gateway.caFile, '--token', admin];
    expect(
      await runCli(['sessions', 'replay', session, ...where], { stdout: { write }, stderr: { write } }),
    ).toBe(0);
    for (const text of ['101 Switching Protocols', '{"action":"read"}', 'ada@example.com', 'close 1000']) {
      expect(out).toContain(text);
    }
    expect(out).not.toContain(SERVICE_SECRET);
    expect(out).not.toContain('a=1');
  });
});

describe('the end of the gateway', () => {
  it('is told by 1001, to both sides', async () => {
    await using own = await startHttpGateway({
      service: (_request, response) => response.end(),
      policy: POLICY,
      listener: { allowLoopbackPlaintext: true },
    });
    serve(own.service);
    const headers = { authorization: `Bearer ${await own.issuer.token()}` };
    const socket = new WsClient(`${own.url.replace('https:', 'ws:')}/live`, { headers });
    await once(socket, 'open');
    const [{ socket: service }] = seen as [Seen];
    const told = once(service, 'close');
    const closed = once(socket, 'close');
    await own.gateway.stop('maintenance');
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1001, 'the gateway stops']);
    expect((await told)[0]).toBe(1001);
    const closing = own.records().find((record) => record['type'] === 'session.closed');
    expect(closing).toMatchObject({ reason: 'gateway-stopped' });
  });
});

describe('handshakes that are none', () => {
  const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
  const head = (token: string, ...fields: readonly string[]): string =>
    ['GET /shop/live HTTP/1.1', 'Host: gateway', `Authorization: Bearer ${token}`, ...fields, '', ''].join(
      '\r\n',
    );
  const good = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${KEY}`,
  ];
  const without = (name: string): readonly string[] => good.filter((field) => !field.startsWith(name));

  it.each<[string, readonly string[], string, RegExp]>([
    [
      'websocket beside another protocol',
      [...without('Upgrade'), 'Upgrade: websocket, h2c'],
      '',
      /^HTTP\/1\.1 400 /,
    ],
    ['no key', without('Sec-WebSocket-Key'), '', /^HTTP\/1\.1 400 /],
    ['a short key', [...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: c2hvcnQ='], '', /^HTTP\/1\.1 400 /],
    ['two keys', [...good, `Sec-WebSocket-Key: ${KEY}`], '', /^HTTP\/1\.1 400 /],
    [
      'another version',
      [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 8'],
      '',
      /^HTTP\/1\.1 400 [^]*sec-websocket-version: 13/,
    ],
    ['a body', [...good, 'Content-Length: 4'], 'abcd', /^HTTP\/1\.1 400 /],
    ['a chunked body', [...good, 'Transfer-Encoding: chunked'], '0\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['Connection that removes the key', [...good, 'Connection: sec-websocket-key'], '', /^HTTP\/1\.1 400 /],
    ['a subprotocol twice', [...good, 'Sec-WebSocket-Protocol: a, a'], '', /^HTTP\/1\.1 400 /],
  ])('P3: %s is refused', async (_what, fields, body, expected) => {
    const answer = await exchangeBytes(
      gateway,
      head(await gateway.issuer.token(), ...fields) + body,
      (text) => text.includes('\n}') || text.endsWith('}\n'),
    );
    expect(answer).toMatch(expected);
    expect(seen).toHaveLength(0);
  });

  it('an offer without Connection is a plain request', async () => {
    const fields = [...without('Connection'), 'Connection: close'];
    const answer = await exchangeBytes(gateway, head(await gateway.issuer.token(), ...fields));
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*plain/);
    expect(seen).toHaveLength(0);
  });

  it('an answer of the service that is no 101 is the client’s, and the connection goes on', async () => {
    expect(await refusal('/refused')).toEqual([403, 'no']);
    const token = await gateway.issuer.token();
    const request = head(token, ...good).replace('/shop/live', '/shop/refused');
    const last = head(token, 'Connection: close').replace('/shop/live', '/shop/plain');
    const answer = await exchangeBytes(gateway, request + last);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403', 'HTTP/1.1 200']);
  });

  it.each<[string, string]>([
    ['a wrong accept value', '/odd/accept'],
    ['a subprotocol that was not offered', '/odd/protocol'],
    ['an extension', '/odd/extension'],
  ])('P3: %s of the service is a 502', async (_what, path) => {
    expect((await refusal(path))[0]).toBe(502);
  });

  it('P1: what is sent before the 101 is read as frames, and what follows a refusal as a request', async () => {
    const token = await gateway.issuer.token();
    const smuggled = head(token, 'Connection: close').replace('/shop/live', '/shop/admin');
    const text = await exchangeBytes(gateway, head(token, ...good) + smuggled);
    expect(text.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 101']);
    // 1002, in a close frame.
    expect(text).toContain('\x88');
    expect(seen.every(({ messages }) => messages.length === 0)).toBe(true);
  });

  it('P3: frames without a mask end it', async () => {
    const token = await gateway.issuer.token();
    const socket = connect({ host: gateway.host, port: gateway.port });
    socket.write(head(token, ...good));
    await once(socket, 'data');
    socket.write(Buffer.from([0x81, 2, 0x68, 0x69]));
    const [frame] = (await once(socket, 'data')) as [Buffer];
    expect([frame[0], frame.readUInt16BE(2)]).toEqual([0x88, 1002]);
    socket.destroy();
    expect(seen[0]?.messages).toEqual([]);
  });
});
