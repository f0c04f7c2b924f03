import { ChunkedDecoder } from './body/chunked-decoder.ts';
import type { BodyFraming } from './body/framing.ts';
import { WireError, type WireErrorSource } from './errors.ts';
import type { FieldBlock, TextOrigin } from './fields/field-block.ts';
import { HeadCollector } from './head/head-collector.ts';
import { type HeadLimits, TRAILER_LIMITS } from './limits.ts';

/** The beginning of a message. */
export interface HeadPart<Head> {
  readonly kind: 'head';
  readonly head: Head;
}

/** A slice of a body, without its framing. Reused: valid until the next call of `next`. */
export interface DataPart {
  readonly kind: 'data';
  /** The pushed chunk itself. */
  bytes: Buffer;
  start: number;
  end: number;
}

/** The end of a message. */
export interface EndPart {
  readonly kind: 'end';
  readonly trailers: FieldBlock | undefined;
}

export type MessagePart<Head> = HeadPart<Head> | DataPart | EndPart;

/** What differs between requests and responses. */
export interface MessageStreamOptions<Head> {
  readonly source: WireErrorSource;
  readonly limits: HeadLimits;
  readonly trailerLimits?: HeadLimits;
  /** Called at the first byte of each message; throws where none may begin. */
  readonly begins?: (origin: TextOrigin) => void;
  /** Parses a head; called once a message. */
  readonly open: (text: string, origin: TextOrigin) => OpenedMessage<Head>;
}

/** A parsed head and what follows it. */
export interface OpenedMessage<Head> {
  readonly head: Head;
  readonly framing: BodyFraming;
  /** The bytes behind the message may be of another protocol: nothing is parsed until `resume` or `takeRest`. */
  readonly holds: boolean;
}

type State = 'head' | 'body' | 'end' | 'held' | 'tunnel';

const NOTHING = Buffer.alloc(0);
const BARE_END: EndPart = { kind: 'end', trailers: undefined };

/**
 * Cuts a byte stream into the heads, body slices and ends of HTTP/1 messages that follow one another. Pull style: `push`
 * a chunk, then call `next` until it returns undefined. Not calling `next` is how a reader puts off a pipelined message.
 * It does not resume after an error: where framing is lost there is no next message.
 */
export class MessageStream<Head> {
  readonly #options: MessageStreamOptions<Head>;
  readonly #collector: HeadCollector;
  readonly #chunked: ChunkedDecoder;
  readonly #data: DataPart = { kind: 'data', bytes: NOTHING, start: 0, end: 0 };
  #state: State = 'head';
  #framing: BodyFraming = { kind: 'none' };
  #holds = false;
  /** Bytes still to come of a body of known length. */
  #remaining = 0;
  #chunk: Buffer = NOTHING;
  #position = 0;
  /** Stream offset of the chunk's first byte. */
  #chunkOffset = 0;
  #isDrained = true;
  #failure: WireError | undefined;

