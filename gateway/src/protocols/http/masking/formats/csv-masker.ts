import { REDACTED } from '../../../../masking/replace/replace.ts';
import { GatheredBytes } from '../../wire/gathered-bytes.ts';
import { type BodyMasker, leavesText, type MaskContext } from '../body-masker.ts';
import { httpMaskError } from '../errors.ts';
import type { Field } from '../field-tree.ts';
import { LONGEST_NAME } from '../mask-limits.ts';

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;
const DELIMITERS = [0x2c, 0x3b, 0x09, 0x7c] as const;
/** What a name in a header looks like; anything else may be somebody's data. */
const NAME = /^[\p{L}_][\p{L}\p{N}_ .()/-]{0,63}$/u;

type State = 'start' | 'plain' | 'quoted' | 'quote';

/**
 * Masks CSV (RFC 4180) and its like by the names in the first row. A table without such names has columns that may be any:
 * all masks of columns hold for them. It holds one value.
 */
export class CsvMasker implements BodyMasker {
  readonly #context: MaskContext;
  /** Undefined until the first row has told. */
  #delimiter: number | undefined;
  #columns: readonly Field[] = [];
  readonly #head = new GatheredBytes();
  #column = 0;
  #state: State = 'start';
  #wasCr = false;
  #mode: 'hold' | 'drop' = 'hold';
  #held: number[] = [];
  #hasHeader: boolean;

  constructor(context: MaskContext, options: { readonly hasHeader: boolean; readonly delimiter?: number }) {
    this.#context = context;
    this.#hasHeader = options.hasHeader;
    this.#delimiter = options.delimiter;
  }

  push(chunk: Buffer, out: Buffer[]): void {
    let from = 0;
    if (this.#head.length > 0 || this.#columns.length === 0) {
      from = this.#collectHead(chunk, out);
      if (from === -1) return;
    }
    const sink = new Collector(out);
    for (let at = from; at < chunk.length; at += 1) this.#byte(chunk[at] ?? 0, sink);
    sink.flush();
  }

