/** A request of HTTP/2: a stream beside others, with a window of its own. */
import type { ServerHttp2Stream } from 'node:http2';
import { ChunkSource } from '../../chunk-source.ts';
import { HttpError } from '../../errors.ts';
import { joinUnread } from '../../http2/join-unread.ts';
import { PendingWrites } from '../../http2/pending-writes.ts';
import type { HeadFields } from '../../wire/encode/head-fields.ts';
import { WireError } from '../../wire/errors.ts';
import type { RequestHead } from '../../wire/head/request-head.ts';
import { encodeHttp2Response, encodeHttp2Trailers, hasContent } from '../../wire/http2/encode-http2.ts';
import { CANCEL, INTERNAL_ERROR } from '../../wire/http2/error-codes.ts';
import { type RawHeaders, readHttp2Trailers } from '../../wire/http2/header-list.ts';
import type { DataPart, EndPart } from '../../wire/message-stream.ts';
import type { AnswerHead, ClientExchange } from '../client-exchange.ts';
import { closeWhenSent } from './close-when-sent.ts';

/** Node adds Date otherwise, which is the service's to say; its types do not know the option. */
export const WITHOUT_DATE: object = { sendDate: false };

const END: EndPart = { kind: 'end', trailers: undefined };

/** How a stream is served. */
export interface Http2Options {
  /** Longest silence within the body, and of a client that takes nothing of its answer. */
  readonly idleTimeoutMs: number;
  /** Called when something of a body was received or taken. */
  readonly onProgress: () => void;
}

/** One stream of a client connection. */
export class Http2Exchange implements ClientExchange {
  readonly head: RequestHead;
  readonly #stream: ServerHttp2Stream;
  readonly #writes: PendingWrites;
  readonly #idleTimeoutMs: number;
  readonly #onProgress: () => void;
  readonly #source: ChunkSource | undefined;
  readonly #gone = new AbortController();
  #received = 0;
  #isBodyRead: boolean;
  #trailers: RawHeaders | undefined;
  #isEnded = false;
  /** The head of the answer was its end. */
  #isWhole = false;

  /** The gateway reset the stream. */
  #isBrokenOff = false;

  constructor(stream: ServerHttp2Stream, head: RequestHead, { idleTimeoutMs, onProgress }: Http2Options) {
    this.head = head;
    this.#stream = stream;
    this.#writes = new PendingWrites(stream);
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#onProgress = onProgress;
    this.#isBodyRead = head.framing.kind === 'none';
    if (!this.#isBodyRead) joinUnread(stream);
    this.#source = this.#isBodyRead ? undefined : new ChunkSource(stream);
    const gone = (): void => {
      if (!this.#isEnded)
        this.#gone.abort(new HttpError('ERR_HTTP_GONE', 400, 'the client reset the stream'));
    };
    stream.once('aborted', gone);
    stream.once('close', gone);
    stream.once('trailers', (...[, , raw]: readonly unknown[]) => {
      this.#trailers = raw as RawHeaders;
    });
    if (stream.closed || stream.destroyed) gone();
  }

  get isBrokenOff(): boolean {
    return this.#isBrokenOff;
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isBodyRead(): boolean {
    return this.#isBodyRead;
  }

  async sendContinue(): Promise<void> {
    this.#open().additionalHeaders({ ':status': 100 });
  }

  async nextBody(): Promise<DataPart | EndPart> {
    if (this.#source === undefined || this.#isBodyRead) return END;
    const chunk = await this.#source.next(this.#idleTimeoutMs);
    if (chunk === 'timeout') {
      throw new HttpError('ERR_HTTP_CLIENT_TIMEOUT', 408, 'the body of the request stands still');
    }
    if (chunk === 'end') return this.#endOfBody();
    this.#received += chunk.length;
    this.#onProgress();
    return { kind: 'data', bytes: chunk, start: 0, end: chunk.length };
  }

  async begin({ status, fields, length, isWhole }: AnswerHead): Promise<boolean> {
    const { method } = this.head;
    const hasBody = hasContent(method, status);
    this.#isWhole = isWhole === true || !hasBody;
    this.#open().respond(encodeHttp2Response({ status, fields, method, length }), {
      ...WITHOUT_DATE,
      endStream: this.#isWhole,
      waitForTrailers: !this.#isWhole,
    });
    return hasBody;
  }

  async write(slice: Buffer): Promise<void> {
    this.#open();
    if (!(await this.#writes.write(slice, this.#idleTimeoutMs))) throw gone();
    this.#onProgress();
  }

  async end(trailers?: HeadFields): Promise<void> {
    const stream = this.#open();
    this.#isEnded = true;
    // A client that takes nothing more must not hold what is left of its answer for ever.
    stream.setTimeout(this.#idleTimeoutMs, () => stream.close(CANCEL));
    if (!this.#isWhole) {
      stream.once('wantTrailers', () => {
        if (stream.closed || stream.destroyed) return;
        try {
          stream.sendTrailers(encodeHttp2Trailers(trailers));
        } catch {
          this.breakOff();
        }
      });
      stream.end();
    }
    if (this.#isBodyRead) return;
    this.#source?.release();
    closeWhenSent(stream);
  }

  breakOff(): void {
    this.#isBrokenOff = true;
    this.#stream.close(INTERNAL_ERROR);
  }

  /** Node ends the stream in the same way when the client resets it without error: a part is not taken for the whole. */
  #endOfBody(): EndPart {
    const { closed, aborted, destroyed } = this.#stream;
    if (closed || aborted || destroyed) throw gone();
    const { framing } = this.head;
    if (framing.kind === 'length' && framing.length !== this.#received) {
      const place = { source: 'downstream', offset: this.#received } as const;
      throw new WireError('ERR_HTTP1_FRAMING', 'the body is not as long as content-length says', place);
    }
    this.#isBodyRead = true;
    if (this.#trailers === undefined) return END;
    return { kind: 'end', trailers: readHttp2Trailers(this.#trailers, 'downstream') };
  }

  #open(): ServerHttp2Stream {
    const stream = this.#stream;
    if (stream.closed || stream.destroyed) throw gone();
    return stream;
  }
}

function gone(): HttpError {
  return new HttpError('ERR_HTTP_GONE', 400, 'the client takes no more of its answer');
}
