import { WireError } from './errors.ts';
import type { TextOrigin } from './fields/field-block.ts';
import { type AskedRequest, parseResponseHead, type ResponseHead } from './head/response-head.ts';
import { type HeadLimits, RESPONSE_LIMITS } from './limits.ts';
import type { EndPart, MessagePart, OpenedMessage } from './message-stream.ts';
import { MessageStream } from './message-stream.ts';

export type ResponsePart = MessagePart<ResponseHead>;

/** Interim responses that one request may have; more are a way to keep a client busy without an answer. */
const MOST_INTERIM = 16;

/**
 * Reads the responses of one upstream connection, which carries one request at a time. A hostile resource is no better
 * than a hostile client: the same strictness, and bytes that answer nothing are refused, because they would answer the next
 * request, which may be somebody else's.
 */
export class ResponseReader {
  readonly #limits: HeadLimits;
  readonly #stream: MessageStream<ResponseHead>;
  #asked: AskedRequest | undefined;
  #interim = 0;
  /** A response said that the connection ends behind it. */
  #closes = false;

  constructor(limits: HeadLimits = RESPONSE_LIMITS) {
    this.#limits = limits;
    this.#stream = new MessageStream<ResponseHead>({
      source: 'upstream',
      limits,
      begins: (origin) => this.#askedOr(origin),
      open: (text, origin) => this.#open(text, origin),
    });
  }

  /** Bytes of memory held for a head or a trailer section that is not complete. */
  get retainedBytes(): number {
    return this.#stream.retainedBytes;
  }

  /** All pushed bytes are used up. */
  get isDrained(): boolean {
    return this.#stream.isDrained;
  }

  /**
   * No request is open, no byte is left over, nothing was wrong, and no response so far ends the connection: it can carry
   * the next request.
   */
  get isIdle(): boolean {
    return this.#asked === undefined && !this.#closes && this.#stream.isIdle;
  }

  /** Announces the request whose response comes next. Call it when the request's first byte is about to be sent. */
  expect(asked: AskedRequest): void {
    if (!this.isIdle) {
      const message = 'a request was announced on a connection that cannot carry it';
      throw new WireError('ERR_HTTP1_MISUSE', message, { source: 'internal', offset: 0 });
    }
    this.#asked = asked;
    this.#interim = 0;
  }

  /** See {@link MessageStream.push}. */
  push(chunk: Buffer): void {
    this.#stream.push(chunk);
  }

  /** See {@link MessageStream.next}. After the end of a response go on until it returns undefined: left-over bytes throw. */
  next(): ResponsePart | undefined {
    return this.#stream.next();
  }

  /** See {@link MessageStream.takeRest}: behind a head whose framing is `tunnel`. */
  takeRest(): Buffer {
    return this.#stream.takeRest();
  }

  /** The resource closed the connection. Refuses to end within a response, or before one that is due. */
  end(): EndPart | undefined {
    const part = this.#stream.end();
    if (part !== undefined || this.#asked === undefined) return part;
    const message = 'the connection ends before the response';
    throw new WireError('ERR_HTTP1_TRUNCATED', message, { source: 'upstream', offset: 0 });
  }

  #askedOr({ source, offset }: TextOrigin): AskedRequest {
    if (this.#asked !== undefined) return this.#asked;
    throw new WireError('ERR_HTTP1_UNASKED', 'bytes with no request open', { source, offset });
  }

  #open(text: string, origin: TextOrigin): OpenedMessage<ResponseHead> {
    const head = parseResponseHead(text, origin, this.#limits, this.#askedOr(origin));
    if (head.isInterim) this.#interim += 1;
    else {
      this.#asked = undefined;
      this.#closes = !head.isPersistent;
    }
    if (this.#interim > MOST_INTERIM) {
      throw new WireError('ERR_HTTP1_UNASKED', `more than ${MOST_INTERIM} interim responses`, origin);
    }
    return { head, framing: head.framing, holds: false };
  }
}
