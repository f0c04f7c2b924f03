/** P10: what is held of a body takes memory by its bytes, and not by the pieces in which it comes. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { startHttpGateway } from '../../support/http-gateway.ts';
import {
  block,
  connectRaw,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  HEADERS,
  PING,
  RST_STREAM,
} from '../../support/http2-frames.ts';
import { RawHttpClient } from '../../support/raw-http.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MEBIBYTE = 1024 * 1024;
/** Less than the window, so that all of it is held. */
const BYTES = 200_000;
const REQUESTS = 4;
/** Streams that take 16 MiB, and such as wait for room. */
const HOLDERS = 64;
const WAITING = 6;
/** What may be sent of one that is not read. */
const WINDOW_BYTES = 65_535;

function used(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;

describe('bodies in the smallest pieces', () => {
  it('P10: of requests take the memory of their bytes while they are held', async () => {
    let before = 0;
    let grown = 0;
    const all = Promise.withResolvers<void>();
    let arrived = 0;
    await using gateway = await startHttpGateway({
      listener: { allowLoopbackPlaintext: true },
      service: (request, response) => {
        arrived += 1;
        if (arrived === REQUESTS) {
          grown = used() - before;
          all.resolve();
        }
        request.on('end', () => response.end());
        void all.promise.then(() => request.resume());
      },
    });
    const token = await gateway.issuer.token();
    await using clients = new AsyncDisposableStack();
    const head = `POST /shop/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const body = Buffer.from(`${chunk('x').repeat(BYTES)}0\r\n\r\n`);
    before = used();
    const answers = Array.from({ length: REQUESTS }, async () => {
      const client = clients.use(await RawHttpClient.connect(gateway));
      client.send(head, body);
      return client.answer();
    });
    const statuses = (await Promise.all(answers)).map((answer) => answer?.status);
    expect(statuses).toEqual(Array.from({ length: REQUESTS }, () => 200));
    expect(grown).toBeLessThan(24 * MEBIBYTE);
  }, 60_000);

  it('P10: of streams of HTTP/2 take it while nobody reads them', async () => {
    await using gateway = await startHttpGateway({ service: () => undefined });
    const token = await gateway.issuer.token();
    const raw = await connectRaw(gateway);
    const head = block(
      [':method', 'POST'],
      [':scheme', 'https'],
      [':authority', 'gateway'],
      [':path', '/shop/a'],
      ['authorization', `Bearer ${token}`],
    );
    // The first take all room that a connection has for bodies, and send none; of the others nothing is read.
    const streams = Array.from({ length: HOLDERS + WAITING }, (_, index) => 2 * index + 1);
    raw.send(...streams.map((stream) => frame(HEADERS, END_HEADERS, stream, head)));
    raw.send(frame(PING, 0, 0, Buffer.alloc(8, 1)));
    await raw.until(({ type, payload }) => type === PING && payload[0] === 1);
    const before = used();
    for (const stream of streams.slice(HOLDERS)) {
      const smallest = frame(DATA, 0, stream, Buffer.from('x'));
      raw.send(Buffer.concat(Array.from({ length: WINDOW_BYTES }, () => smallest)));
    }
    raw.send(frame(PING, 0, 0, Buffer.alloc(8, 2)));
    await raw.until(({ type, payload }) => type === PING && payload[0] === 2);
    const grown = used() - before;
    raw.stream.destroy();
    expect(raw.frames.filter(({ type }) => type === GOAWAY || type === RST_STREAM)).toEqual([]);
    expect(grown).toBeLessThan(16 * MEBIBYTE);
  }, 60_000);

  it('P10: of answers take it while a client of HTTP/2 takes nothing', async () => {
    const text = chunk('x').repeat(100_000);
    const isSent = Promise.withResolvers<void>();
    let sent = 0;
    await using gateway = await startHttpGateway({
      service: (_request, response) => {
        response.socket?.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        response.socket?.write(text, () => {
          sent += 1;
          if (sent === REQUESTS) isSent.resolve();
        });
      },
      resource: { credential: { none: true } },
    });
    const token = await gateway.issuer.token();
    // SETTINGS_INITIAL_WINDOW_SIZE of nothing.
    const raw = await connectRaw(gateway, Buffer.from('000400000000', 'hex'));
    const fields = [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', 'gateway'],
      [':path', '/shop/a'],
      ['authorization', `Bearer ${token}`],
    ] as const;
    const before = used();
    for (let index = 0; index < REQUESTS; index += 1) {
      raw.send(frame(HEADERS, END_HEADERS | END_STREAM, 2 * index + 1, block(...fields)));
    }
    await isSent.promise;
    for (let index = 0; index < REQUESTS; index += 1) expect(await raw.fate(2 * index + 1)).toBe('200');
    let grown = 0;
    for (let turn = 1; turn <= 100; turn += 1) {
      raw.send(frame(PING, 0, 0, Buffer.alloc(8, turn)));
      await raw.until(({ type, payload }) => type === PING && payload[0] === turn);
      if (turn % 20 !== 0) continue;
      grown = Math.max(grown, used() - before);
    }
    raw.stream.destroy();
    expect(grown).toBeLessThan(16 * MEBIBYTE);
  }, 60_000);
});
