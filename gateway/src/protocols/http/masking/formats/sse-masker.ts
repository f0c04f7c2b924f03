import { GatheredBytes } from '../../wire/gathered-bytes.ts';
import type { BodyMasker, MaskContext } from '../body-masker.ts';
import { httpMaskError } from '../errors.ts';
import { maskJsonText } from './json-masker.ts';

const LF = 0x0a;
const CR = 0x0d;
/** What many services send when they are done: it is no data. */
const DONE = '[DONE]';

/** What a line takes beside its text, in bytes: an event of very short ones would fill memory otherwise. */
const LINE_COST = 16;

/** A line with the bytes that ended it. */
interface Line {
  readonly text: Buffer;
  readonly ending: Buffer;
}

/**
 * Masks server-sent events, one at a time: data that is JSON by its fields, other data as a value without a name. An event
 * is handed out when it is complete.
 */
export class SseMasker implements BodyMasker {
  readonly #context: MaskContext;
  #event: Line[] = [];
  readonly #line = new GatheredBytes();
  /** Of all lines, with what each costs. */
  #bytes = 0;
  /** The last line ended with CR: an LF that follows belongs to it. */
  #wasCr = false;

  constructor(context: MaskContext) {
    this.#context = context;
  }

  push(chunk: Buffer, out: Buffer[]): void {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === LF && this.#wasCr) {
        this.#wasCr = false;
        this.#afterCr(out);
        from = at + 1;
        continue;
      }
      this.#wasCr = false;
      if (byte !== LF && byte !== CR) continue;
      this.#endLine(chunk.subarray(from, at), Buffer.of(byte), out);
      this.#wasCr = byte === CR;
      from = at + 1;
    }
    const rest = chunk.subarray(from);
    if (rest.length > 0) this.#grow(Buffer.from(rest));
  }

  end(out: Buffer[]): void {
    if (this.#line.length > 0) this.#endLine(Buffer.alloc(0), Buffer.alloc(0), out);
    this.#settle(out);
  }

  #grow(part: Buffer): void {
    this.#line.add(part);
    this.#bytes += part.length;
    if (this.#bytes > this.#context.limits.valueBytes) unreadable();
  }

  #endLine(last: Buffer, ending: Buffer, out: Buffer[]): void {
    this.#grow(last);
    // Of its own: what it was put together in has room for more.
    const text = Buffer.from(this.#line.take());
    this.#bytes += LINE_COST;
    this.#event.push({ text, ending });
    if (text.length === 0) this.#settle(out);
  }

  /** The LF of a CRLF: of the line before, or right behind an event that was handed out. */
  #afterCr(out: Buffer[]): void {
    const line = this.#event.pop();
    if (line === undefined) out.push(Buffer.of(LF));
    else this.#event.push({ text: line.text, ending: Buffer.from('\r\n') });
  }

  #settle(out: Buffer[]): void {
    const lines = this.#event;
    this.#event = [];
    this.#bytes = 0;
    const data = lines.filter(isData).map(({ text }) => valueOf(text));
    const source = Buffer.concat(
      data.flatMap((part, index) => (index === 0 ? [part] : [Buffer.of(LF), part])),
    );
    const masked = data.length === 0 ? source : this.#maskData(source);
    const isSame = masked.equals(source);
    let isFirst = true;
    for (const line of lines) {
      if (!isData(line)) {
        out.push(this.#maskLine(line.text), line.ending);
        continue;
      }
      if (isSame) out.push(line.text, line.ending);
      else if (isFirst) out.push(...linesOf(masked, line.ending));
      isFirst = false;
    }
  }

  #maskData(data: Buffer): Buffer {
    const text = data.toString('utf8');
    const { mask } = this.#context.fields.root;
    if (text === DONE || text.trim() === '') return data;
    const json = /^\s*[{["]/.test(text) ? maskJsonText(this.#context, data) : undefined;
    if (json !== undefined) return json;
    const masked = this.#context.maskText(text, mask);
    return masked === undefined ? data : Buffer.from(masked ?? '');
  }

  /** Comments, names and ids of events: where fields are masked by name, those that look like one. */
  #maskLine(text: Buffer): Buffer {
    // A line that is neither may be data to somebody, and so may what is more than a name or a number.
    if (this.#context.masks.asksForNames && !OTHER.test(text.toString('latin1', 0, LONGEST_OTHER))) {
      return EMPTY_COMMENT;
    }
    const masked = this.#context.replaceFindings(text.toString('utf8'), this.#context.fields.root.mask);
    return masked === undefined ? text : Buffer.from(masked.replaceAll(/[\r\n]/g, ' '));
  }
}

function isData({ text }: Line): boolean {
  return text.equals(DATA) || text.subarray(0, PREFIX.length).equals(PREFIX);
}

const OTHER = /^(?:: ?[\w -]{0,32}|(?:event|id)(?:: ?[\w.:/+=-]{0,128})?|retry(?:: ?\d{0,12})?)?$/;
const LONGEST_OTHER = 160;
/** In place of a line: an empty one would end the event. */
const EMPTY_COMMENT = Buffer.from(':');
const DATA = Buffer.from('data');
const PREFIX = Buffer.from('data:');

function valueOf(text: Buffer): Buffer {
  const start = text[PREFIX.length] === 0x20 ? PREFIX.length + 1 : PREFIX.length;
  return text.subarray(start);
}

function linesOf(value: Buffer, ending: Buffer): readonly Buffer[] {
  const own = ending.length === 0 ? Buffer.of(LF) : ending;
  return value
    .toString('utf8')
    .split(/\r\n|\r|\n/)
    .flatMap((line) => [Buffer.from(`data: ${line}`), own]);
}

function unreadable(): never {
  throw httpMaskError('ERR_HTTP_MASK_FORMAT', 'an event of the response is longer than what is looked at');
}
