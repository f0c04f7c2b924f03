import { connect as connectTcp, createServer } from 'node:net';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { MOST_HELLO_BYTES, readClientHello } from './client-hello.ts';

/** What Node's own TLS client sends first. */
function helloOf(servername: string | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (chunk) => {
        server.close();
        socket.destroy();
        resolve(chunk);
      });
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      const named = servername === undefined ? {} : { servername };
      const client = connect({ socket: connectTcp(address.port, '127.0.0.1'), ...named });
      client.on('error', () => undefined);
    });
    server.on('error', reject);
  });
}

/** One record. */
function record(data: Buffer, type = 22): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 1, data.length >> 8, data.length & 0xff]), data]);
}

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const listed = (data: Buffer): Buffer => Buffer.concat([u16(data.length), data]);
const named = (name: string, type = 0): Buffer =>
  Buffer.concat([Buffer.from([type]), listed(Buffer.from(name, 'latin1'))]);
const serverNames = (...names: readonly Buffer[]): Buffer =>
  Buffer.concat([u16(0), listed(listed(Buffer.concat(names)))]);

/** A ClientHello with these extensions, in one record. */
function hello(...extensions: readonly Buffer[]): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    listed(Buffer.from([0x13, 0x01])),
    Buffer.from([1, 0]),
    listed(Buffer.concat(extensions)),
  ]);
  return record(Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]));
}

let real: Buffer;
let unnamed: Buffer;
beforeAll(async () => {
  [real, unnamed] = await Promise.all([helloOf('Api.Example.com'), helloOf(undefined)]);
});

describe('the first message of TLS', () => {
  it('of a real client names its server', () => {
    expect(readClientHello(real)).toEqual({ kind: 'hello', serverName: 'api.example.com' });
    expect(readClientHello(unnamed)).toEqual({ kind: 'hello', serverName: undefined });
  });

  it('is waited for as long as it is not whole, and read alike in any records', () => {
    for (let length = 0; length < real.length; length += 1) {
      expect(readClientHello(real.subarray(0, length))).toEqual({ kind: 'incomplete' });
    }
    const data = real.subarray(5);
    const split = Buffer.concat(Array.from(data, (byte) => record(Buffer.from([byte]))));
    expect(readClientHello(split)).toEqual({ kind: 'hello', serverName: 'api.example.com' });
    expect(readClientHello(Buffer.concat([real, record(Buffer.from([1]), 20)]))).toMatchObject({
      serverName: 'api.example.com',
    });
  });

  it.each<readonly [string, Buffer]>([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['SSH', Buffer.from('SSH-2.0-x\r\n')],
    ['SSL 2', Buffer.from([0x80, 0x2e, 1, 3, 1, 0, 0])],
    ['another handshake message', record(Buffer.from([2, 0, 0, 0]))],
    ['an empty record', record(Buffer.alloc(0))],
    ['another record in between', Buffer.concat([record(Buffer.from([1])), record(Buffer.from([1]), 23)])],
    ['a message that is too long', record(Buffer.from([1, 0xff, 0xff, 0xff]))],
    ['two names', hello(serverNames(named('a.example'), named('b.example')))],
    ['two lists of names', hello(serverNames(named('a.example')), serverNames(named('b.example')))],
    ['an empty list', hello(serverNames())],
    ['a name of another kind', hello(serverNames(named('a.example', 1)))],
    ['a NUL in the name', hello(serverNames(named('a.example\0.b.example')))],
    ['an address', hello(serverNames(named('[::1]')))],
    ['a list that is cut short', hello(Buffer.concat([u16(0), u16(9), u16(4), Buffer.alloc(2)]))],
    ['a list with more behind it', hello(Buffer.concat([u16(0), listed(Buffer.alloc(9))]))],
  ])('P3: is none where there is %s', (_what, bytes) => {
    expect(readClientHello(bytes).kind).toBe('none');
  });

  it('P10: ends somewhere, and is no error whatever comes', () => {
    const endless = Buffer.concat(Array.from({ length: 3 }, () => record(Buffer.alloc(16_000, 1))));
    endless.writeUIntBE(MOST_HELLO_BYTES, 6, 3);
    expect(readClientHello(endless).kind).not.toBe('incomplete');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(600), (noise, at) => {
        const bytes = Buffer.concat([real.subarray(0, at), Buffer.from(noise)]);
        expect(['incomplete', 'none', 'hello']).toContain(readClientHello(bytes).kind);
      }),
    );
  });
});
