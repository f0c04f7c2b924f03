/** A request of HTTP/2: a stream beside others of the same principal. */
import type { ClientHttp2Stream } from 'node:http2';
import { ChunkSource } from '../../chunk-source.ts';
import { joinUnread } from '../../http2/join-unread.ts';
import { PendingWrites } from '../../http2/pending-writes.ts';
import type { OutgoingRequest } from '../../wire/encode/encode-request.ts';
import { WireError } from '../../wire/errors.ts';
import type { ResponseHead } from '../../wire/head/response-head.ts';
import { encodeHttp2Request } from '../../wire/http2/encode-http2.ts';
import { CANCEL, REFUSED_STREAM } from '../../wire/http2/error-codes.ts';
import { type RawHeaders, readHttp2Trailers } from '../../wire/http2/header-list.ts';
import { readHttp2Response } from '../../wire/http2/http2-response.ts';
import type { EndPart } from '../../wire/message-stream.ts';
import type { ResponsePart } from '../../wire/response-reader.ts';
import { HttpUpstreamError } from '../errors.ts';
import type { ServiceExchange } from '../service-exchange.ts';
import type { Http2UpstreamConnection } from './connection.ts';

/** END_STREAM of a HEADERS frame (RFC 9113 section 6.2). */
const END_STREAM = 0x1;
/** As for HTTP/1.1: more interim responses are a way to keep a client busy without an answer. */
const MOST_INTERIM = 16;
const END: EndPart = { kind: 'end', trailers: undefined };

interface Arrived {
  readonly raw: RawHeaders;
  readonly endsStream: boolean;
}

/** One stream of a connection that has a place for it. */
export class Http2ServiceExchange implements ServiceExchange {
  readonly #connection: Http2UpstreamConnection;
  readonly #head = Promise.withResolvers<Arrived>();
  readonly #wasReused: boolean;
  #method = '';
  #stream: ClientHttp2Stream | undefined;
  #writes: PendingWrites | undefined;
  #source: ChunkSource | undefined;
  #answer: ResponseHead | undefined;
  #received = 0;
  #trailers: RawHeaders | undefined;
  /** The service ended the stream in order. */
  #isWhole = false;
  #isOver = false;

  constructor(connection: Http2UpstreamConnection) {
    connection.take();
    this.#connection = connection;
    this.#wasReused = connection.isReused;
    this.#head.promise.catch(() => undefined);
  }

  /** A stream that was reset alone tells that the connection was not stale. */
  get isReused(): boolean {
    return this.#wasReused && this.#connection.isOver;
  }

  get isUnprocessed(): boolean {
    const stream = this.#stream;
    if (stream === undefined || this.#answer !== undefined) return false;
    return stream.rstCode === REFUSED_STREAM || this.#connection.hasIgnored(stream);
  }

  begin(request: OutgoingRequest, whole?: readonly Buffer[]): void {
    if (this.#isOver) return;
    const connection = this.#connection;
    const hasBody = request.framing.kind !== 'none' && whole?.length !== 0;
    this.#method = request.method;
    const stream = connection.request(encodeHttp2Request(request, connection.scheme), !hasBody);
    this.#stream = stream;
    this.#listen(stream);
    if (hasBody && whole !== undefined) stream.end(Buffer.concat(whole));
  }

  async write(slice: Buffer, timeoutMs: number): Promise<boolean> {
    const stream = this.#stream;
    if (stream === undefined || stream.closed || stream.destroyed) return false;
    this.#writes ??= new PendingWrites(stream);
    this.#connection.noteProgress();
    const isWritable = await this.#writes.write(slice, timeoutMs);
    if (!isWritable && !stream.closed) this.#connection.doubt();
    return isWritable;
  }

  async end(): Promise<boolean> {
    const stream = this.#stream;
    if (stream === undefined || stream.closed || stream.destroyed) return false;
    stream.end();
    return true;
  }

  async next(timeoutMs: number): Promise<ResponsePart | 'timeout'> {
    if (this.#answer === undefined) return this.#nextHead(timeoutMs);
    if (this.#source === undefined) return END;
    const chunk = await this.#source.next(timeoutMs);
    if (chunk === 'timeout') {
      this.#connection.doubt();
      return 'timeout';
    }
    if (chunk === 'end') return this.#endOfBody(this.#answer);
    this.#received += chunk.length;
    this.#connection.noteProgress();
    const { framing } = this.#answer;
    if (framing.kind === 'none') throw broken('a body where there is none');
    return { kind: 'data', bytes: chunk, start: 0, end: chunk.length };
  }

  release(): void {
    this.#source?.release();
    this.#stream?.resume();
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#stream === undefined) {
      this.#head.reject(broken('the request was called off'));
      this.#connection.leave();
    } else this.#stream.close(CANCEL);
  }

  #listen(stream: ClientHttp2Stream): void {
    let interim = 0;
    joinUnread(stream);
    stream.on('headers', () => {
      interim += 1;
      if (interim > MOST_INTERIM) stream.close(CANCEL);
    });
    stream.once('response', (...[, flags, raw]: readonly unknown[]) => {
      const endsStream = ((flags as number) & END_STREAM) !== 0;
      if (!endsStream) this.#source = new ChunkSource(stream);
      else stream.resume();
      this.#head.resolve({ raw: raw as RawHeaders, endsStream });
    });
    stream.once('trailers', (...[, , raw]: readonly unknown[]) => {
      this.#trailers = raw as RawHeaders;
    });
    stream.once('close', () => {
      this.#head.reject(broken(`the service reset the stream (${stream.rstCode})`));
      this.#isOver = true;
      this.#connection.leave();
    });
    // Node ends the stream in the same way for END_STREAM and for a reset without error, before which it is closed: a part is not
    // taken for the whole.
    const push = stream.push.bind(stream);
    stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk === null && !stream.closed) this.#isWhole = true;
      return push(chunk, encoding);
    };
  }

  async #nextHead(timeoutMs: number): Promise<ResponsePart | 'timeout'> {
    const arrived = await within(this.#head.promise, timeoutMs);
    if (arrived === 'timeout') {
      this.#connection.doubt();
      return 'timeout';
    }
    const head = parse(() => readHttp2Response(arrived.raw, arrived.endsStream, this.#method));
    // Node tells of interim responses apart: this is the one that counts.
    if (head.isInterim) throw broken('an interim response that ends the stream');
    this.#answer = head;
    return { kind: 'head', head };
  }

  #endOfBody({ framing }: ResponseHead): EndPart {
    if (!this.#isWhole) throw broken('the service broke off its answer');
    if (framing.kind === 'length' && framing.length !== this.#received) {
      throw broken('the body is not as long as content-length says');
    }
    const raw = this.#trailers;
    return raw === undefined
      ? END
      : { kind: 'end', trailers: parse(() => readHttp2Trailers(raw, 'upstream')) };
  }
}

function parse<Result>(step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_PROTOCOL', error.message, error);
  }
}

async function within<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value | 'timeout'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(() => resolve('timeout'), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function broken(message: string): HttpUpstreamError {
  return new HttpUpstreamError('ERR_HTTP_UPSTREAM_PROTOCOL', message);
}
