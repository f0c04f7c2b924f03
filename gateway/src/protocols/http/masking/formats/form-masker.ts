import { GatheredBytes } from '../../wire/gathered-bytes.ts';
import type { BodyMasker, MaskContext } from '../body-masker.ts';
import { httpMaskError } from '../errors.ts';

const AMPERSAND = 0x26;

/** Masks `application/x-www-form-urlencoded`, a pair at a time. `a[b]` and `a.b` are the field `b` of `a`. */
export class FormMasker implements BodyMasker {
  readonly #context: MaskContext;
  readonly #held = new GatheredBytes();

  constructor(context: MaskContext) {
    this.#context = context;
  }

  push(chunk: Buffer, out: Buffer[]): void {
    let from = 0;
    for (let at = chunk.indexOf(AMPERSAND); at !== -1; at = chunk.indexOf(AMPERSAND, from)) {
      this.#hold(chunk.subarray(from, at));
      this.#settle(out);
      out.push(Buffer.of(AMPERSAND));
      from = at + 1;
    }
    this.#hold(Buffer.from(chunk.subarray(from)));
  }

  end(out: Buffer[]): void {
    this.#settle(out);
  }

  #hold(part: Buffer): void {
    this.#held.add(part);
    if (this.#held.length > this.#context.limits.valueBytes) unreadable();
  }

  #settle(out: Buffer[]): void {
    const raw = this.#held.take();
    if (raw.length === 0) return;
    const text = raw.toString('latin1');
    const equals = text.indexOf('=');
    const name = decoded(equals === -1 ? text : text.slice(0, equals));
    let field = this.#context.fields.root;
    for (const part of name.split(/[[\].]+/)) if (part !== '') field = field.member(part);
    const replacedName = this.#context.replaceFindings(name, this.#context.fields.root.mask);
    const masked =
      equals === -1 ? undefined : this.#context.maskText(decoded(text.slice(equals + 1)), field.mask);
    if (masked === undefined && replacedName === undefined) {
      out.push(raw);
      return;
    }
    const shown =
      replacedName === undefined ? text.slice(0, Math.max(equals, 0)) : encodeURIComponent(replacedName);
    const value = masked === undefined ? text.slice(equals + 1) : encodeURIComponent(masked ?? '');
    out.push(Buffer.from(equals === -1 ? shown : `${shown}=${value}`, 'latin1'));
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return unreadable();
  }
}

function unreadable(): never {
  throw httpMaskError(
    'ERR_HTTP_MASK_FORMAT',
    'the response says that it is a form, and cannot be read as one',
  );
}
