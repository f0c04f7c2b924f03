/** Handshakes of WebSocket as nobody should make them. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { exchangeBytes } from '../../../support/http-clients.ts';
import { gateway, refusal, seen, useSockets } from './sockets.ts';

useSockets();

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