  constructor(options: MessageStreamOptions<Head>) {
    this.#options = options;
    const { source, limits } = options;
    this.#collector = new HeadCollector({
      source,
      maxBytes: limits.headBytes,
      targetBytes: limits.targetBytes,
    });
    this.#chunked = new ChunkedDecoder(source, options.trailerLimits ?? TRAILER_LIMITS);
  }

  /** Bytes of memory held for a head or a trailer section that is not complete; never over its limit. */
  get retainedBytes(): number {
    return this.#collector.retainedBytes + this.#chunked.retainedBytes;
  }

  /** A message has begun and not ended. */
  get isMidMessage(): boolean {
    return this.#state === 'body' || this.#state === 'end' || this.isMidHead;
  }

  /** A head has begun and not ended: what a deadline for heads has to know. */
  get isMidHead(): boolean {
    return this.#state === 'head' && this.#collector.length > 0;
  }

  /** Between messages, with no byte left over and no error: where a connection may be used again. */
  get isIdle(): boolean {
    return this.#failure === undefined && this.#state === 'head' && this.#isDrained && !this.isMidHead;
  }

  /**
   * Hands over the next bytes of the stream. They are read in place: the caller must not change them until `next` has
   * returned undefined with {@link isDrained}, and may then.
   */
  push(chunk: Buffer): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#isDrained) throw this.#misuse('a chunk was pushed before the last one was drained');
    if (this.#state === 'tunnel') throw this.#misuse('a chunk was pushed after the last message');
    this.#chunk = chunk;
    this.#position = 0;
    this.#isDrained = false;
  }

  /** All pushed bytes are used up; while a message holds the stream there may be some left. */
  get isDrained(): boolean {
    return this.#isDrained;
  }

  /** The next part, or undefined when more input is needed or the stream is held. Throws {@link WireError}, then for ever. */
  next(): MessagePart<Head> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (this.#state === 'body') return this.#nextData();
      if (this.#state === 'end') return this.#finish();
      if (this.#state !== 'head') return this.#position < this.#chunk.length ? undefined : this.#drain();
      return this.#nextHead();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Goes on with the next message after one that held the stream: its upgrade or tunnel was not granted. */
  resume(): void {
    if (this.#state !== 'held') throw this.#misuse('resumed without being held');
    this.#state = 'head';
  }

  /** Gives up the rest of the chunk for another protocol, as a view, and takes no more bytes. */
  takeRest(): Buffer {
    if (this.#state !== 'held' && this.#state !== 'tunnel')
      throw this.#misuse('there is no other protocol yet');
    const rest = this.#chunk.subarray(this.#position);
    this.#state = 'tunnel';
    this.#drain();
    return rest;
  }

  /** The peer has ended the stream. Returns the end of a body that lasts until then; refuses to end within a message. */
  end(): EndPart | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#state === 'body' && this.#framing.kind === 'until-close') {
      this.#state = 'tunnel';
      return BARE_END;
    }
    if (!this.isMidMessage) return undefined;
    const { source } = this.#options;
    const place = { source, offset: this.#chunkOffset + this.#position };
    throw this.#fail(new WireError('ERR_HTTP1_TRUNCATED', 'the stream ends within a message', place));
  }

  #nextHead(): MessagePart<Head> | undefined {
    const start = this.#position;
    if (start >= this.#chunk.length) return this.#drain();
    const offset = this.#chunkOffset + start;
    const begin = offset - this.#collector.length;
    if (begin === offset) this.#options.begins?.({ source: this.#options.source, offset });
    const guess = this.#collector.guess(this.#chunk, start);
    if (guess !== -1) return this.#openGuess(start, guess, begin);
    const end = this.#collector.scan(this.#chunk, start, offset);
    return end === -1 ? this.#drain() : this.#openHead(start, end, begin);
  }

  /**
   * Opens a head that lies whole in the chunk without looking for its line ends first. A head that parses has none but
   * CRLF; of one that does not, the collector says what it would have said of it in pieces.
   */
  #openGuess(start: number, end: number, begin: number): HeadPart<Head> {
    try {
      return this.#openHead(start, end, begin);
    } catch (error) {
      this.#collector.scan(this.#chunk, start, begin);
      throw error;
    }
  }

  #openHead(start: number, end: number, begin: number): HeadPart<Head> {
    const text = this.#collector.take(this.#chunk, start, end);
    this.#position = end;
    const opened = this.#options.open(text, { source: this.#options.source, offset: begin });
    this.#begin(opened);
    return { kind: 'head', head: opened.head };
  }

  #begin({ framing, holds }: OpenedMessage<Head>): void {
    this.#framing = framing;
    this.#holds = holds;
    this.#remaining = framing.kind === 'length' ? framing.length : 0;
    if (framing.kind === 'chunked') this.#chunked.reset();
    const isEmpty = framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0);
    if (framing.kind === 'tunnel') this.#state = 'tunnel';
    else this.#state = isEmpty ? 'end' : 'body';
  }

  #nextData(): MessagePart<Head> | undefined {
    const { kind } = this.#framing;
    if (kind === 'chunked') return this.#nextChunked();
    const start = this.#position;
    const available = this.#chunk.length - start;
    if (available === 0) return this.#drain();
    const count = kind === 'length' ? Math.min(available, this.#remaining) : available;
    this.#remaining -= count;
    if (kind === 'length' && this.#remaining === 0) this.#state = 'end';
    return this.#emit(start, start + count);
  }

  #nextChunked(): MessagePart<Head> | undefined {
    const decoder = this.#chunked;
    const end = decoder.advance(this.#chunk, this.#position, this.#chunkOffset);
    this.#position = end;
    if (decoder.isDone) return this.#finish();
    if (decoder.dataEnd === decoder.dataStart) return this.#drain();
    return this.#emit(decoder.dataStart, decoder.dataEnd);
  }

  #emit(start: number, end: number): DataPart {
    const data = this.#data;
    data.bytes = this.#chunk;
    data.start = start;
    data.end = end;
    this.#position = end;
    return data;
  }

  #finish(): EndPart {
    const trailers = this.#framing.kind === 'chunked' ? this.#chunked.trailers : undefined;
    this.#state = this.#holds ? 'held' : 'head';
    return trailers === undefined ? BARE_END : { kind: 'end', trailers };
  }

  /** Returns undefined and lets go of the chunk, which an idle connection need not keep. */
  #drain(): undefined {
    this.#chunkOffset += this.#chunk.length;
    this.#chunk = NOTHING;
    this.#data.bytes = NOTHING;
    this.#position = 0;
    this.#isDrained = true;
    return undefined;
  }

  #fail(error: unknown): WireError {
    if (!(error instanceof WireError)) throw error;
    this.#failure = error;
    this.#collector.reset();
    this.#drain();
    return error;
  }

  #misuse(message: string): WireError {
    return new WireError('ERR_HTTP1_MISUSE', message, { source: 'internal', offset: this.#chunkOffset });
  }
}
