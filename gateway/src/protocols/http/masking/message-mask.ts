/** Masks of the messages that a service sends over a WebSocket. */
import { bodyMasker } from './body-format.ts';
import { type BodyMasker, MaskContext } from './body-masker.ts';
import { type HttpMaskError, httpMaskError } from './errors.ts';
import type { FieldMasks } from './field-masks.ts';
import { DEFAULT_MASK_LIMITS } from './mask-limits.ts';
import { type MaskSummary, MaskTally } from './mask-tally.ts';

/** Masks one message. */
export interface MessageMask {
  /** A piece, and what is known to be clean of all so far; with the last one all the rest. @throws HttpMaskError */
  push(bytes: Buffer, last: boolean): Buffer;
}

/** Masks the messages of one WebSocket. */
export class MessageMasks {
  readonly #tally = new MaskTally();
  #context: MaskContext;

  constructor(masks: FieldMasks) {
    this.#context = new MaskContext(masks, this.#tally, DEFAULT_MASK_LIMITS);
  }

  /** Goes on with other masks, from the next message on. */
  change(masks: FieldMasks): void {
    this.#context = new MaskContext(masks, this.#tally, DEFAULT_MASK_LIMITS);
  }

  /**
   * The mask of a message. Text is JSON where its first character begins an object, a list or a string; other text passes only masks that
   * look for content. @throws HttpMaskError for what is binary: nothing is known of it
   */
  begin(isText: boolean): MessageMask {
    if (!isText) throw refusal('is binary, and messages are masked');
    return new TextMask(this.#context);
  }

  /** For the record; undefined where nothing was replaced. */
  summary(): MaskSummary | undefined {
    return this.#tally.summary();
  }
}

const SPACE = /[ \t\r\n]/;
const JSON_START = /[[{"]/;

class TextMask implements MessageMask {
  readonly #context: MaskContext;
  #masker: BodyMasker | undefined;

  constructor(context: MaskContext) {
    this.#context = context;
  }

  push(bytes: Buffer, last: boolean): Buffer {
    this.#masker ??= this.#choose(bytes);
    // Nothing but space so far: there is nothing in it to mask.
    if (this.#masker === undefined) return bytes;
    const out: Buffer[] = [];
    if (bytes.length > 0) this.#masker.push(bytes, out);
    if (last) this.#masker.end(out);
    const [only] = out;
    return out.length === 1 && only !== undefined ? only : Buffer.concat(out);
  }

  #choose(bytes: Buffer): BodyMasker | undefined {
    const at = bytes.findIndex((byte) => !SPACE.test(String.fromCharCode(byte)));
    if (at === -1) return undefined;
    const isJson = JSON_START.test(String.fromCharCode(bytes[at] ?? 0));
    const masker = bodyMasker(this.#context, isJson ? 'application/json' : 'text/plain');
    if (masker instanceof Error) throw refusal('is text without fields, and fields of it are masked');
    return masker;
  }
}

function refusal(what: string): HttpMaskError {
  return httpMaskError('ERR_HTTP_MASK_FORMAT', `a message of the service ${what}`);
}
