/** A service that speaks WebSocket, a gateway in front of it, and clients. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { WebSocketServer, WebSocket as WsClient, type WebSocket as WsSocket } from 'ws';
import { type HttpGateway, startHttpGateway } from '../../../support/http-gateway.ts';

export const POLICY = `apiVersion: sallyport.dev/v1
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

export interface Seen {
  readonly request: IncomingMessage;
  readonly socket: WsSocket;
  readonly messages: string[];
}

export let gateway: HttpGateway;
export let base: string;
export const seen: Seen[] = [];
export const open: (WebSocket | WsClient)[] = [];

/** RFC 6455 section 4.2.2. */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** The service of the tests: an echo, a subprotocol, and some answers that no handshake has. */
export function serve(server: Server): void {
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

/** Starts it before the tests of a file, and stops it after them. */
export function useSockets(): void {
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
}

export interface Opened {
  readonly socket: WsClient;
  readonly messages: string[];
  /** What came next. */
  next(): Promise<string>;
  closed(): Promise<readonly [number, string]>;
}

export async function dial(
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
export async function sessionOf(subject: string): Promise<string> {
  const isIts = ({ type, principal }: Readonly<Record<string, unknown>>): boolean =>
    type === 'session.opened' && (principal as { readonly subject: string }).subject === subject;
  const records = await gateway.recordsUntil((all) => all.some(isIts));
  return String(records.find(isIts)?.['session']);
}

/** The status of a handshake that does not come to be. */
export async function refusal(path: string): Promise<readonly [number, string]> {
  const headers = { authorization: `Bearer ${await gateway.issuer.token()}` };
  const socket = new WsClient(`${base}${path}`, { headers });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return [response.statusCode ?? 0, body];
}