  end(out: Buffer[]): void {
    if (this.#columns.length === 0 && this.#head.length > 0) this.#readHead(this.#head.take(), out);
    const sink = new Collector(out);
    if (this.#state === 'quoted' || this.#wasCr) unreadable();
    this.#endValue(sink);
    sink.flush();
  }

  /** Where the first row ends in the chunk; -1 where it does not. */
  #collectHead(chunk: Buffer, out: Buffer[]): number {
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === QUOTE) this.#state = this.#state === 'quoted' ? 'start' : 'quoted';
      if (byte !== LF || this.#state === 'quoted') continue;
      this.#state = 'start';
      this.#readHead(Buffer.concat([this.#head.take(), chunk.subarray(0, at + 1)]), out);
      return at + 1;
    }
    this.#head.add(Buffer.from(chunk));
    if (this.#head.length > LONGEST_NAME) unreadable();
    return -1;
  }

  #readHead(row: Buffer, out: Buffer[]): void {
    this.#state = 'start';
    const outside = row.toString('latin1').replaceAll(/"[^"]*"/g, '');
    const present = DELIMITERS.filter((delimiter) => outside.includes(String.fromCharCode(delimiter)));
    if (this.#delimiter === undefined && present.length > 1) unreadable();
    const delimiter = this.#delimiter ?? present[0] ?? 0x2c;
    this.#delimiter = delimiter;
    const text = row
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .replace(/\r?\n$/, '');
    const names = splitRow(text, String.fromCharCode(delimiter));
    const { root } = this.#context.fields;
    if (this.#hasHeader && names.every((name) => NAME.test(name))) {
      this.#columns = names.map((name) => root.member(name));
      out.push(row);
      return;
    }
    this.#columns = [root];
    const sink = new Collector(out);
    for (const byte of row) this.#byte(byte, sink);
    sink.flush();
  }

  #byte(byte: number, sink: Collector): void {
    if (this.#wasCr && byte !== LF) unreadable();
    switch (this.#state) {
      case 'start':
      case 'plain':
        if (byte === QUOTE && this.#state === 'start') this.#state = 'quoted';
        else if (byte === QUOTE) unreadable();
        else if (this.#ends(byte, sink)) return;
        else this.#state = 'plain';
        break;
      case 'quoted':
        if (byte === QUOTE) this.#state = 'quote';
        break;
      case 'quote':
        if (this.#ends(byte, sink)) return;
        if (byte !== QUOTE) unreadable();
        this.#state = 'quoted';
    }
    this.#keep(byte, sink);
  }

  /** Whether the byte ends the value. */
  #ends(byte: number, sink: Collector): boolean {
    if (byte === CR) {
      this.#wasCr = true;
      return true;
    }
    if (byte !== this.#delimiter && byte !== LF) return false;
    this.#endValue(sink);
    if (this.#wasCr) sink.add(CR);
    this.#wasCr = false;
    sink.add(byte);
    this.#column = byte === LF ? 0 : this.#column + 1;
    return true;
  }

  #keep(byte: number, sink: Collector): void {
    if (this.#mode === 'drop') return;
    if (leavesText(this.#field.mask)) {
      sink.add(byte);
      return;
    }
    this.#held.push(byte);
    if (this.#held.length <= this.#context.limits.valueBytes) return;
    this.#context.tally.oversized += 1;
    this.#held = [];
    sink.text(REDACTED);
    this.#mode = 'drop';
  }

  /** Values beyond the header have no name. */
  get #field(): Field {
    return this.#columns[this.#column] ?? this.#context.fields.root;
  }

  #endValue(sink: Collector): void {
    if (this.#held.length > 0) {
      const raw = Buffer.from(this.#held);
      const text = raw.toString('utf8');
      const isQuoted = text.startsWith('"');
      const value = isQuoted ? text.slice(1, -1).replaceAll('""', '"') : text;
      const masked = this.#context.maskText(value, this.#field.mask);
      if (masked === undefined) sink.bytes(raw);
      else sink.text(masked === null ? '' : this.#encode(masked, isQuoted));
    }
    this.#held = [];
    this.#mode = 'hold';
    this.#state = 'start';
  }

  #encode(value: string, isQuoted: boolean): string {
    const needsQuotes = isQuoted || /["\r\n,;\t|]/.test(value);
    return needsQuotes ? `"${value.replaceAll('"', '""')}"` : value;
  }
}

const GATHERED_BYTES = 16_384;

/** Bytes of the way out, gathered: values are short, and a slice for each would cost more than the value. */
class Collector {
  readonly #out: Buffer[];
  #buffer: Buffer = Buffer.allocUnsafe(GATHERED_BYTES);
  #length = 0;

  constructor(out: Buffer[]) {
    this.#out = out;
  }

  add(byte: number): void {
    if (this.#length === GATHERED_BYTES) this.flush();
    this.#buffer[this.#length] = byte;
    this.#length += 1;
  }

  bytes(bytes: Buffer): void {
    if (this.#length + bytes.length > GATHERED_BYTES) this.flush();
    if (bytes.length > GATHERED_BYTES) {
      this.#out.push(bytes);
      return;
    }
    bytes.copy(this.#buffer, this.#length);
    this.#length += bytes.length;
  }

  text(text: string): void {
    if (text !== '') this.bytes(Buffer.from(text));
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#out.push(this.#buffer.subarray(0, this.#length));
    this.#buffer = Buffer.allocUnsafe(GATHERED_BYTES);
    this.#length = 0;
  }
}

function splitRow(text: string, delimiter: string): readonly string[] {
  const names: string[] = [];
  let at = 0;
  for (;;) {
    if (text.charAt(at) === '"') {
      const end = /"(?!")/.exec(text.slice(at + 1).replaceAll('""', '\0\0'))?.index ?? text.length;
      names.push(
        text
          .slice(at + 1, at + 1 + end)
          .replaceAll('""', '"')
          .trim(),
      );
      at += end + 2;
    } else {
      const end = text.indexOf(delimiter, at);
      names.push(text.slice(at, end === -1 ? text.length : end).trim());
      at = end === -1 ? text.length : end;
    }
    if (at >= text.length) return names;
    if (text.charAt(at) !== delimiter) return [''];
    at += 1;
  }
}

function unreadable(): never {
  throw httpMaskError(
    'ERR_HTTP_MASK_FORMAT',
    'the response says that it is CSV, and can be read in more than one way',
  );
}
