import { type CloseStatus, parseClose } from './close-frame.ts';
import { WebSocketError, type WebSocketErrorCode } from './errors.ts';
import {
  checkHeaderStart,
  type FrameHeader,
  headerSize,
  MOST_HEADER_BYTES,
  parseHeader,
} from './frame-header.ts';
import { applyMask, MASK_BYTES } from './mask.ts';
import { FIRST_CONTROL, MOST_CONTROL_BYTES, Opcode } from './opcode.ts';
import { Utf8Validator } from './utf8-validator.ts';

/** A piece of a data message, unmasked. Reused: valid until the next call of `next`. */
export interface MessageSlice {
  readonly kind: 'data';
  isText: boolean;
  /** The pushed chunk itself. */
  bytes: Buffer;
  start: number;
  end: number;
  /** This begins the message. */
  first: boolean;
  /** This ends the message, however many frames it had. */
  last: boolean;
}

/** A ping or pong with its payload, which is a copy. */
export interface PingPart {
  readonly kind: 'ping' | 'pong';
  readonly payload: Buffer;
}

/** The close frame: the last part. */
export interface ClosePart extends CloseStatus {
  readonly kind: 'close';
}

export type WebSocketPart = MessageSlice | PingPart | ClosePart;

/** Options of {@link WebSocketReader}. */
export interface WebSocketReaderOptions {
  /** Frames of clients (`downstream`) are masked, those of servers (`upstream`) are not. */
  readonly source: 'downstream' | 'upstream';
  /** Longest message, over all its frames. */
  readonly maxMessageBytes: number;
  /** Most frames of a message, empty ones among them; absent: any number. */
  readonly maxMessageFrames?: number;
}

const NOTHING = Buffer.alloc(0);

/**
 * Reads one direction of a WebSocket connection (RFC 6455 section 5) from chunks of any size, without extensions. Data comes
 * out in slices as it arrives, **unmasked in place**: the pushed chunk is the reader's to change. Frames inside of a message
 * are not shown, because the gateway writes its own. Pull style, as {@link import('../message-stream.ts').MessageStream}.
 */
