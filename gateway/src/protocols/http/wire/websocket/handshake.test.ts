import { describe, expect, it } from 'vitest';
import type { RequestHead } from '../head/request-head.ts';
import type { ResponseHead } from '../head/response-head.ts';
import { createRequestReader } from '../request-reader.ts';
import { ResponseReader } from '../response-reader.ts';
import { latin1 } from '../testing/read-messages.ts';
import { acceptText, checkWebSocketResponse, offersWebSocket, readWebSocketRequest } from './handshake.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const GOOD = [
  'Host: a',
  'Connection: keep-alive, Upgrade',
  'Upgrade: WebSocket',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Version: 13',
];

function requestHead(lines: readonly string[], line = 'GET /chat HTTP/1.1'): RequestHead {
  const reader = createRequestReader();
  reader.push(latin1(`${[line, ...lines].join('\r\n')}\r\n\r\n`));
  const part = reader.next();
  if (part?.kind !== 'head') throw new Error('no head');
  return part.head;
}

function responseHead(lines: readonly string[]): ResponseHead {
  const reader = new ResponseReader();
  reader.expect({ method: 'GET', upgrade: ['websocket'] });
  const head = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket', ...lines];
  reader.push(latin1(`${head.join('\r\n')}\r\n\r\n`));
  const part = reader.next();
  if (part?.kind !== 'head') throw new Error('no head');
  return part.head;
}

describe('opening handshake (RFC 6455 section 4)', () => {
  it('reads the key and the subprotocols of a request', () => {
    const head = requestHead([
      ...GOOD,
      'Sec-WebSocket-Protocol: chat, v2.x',
      'Sec-WebSocket-Extensions: permessage-deflate',
    ]);
    expect(offersWebSocket(head)).toBe(true);
    expect(readWebSocketRequest(head)).toEqual({ key: KEY, protocols: ['chat', 'v2.x'] });
    expect(acceptText(KEY)).toBe('dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11');
    expect(offersWebSocket(requestHead(['Host: a']))).toBe(false);
  });

  const without = (name: string, ...more: readonly string[]): readonly string[] => [
    ...GOOD.filter((line) => !line.startsWith(name)),
    ...more,
  ];
  it.each([
    ['POST', requestHead(GOOD, 'POST / HTTP/1.1')],
    ['a body', requestHead([...GOOD, 'Content-Length: 1'])],
    ['another protocol as well', requestHead(without('Upgrade', 'Upgrade: websocket, h2c'))],
    ['no key', requestHead(without('Sec-WebSocket-Key'))],
    ['a short key', requestHead(without('Sec-WebSocket-Key', 'Sec-WebSocket-Key: AAAA'))],
    ['no version', requestHead(without('Sec-WebSocket-Version'))],
    ['version 8', requestHead(without('Sec-WebSocket-Version', 'Sec-WebSocket-Version: 8'))],
    ['a subprotocol that is no token', requestHead([...GOOD, 'Sec-WebSocket-Protocol: a b'])],
    ['a subprotocol twice', requestHead([...GOOD, 'Sec-WebSocket-Protocol: a, a'])],
  ])('P3: refuses a request with %s', (_name, head) => {
    expect(() => readWebSocketRequest(head)).toThrow(
      expect.objectContaining({ code: 'ERR_WEBSOCKET_HANDSHAKE', source: 'downstream' }),
    );
  });

  const expected = { accept: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', protocols: ['chat'] };
  const ACCEPT = `Sec-WebSocket-Accept: ${expected.accept}`;

  it('checks the answer of a server', () => {
    expect(checkWebSocketResponse(responseHead([ACCEPT]), expected)).toBeUndefined();
    expect(checkWebSocketResponse(responseHead([ACCEPT, 'Sec-WebSocket-Protocol: chat']), expected)).toBe(
      'chat',
    );
  });

  it.each([
    ['no accept value', []],
    ['a wrong accept value', ['Sec-WebSocket-Accept: AAAA']],
    ['an extension', [ACCEPT, 'Sec-WebSocket-Extensions: permessage-deflate']],
    ['another subprotocol', [ACCEPT, 'Sec-WebSocket-Protocol: other']],
  ])('P10: refuses an answer with %s', (_name, lines) => {
    expect(() => checkWebSocketResponse(responseHead(lines), expected)).toThrow(
      expect.objectContaining({ code: 'ERR_WEBSOCKET_HANDSHAKE', source: 'upstream' }),
    );
  });
});
