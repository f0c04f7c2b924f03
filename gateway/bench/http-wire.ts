/**
 * Speed of the HTTP/1.1 codec on one processor: `node gateway/bench/http-wire.ts [--json]`. Microseconds of processor time
 * a message, or GB of body a processor-second; best of some rounds.
 */
import { fileURLToPath } from 'node:url';
import {
  CHUNK_END,
  encodeChunkedEnd,
  encodeChunkStart,
} from '../src/protocols/http/wire/encode/encode-chunk.ts';
import { encodeRequestHead } from '../src/protocols/http/wire/encode/encode-request.ts';
import { encodeResponseHead } from '../src/protocols/http/wire/encode/encode-response.ts';
import { HeadFields } from '../src/protocols/http/wire/encode/head-fields.ts';
import type { MessageStream } from '../src/protocols/http/wire/message-stream.ts';
import { createRequestReader } from '../src/protocols/http/wire/request-reader.ts';
import { ResponseReader } from '../src/protocols/http/wire/response-reader.ts';
import { encodeFrame } from '../src/protocols/http/wire/websocket/encode-frame.ts';
import { WebSocketReader } from '../src/protocols/http/wire/websocket/frame-reader.ts';
import { Opcode } from '../src/protocols/http/wire/websocket/opcode.ts';

/** One measured piece of work. */
export interface HttpWireResult {
  readonly work: string;
  readonly figure: number;
  readonly unit: 'us/message' | 'GB/s';
}

const ROUNDS = 5;
const MESSAGES = 20_000;
const BODY_BYTES = 64 * 1024;

const GET = [
  'GET /api/customers?page=2&limit=50 HTTP/1.1',
  'Host: shop.example.com',
  'Connection: keep-alive',
  'Accept: application/json',
  'Accept-Encoding: gzip, br',
  'Accept-Language: en',
  `Authorization: Bearer ${'x'.repeat(60)}`,
  'User-Agent: agent/1.0 (tools; http)',
  'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
].join('\r\n');
const request = Buffer.from(`${GET}\r\n\r\n`);
const post = Buffer.from(
  `${GET.replace('GET', 'POST')}\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n${'j'.repeat(200)}`,
);
const response = Buffer.from(
  `HTTP/1.1 200 OK\r\nServer: x\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\nContent-Type: application/json; charset=utf-8\r\nETag: "abc"\r\nCache-Control: no-store\r\nContent-Length: 1024\r\nConnection: keep-alive\r\n\r\n${'j'.repeat(1024)}`,
);

/** Processor microseconds of one call of `work`, which handles `count` messages. */
function costOf(count: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(begun);
    best = Math.min(best, (user + system) / count);
  }
  return Number(best.toFixed(3));
}

function drain(reader: Pick<MessageStream<unknown>, 'next'>): number {
  let bytes = 0;
  for (let part = reader.next(); part !== undefined; part = reader.next()) {
    if (part.kind === 'data') bytes += part.end - part.start;
  }
  return bytes;
}

function readsRequests(chunk: Buffer, perChunk = 1): () => void {
  const reader = createRequestReader();
  return () => {
    for (let count = 0; count < MESSAGES; count += perChunk) {
      reader.push(chunk);
      drain(reader);
    }
  };
}

function readsResponses(): () => void {
  const reader = new ResponseReader();
  const asked = { method: 'GET', upgrade: undefined };
  return () => {
    for (let count = 0; count < MESSAGES; count += 1) {
      reader.expect(asked);
      reader.push(response);
      drain(reader);
    }
  };
}

/** A request as the gateway relays it: read, then written again in its own form. */
function relays(): () => void {
  const reader = createRequestReader();
  const except = new Set(['authorization']);
  return () => {
    for (let count = 0; count < MESSAGES; count += 1) {
      reader.push(post);
      for (let part = reader.next(); part !== undefined; part = reader.next()) {
        if (part.kind !== 'head') continue;
        const { method, target, fields, connection, framing } = part.head;
        const copied = new HeadFields()
          .copyEndToEnd(fields, connection, except)
          .add('authorization', 'Bearer y');
        encodeRequestHead({ method, target: target.raw, host: 'upstream:80', fields: copied, framing });
      }
    }
  };
}