export class WebSocketReader {
  readonly #options: WebSocketReaderOptions;
  readonly #header = Buffer.alloc(MOST_HEADER_BYTES);
  readonly #key = Buffer.alloc(MASK_BYTES);
  readonly #control = Buffer.alloc(MOST_CONTROL_BYTES);
  readonly #text = new Utf8Validator();
  readonly #slice: MessageSlice = {
    kind: 'data',
    isText: false,
    bytes: NOTHING,
    start: 0,
    end: 0,
    first: true,
    last: true,
  };
  #headerLength = 0;
  /** The frame whose payload is being read. */
  #frame: FrameHeader | undefined;
  /** Bytes of its payload that were read. */
  #read = 0;
  /** A message has begun and not ended. */
  #isOpen = false;
  #messageBytes = 0;
  #messageFrames = 0;
  /** No slice of the message has come out yet. */
  #isFirst = true;
  #hasClosed = false;
  #chunk: Buffer = NOTHING;
  #position = 0;
  #chunkOffset = 0;
  #isDrained = true;
  #failure: WebSocketError | undefined;

  constructor(options: WebSocketReaderOptions) {
    this.#options = options;
  }

  /** All pushed bytes are used up. */
  get isDrained(): boolean {
    return this.#isDrained;
  }

  /** A message has begun and not ended. */
  get isMidMessage(): boolean {
    return this.#isOpen;
  }

  /** Hands over the next bytes, which the reader unmasks in place. */
  push(chunk: Buffer): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#isDrained) {
      const message = 'a chunk was pushed before the last one was drained';
      throw new WebSocketError('ERR_WEBSOCKET_MISUSE', message, {
        source: 'internal',
        offset: this.#chunkOffset,
      });
    }
    this.#chunk = chunk;
    this.#position = 0;
    this.#isDrained = false;
  }

  /** The next part, or undefined when more input is needed. Throws {@link WebSocketError}, then for ever. */
  next(): WebSocketPart | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#next();
    } catch (error) {
      if (error instanceof WebSocketError) {
        this.#failure = error;
        this.#drain();
      }
      throw error;
    }
  }

  /** The peer has ended the stream. Refused before its close frame: a message might be missing its end. */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#hasClosed) return;
    this.#failure = this.#error('ERR_WEBSOCKET_ENDED', 'the stream ends without a close frame');
    throw this.#failure;
  }

  #next(): WebSocketPart | undefined {
    for (;;) {
      if (this.#frame === undefined) {
        if (this.#position === this.#chunk.length || !this.#readHeader()) return this.#drain();
      }
      const frame = this.#frame;
      if (frame === undefined) continue;
      const isControl = frame.opcode >= FIRST_CONTROL;
      const part = isControl ? this.#readControl(frame) : this.#readData(frame);
      if (part !== undefined) return part;
      if (this.#position === this.#chunk.length) return this.#drain();
    }
  }

  /** Takes bytes of a header; true when it is complete. */
  #readHeader(): boolean {
    const header = this.#header;
    while (this.#position < this.#chunk.length) {
      if (this.#hasClosed) throw this.#error('ERR_WEBSOCKET_ENDED', 'a frame behind the close frame');
      header[this.#headerLength] = this.#chunk[this.#position] ?? 0;
      this.#headerLength += 1;
      this.#position += 1;
      if (this.#headerLength === 2) checkHeaderStart(header, this.#isMasked, this.#place());
      if (this.#headerLength < 2 || this.#headerLength < headerSize(header, this.#headerLength)) continue;
      this.#begin(parseHeader(header, this.#place()));
      return true;
    }
    return false;
  }

  get #isMasked(): boolean {
    return this.#options.source === 'downstream';
  }

  #begin(frame: FrameHeader): void {
    if (this.#isMasked) {
      this.#header.copy(this.#key, 0, this.#headerLength - MASK_BYTES, this.#headerLength);
    }
    if (frame.opcode < FIRST_CONTROL) this.#beginData(frame);
    this.#headerLength = 0;
    this.#frame = frame;
    this.#read = 0;
  }

  #beginData({ opcode, length }: FrameHeader): void {
    const isContinuation = opcode === Opcode.Continuation;
    if (isContinuation !== this.#isOpen) {
      const message = isContinuation ? 'a continuation of nothing' : 'a message begins within another';
      throw this.#error('ERR_WEBSOCKET_FRAGMENT', message);
    }
    if (!isContinuation) {
      this.#isOpen = true;
      this.#isFirst = true;
      this.#messageBytes = 0;
      this.#messageFrames = 0;
      this.#slice.isText = opcode === Opcode.Text;
      this.#text.reset();
    }
    this.#messageFrames += 1;
    const { maxMessageFrames = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#messageFrames > maxMessageFrames) {
      throw this.#error('ERR_WEBSOCKET_TOO_LONG', `a message has more than ${maxMessageFrames} frames`);
    }
    this.#messageBytes += length;
    const most = this.#options.maxMessageBytes;
    if (this.#messageBytes > most) {
      throw this.#error('ERR_WEBSOCKET_TOO_LONG', `a message is longer than ${most} bytes`);
    }
  }

  #readData(frame: FrameHeader): MessageSlice | undefined {
    const { start, end } = this.#take(frame);
    const isFrameEnd = this.#read === frame.length;
    const isLast = isFrameEnd && frame.isFinal;
    if (isFrameEnd) this.#frame = undefined;
    const slice = this.#slice;
    if (
      slice.isText &&
      !(this.#text.accepts(this.#chunk, start, end) && (!isLast || this.#text.isComplete))
    ) {
      throw this.#error('ERR_WEBSOCKET_TEXT', 'text is not UTF-8');
    }
    if (start === end && !isLast) return undefined;
    slice.bytes = this.#chunk;
    slice.start = start;
    slice.end = end;
    slice.first = this.#isFirst;
    slice.last = isLast;
    this.#isFirst = false;
    if (isLast) this.#isOpen = false;
    return slice;
  }

  #readControl(frame: FrameHeader): PingPart | ClosePart | undefined {
    const before = this.#read;
    const { start, end } = this.#take(frame);
    this.#chunk.copy(this.#control, before, start, end);
    if (this.#read < frame.length) return undefined;
    this.#frame = undefined;
    const payload = Buffer.from(this.#control.subarray(0, frame.length));
    if (frame.opcode === Opcode.Ping) return { kind: 'ping', payload };
    if (frame.opcode === Opcode.Pong) return { kind: 'pong', payload };
    const status = parseClose(payload);
    if (!('problem' in status)) {
      this.#hasClosed = true;
      return { kind: 'close', ...status };
    }
    if (status.problem === 'text') throw this.#error('ERR_WEBSOCKET_TEXT', 'a close reason is not UTF-8');
    throw this.#error('ERR_WEBSOCKET_CLOSE', 'a close code that must not be sent');
  }

  /** Takes what the chunk has of the payload, unmasked. */
  #take(frame: FrameHeader): { readonly start: number; readonly end: number } {
    const start = this.#position;
    const end = Math.min(this.#chunk.length, start + frame.length - this.#read);
    if (this.#isMasked) applyMask(this.#chunk, start, end, this.#key, this.#read);
    this.#position = end;
    this.#read += end - start;
    return { start, end };
  }

  #drain(): undefined {
    this.#chunkOffset += this.#chunk.length;
    this.#chunk = NOTHING;
    this.#slice.bytes = NOTHING;
    this.#position = 0;
    this.#isDrained = true;
    return undefined;
  }

  #place(): { readonly source: 'downstream' | 'upstream'; readonly offset: number } {
    return { source: this.#options.source, offset: this.#chunkOffset + this.#position };
  }

  #error(code: WebSocketErrorCode, message: string): WebSocketError {
    return new WebSocketError(code, message, this.#place());
  }
}
