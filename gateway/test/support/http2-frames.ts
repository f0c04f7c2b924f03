/** HTTP/2 by hand (RFC 9113, RFC 7541): frames as no library would send them, and what comes back. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { HttpGateway } from './http-gateway.ts';

export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Types of frames. */
export const DATA = 0x0;
export const HEADERS = 0x1;
export const PRIORITY = 0x2;
export const RST_STREAM = 0x3;
export const SETTINGS = 0x4;
export const PING = 0x6;
export const GOAWAY = 0x7;
export const WINDOW_UPDATE = 0x8;
export const CONTINUATION = 0x9;

/** Flags. */
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
export const ACK = 0x1;

/** One frame. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A header block of literals that are never indexed, byte for byte as given. */
export function block(...fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0x10]), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [0x7f];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  length.push(rest);
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** One end of a connection, frame by frame. */
export class RawHttp2 {
  readonly stream: Duplex;
  readonly frames: Frame[] = [];
  isClosed = false;
  answersPings = false;
  #rest = Buffer.alloc(0);
  #skips: number;
  readonly #watchers = new Set<() => void>();

  /** @param skips bytes in front of the first frame: the preface, at the end of a service */
  constructor(stream: Duplex, skips = 0) {
    this.stream = stream;
    this.#skips = skips;
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('close', () => {
      this.isClosed = true;
      for (const watcher of this.#watchers) watcher();
    });
  }

  send(...frames: readonly Buffer[]): void {
    if (!this.stream.destroyed) this.stream.write(Buffer.concat(frames));
  }

  /** The first frame of which it holds; undefined when the connection is closed before. */
  async until(isIt: (frame: Frame) => boolean): Promise<Frame | undefined> {
    for (;;) {
      const found = this.frames.find(isIt);
      if (found !== undefined || this.isClosed) return found;
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }

  /** What became of a stream: its status, or the code with which it or the connection ended. */
  async fate(stream: number): Promise<string> {
    const end = await this.until(
      ({ type, stream: id }) =>
        type === GOAWAY || (id === stream && (type === HEADERS || type === RST_STREAM)),
    );
    if (end === undefined) return 'closed';
    if (end.type === HEADERS) return String(statusOf(end.payload));
    return end.type === GOAWAY
      ? `goaway ${end.payload.readUInt32BE(4)}`
      : `reset ${end.payload.readUInt32BE(0)}`;
  }

  #take(chunk: Buffer): void {
    const skipped = Math.min(this.#skips, chunk.length);
    this.#skips -= skipped;
    this.#rest = Buffer.concat([this.#rest, chunk.subarray(skipped)]);
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < 9 + length) break;
      const [type, flags] = [this.#rest.readUInt8(3), this.#rest.readUInt8(4)];
      const stream = this.#rest.readUInt32BE(5) & 0x7fffffff;
      const payload = this.#rest.subarray(9, 9 + length);
      this.frames.push({ type, flags, stream, payload });
      if (this.answersPings && type === PING && flags === 0) this.send(frame(PING, ACK, 0, payload));
      this.#rest = this.#rest.subarray(9 + length);
    }
    for (const watcher of this.#watchers) watcher();
  }
}

/** Opens a connection to a gateway with TLS and sends the preface with empty SETTINGS. */
export async function connectRaw(
  gateway: HttpGateway,
  settings: Buffer = Buffer.alloc(0),
): Promise<RawHttp2> {
  const socket = connect({
    host: gateway.host,
    port: gateway.port,
    ca: readFileSync(gateway.caFile),
    ALPNProtocols: ['h2'],
  });
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  const raw = new RawHttp2(socket);
  raw.send(PREFACE, frame(SETTINGS, 0, 0, settings));
  await raw.until(({ type, flags }) => type === SETTINGS && flags === 0);
  raw.send(frame(SETTINGS, ACK, 0));
  return raw;
}

const STATIC: Readonly<Record<number, number>> = {
  8: 200,
  9: 204,
  10: 206,
  11: 304,
  12: 400,
  13: 404,
  14: 500,
};

/** The status of the first answer of a connection: nothing is in the dynamic table then. */
function statusOf(payload: Buffer): number | undefined {
  let at = 0;
  while (((payload[at] ?? 0) & 0xe0) === 0x20) at += 1;
  const first = payload[at] ?? 0;
  if ((first & 0x80) !== 0) return STATIC[first & 0x7f];
  const length = (payload[at + 1] ?? 0) & 0x7f;
  const value = payload.subarray(at + 2, at + 2 + length);
  const isHuffman = ((payload[at + 1] ?? 0) & 0x80) !== 0;
  return Number(isHuffman ? digits(value) : value.toString('latin1'));
}

/** Huffman code of digits (RFC 7541 appendix B): 0 to 2 have five bits, the others six. */
function digits(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let value = '';
  for (let at = 0; value.length < 3; ) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2);
    value += five < 3 ? five : Number.parseInt(bits.slice(at, at + 6), 2) - 0x19 + 3;
    at += five < 3 ? 5 : 6;
  }
  return value;
}

/** A service that speaks HTTP/2 without TLS, byte for byte as told. */
export async function startRawService(
  serve: (raw: RawHttp2) => Promise<void>,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    void serve(new RawHttp2(socket, PREFACE.length));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
