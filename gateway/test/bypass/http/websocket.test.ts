/** What no rule lets through a WebSocket must not reach the service, whatever frames and bytes it comes in. */
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { SOCKET_ATTACKS } from './cases/socket-frames.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: live, effect: allow, on: http, match: { paths: [/live], websocket: [open, text, binary, long] } }
  - { id: no-deletes, effect: deny, on: http, match: { websocket: [text, binary] }, when: "http.body.action == 'delete'" }
`;

let gateway: HttpGateway;
/** All that reached the service, in any form. */
let seen: string[] = [];
/** Connections of the gateway to the service that have ended, by the path that was asked for. */
const ended = new Map<string, () => void>();

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.end();
    },
    policy: POLICY,
    listener: { allowLoopbackPlaintext: true },
    resource: { inspectionBytes: 2_000, webSocketDenial: 'message' },
  });
  // As lenient as a server can be.
  const server = new WebSocketServer({ noServer: true, skipUTF8Validation: true });
  gateway.service.on('upgrade', (request: IncomingMessage, stream, head) => {
    server.handleUpgrade(request, stream, head, (socket) => {
      socket.on('message', (data: Buffer) => seen.push(data.toString('latin1')));
      socket.on('ping', (data) => seen.push(data.toString('latin1')));
      socket.on('pong', (data) => seen.push(data.toString('latin1')));
      socket.on('error', () => undefined);
      socket.on('close', (_code, reason) => {
        seen.push(reason.toString('latin1'));
        ended.get(request.url ?? '')?.();
      });
    });
  });
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

/** Sends bytes behind a handshake; resolves when both connections have ended. */
async function attackWith(bytes: Buffer, mark: string): Promise<void> {
  const token = await gateway.issuer.token();
  const serviceEnds = new Promise<void>((resolve) => ended.set(`/live?mark=${mark}`, resolve));
  const socket = connect({ host: gateway.host, port: gateway.port });
  const clientEnds = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.write(
    [
      `GET /shop/live?mark=${mark} HTTP/1.1`,
      'Host: gateway',
      `Authorization: Bearer ${token}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '',
      '',
    ].join('\r\n'),
  );
  await new Promise<void>((resolve) => socket.once('data', () => resolve()));
  socket.resume();
  socket.end(bytes);
  await Promise.all([clientEnds, serviceEnds]);
}

/** What a service could take it for: without NULs, escapes undone, in any case. */
function readings(text: string): string {
  return text
    .replaceAll('\0', '')
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    .toLowerCase();
}

describe('a message that a rule denies', () => {
  it.each(SOCKET_ATTACKS.map(({ name, bytes }, index) => [name, bytes, `a${index}`] as const))(
    'P1 P3: does not reach the service %s',
    async (_name, bytes, mark) => {
      seen = [];
      await attackWith(bytes, mark);
      expect(seen.map(readings).filter((text) => text.includes('delete'))).toEqual([]);
      expect(seen.some((text) => text.startsWith('POST'))).toBe(false);
    },
  );

  it('is told from one that is not: that does reach it', async () => {
    seen = [];
    const text = Buffer.from('{"action":"read"}');
    for (let at = 0; at < text.length; at += 1) text[at] = (text[at] ?? 0) ^ 0x55;
    await attackWith(
      Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0x55, 0x55, 0x55, 0x55]), text]),
      'fine',
    );
    expect(seen).toContain('{"action":"read"}');
  });
});
