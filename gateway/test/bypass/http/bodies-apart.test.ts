/**
 * P2: bodies stay apart. Sockets are read into memory that is used again, so bodies of many connections pass side by side, fast and slow on
 * either side, held for judging, recorded, and both ways at once: each comes out as it went in.
 */
import { createHash, randomBytes } from 'node:crypto';
import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Readable, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';

const KIB = 1024;
const SIDE_BY_SIDE = 12;
const ROUNDS = 6;
/** Around what is copied, what is read at once, and what is held for judging. */
const SIZES = [1, 300, 4095, 4097, 20 * KIB, 65_535, 65_537, 200 * KIB, 300 * KIB, 700 * KIB];

let gateway: HttpGateway;
let token: string;

/** What came comes back while it comes, now and then after a pause. */
async function giveBack(request: Readable, response: Writable): Promise<void> {
  let count = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    count += 1;
    if (count % 3 === 0) for (let index = 0; index < 5; index += 1) await turn();
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve));
  }
  response.end();
}

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (request, response) => void giveBack(request, response),
    listener: { allowLoopbackPlaintext: true },
    resource: { credential: { none: true } },
    recording: {},
    limits: { sessionsPerPrincipal: 1000 },
  });
  token = await gateway.issuer.token();
}, 60_000);
afterAll(() => gateway?.[Symbol.asyncDispose]());

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Writes in pieces of all sizes, and takes a turn between some of them. */
async function send(stream: Writable, bytes: Buffer, seed: number): Promise<void> {
  let at = 0;
  for (let count = seed; at < bytes.length; count += 1) {
    const size = SIZES[count % 7] ?? 1;
    const next = Math.max(at + size, at + bytes.length / 200);
    if (!stream.write(bytes.subarray(at, next)))
      await new Promise((resolve) => stream.once('drain', resolve));
    if (count % 2 === 0) await turn();
    at = Math.floor(next);
  }
  stream.end();
}

async function receive(stream: Readable, seed: number): Promise<string> {
  const hash = createHash('sha256');
  let count = seed;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    count += 1;
    if (count % 4 === 0) for (let index = 0; index < 5; index += 1) await turn();
  }
  return hash.digest('hex');
}

type Exchange = (bytes: Buffer, seed: number) => Promise<string>;

function byHttp1(isTls: boolean): { readonly exchange: Exchange; readonly close: () => void } {
  const agent = isTls
    ? new TlsAgent({ keepAlive: true, rejectUnauthorized: false })
    : new PlainAgent({ keepAlive: true });
  const ask = isTls ? tlsRequest : plainRequest;
  const where = { host: gateway.host, port: gateway.port, path: '/shop/a', method: 'POST', agent };
  return {
    exchange: (bytes, seed) =>
      new Promise((resolve, reject) => {
        const headers = {
          authorization: `Bearer ${token}`,
          ...(seed % 2 === 0 ? { 'content-length': bytes.length } : {}),
        };
        const asking = ask({ ...where, headers }, (answer) => {
          receive(answer, seed).then(resolve, reject);
        });
        asking.on('error', reject);
        send(asking, bytes, seed).catch(reject);
      }),
    close: () => agent.destroy(),
  };
}

function byHttp2(): { readonly exchange: Exchange; readonly close: () => void } {
  const session = connectHttp2(gateway.url, { rejectUnauthorized: false });
  return {
    exchange: async (bytes, seed) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/shop/a',
        authorization: `Bearer ${token}`,
      });
      const [got] = await Promise.all([receive(stream, seed), send(stream, bytes, seed)]);
      return got;
    },
    close: () => session.close(),
  };
}

describe('bodies side by side', () => {
  it('P2: come back as they were sent, over connections of all kinds', async () => {
    const ways = [byHttp1(false), byHttp1(true), byHttp2()];
    const lanes = ways.flatMap(({ exchange }, way) =>
      Array.from({ length: SIDE_BY_SIDE }, async (_, lane) => {
        for (let round = 0; round < ROUNDS; round += 1) {
          const seed = way + lane + round;
          const bytes = randomBytes(SIZES[seed % SIZES.length] ?? 1);
          expect(await exchange(bytes, seed), `${bytes.length} bytes`).toBe(digest(bytes));
        }
      }),
    );
    try {
      await Promise.all(lanes);
    } finally {
      for (const { close } of ways) close();
    }
  }, 60_000);
});