function encodesResponses(): () => void {
  const fields = new HeadFields().add('content-type', 'application/json').add('etag', '"abc"');
  return () => {
    for (let count = 0; count < MESSAGES; count += 1) {
      encodeResponseHead({
        status: 200,
        fields,
        request: { method: 'GET', minor: 1 },
        length: 1024,
        closes: false,
      });
    }
  };
}

/** Gigabytes of chunked body a processor-second, in chunks of `size` bytes. */
function chunkedSpeed(size: number): number {
  const chunks = Math.floor(BODY_BYTES / size);
  const one = Buffer.concat([encodeChunkStart(size), Buffer.alloc(size, 0x61), CHUNK_END]);
  const bytes = Buffer.concat(Array.from({ length: chunks }, () => one));
  const pushes = 500;
  const cost = costOf(1, () => {
    const reader = createRequestReader();
    reader.push(Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'));
    drain(reader);
    for (let count = 0; count < pushes; count += 1) {
      reader.push(bytes);
      drain(reader);
    }
    reader.push(encodeChunkedEnd());
    drain(reader);
  });
  return Number(((chunks * size * pushes) / cost / 1000).toFixed(2));
}

/** Gigabytes of masked WebSocket payload a processor-second, in frames of `size` bytes. */
function webSocketSpeed(size: number): number {
  const key = Buffer.of(1, 2, 3, 4);
  const frame = encodeFrame({ opcode: Opcode.Binary, isFinal: true, payload: Buffer.alloc(size), key });
  const frames = Buffer.concat(Array.from({ length: Math.floor(BODY_BYTES / size) }, () => frame));
  const pushes = 500;
  const cost = costOf(1, () => {
    const reader = new WebSocketReader({ source: 'downstream', maxMessageBytes: BODY_BYTES });
    for (let count = 0; count < pushes; count += 1) {
      const copy = Buffer.from(frames);
      reader.push(copy);
      for (let part = reader.next(); part !== undefined; part = reader.next());
    }
  });
  return Number(((Math.floor(BODY_BYTES / size) * size * pushes) / cost / 1000).toFixed(2));
}

/** Measures heads, bodies and the way through the codec and back. */
export function benchHttpWire(): readonly HttpWireResult[] {
  const pipelined = Buffer.concat(Array.from({ length: 50 }, () => request));
  const message = (work: string, run: () => void): HttpWireResult => ({
    work,
    figure: costOf(MESSAGES, run),
    unit: 'us/message',
  });
  return [
    message(`read a GET of ${request.length} bytes, 8 fields`, readsRequests(request)),
    message('read the same, 50 in a chunk', readsRequests(pipelined, 50)),
    message(`read a POST of ${post.length} bytes, 10 fields`, readsRequests(post)),
    message('read the POST and write it again', relays()),
    message(`read a response of ${response.length} bytes, 7 fields`, readsResponses()),
    message('write a response head', encodesResponses()),
    { work: 'chunked body, chunks of 64 bytes', figure: chunkedSpeed(64), unit: 'GB/s' },
    { work: 'chunked body, chunks of 16 KiB', figure: chunkedSpeed(16_384), unit: 'GB/s' },
    { work: 'WebSocket, masked frames of 64 bytes', figure: webSocketSpeed(64), unit: 'GB/s' },
    { work: 'WebSocket, masked frames of 16 KiB', figure: webSocketSpeed(16_384), unit: 'GB/s' },
  ];
}

/** Renders results as a table. */
export function formatHttpWireResults(results: readonly HttpWireResult[]): string {
  return `${results.map(({ work, figure, unit }) => `${work.padEnd(48)}${String(figure).padStart(10)} ${unit}`).join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = benchHttpWire();
  console.log(process.argv.includes('--json') ? JSON.stringify(results) : formatHttpWireResults(results));
}
