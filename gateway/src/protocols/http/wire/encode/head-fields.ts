import { WireError } from '../errors.ts';
import type { ConnectionOptions } from '../fields/connection.ts';
import type { FieldBlock } from '../fields/field-block.ts';
import { knownField, OURS } from '../fields/known-fields.ts';
import { isAllOf, TOKEN, VALUE } from '../octets.ts';

/** SP and HTAB alone: 0xa0, which `trim` takes as well, may be the last byte of a character. */
const BLANK_ENDS = /^[ \t]|[ \t]$/;
const NONE: ReadonlySet<string> = new Set();

/**
 * The fields of a head or trailer section that the gateway is about to write. Whatever goes in is checked: a name is a token,
 * a value has neither line end nor control byte, so that no value can become a line of its own. The fields that frame
 * and route a message are the encoders' alone.
 */
export class HeadFields {
  #text = '';

  /** The field lines, each with its CRLF, as latin1 text. */
  get text(): string {
    return this.#text;
  }

  /** The fields as HTTP/2 has them: names in lower case (RFC 9113 section 8.2). */
  pairs(): (readonly [string, string])[] {
    return this.#text
      .split('\r\n')
      .slice(0, -1)
      .map((line) => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)] as const;
      });
  }

  /** Adds a field. Throws `ERR_HTTP1_MISUSE` for what cannot be one, and for fields that the encoders write. */
  add(name: string, value: string): this {
    checkField(name, value);
    if (((knownField(name, 0, name.length)?.flags ?? 0) & OURS) !== 0) {
      throw misuse(`${name.toLowerCase()} is written by the encoder`);
    }
    this.#text += `${name}: ${value}\r\n`;
    return this;
  }

  /**
   * Copies received fields but for those of one connection: the known hop-by-hop fields, those that Connection named,
   * what the encoders write themselves, and `except`.
   *
   * @param except names in lower case: what is replaced, masked, or must not be forwarded
   */
  copyEndToEnd(fields: FieldBlock, connection: ConnectionOptions, except: ReadonlySet<string> = NONE): this {
    const isPlain = except.size === 0 && connection.names.length === 0;
    let text = this.#text;
    for (let index = 0; index < fields.size; index += 1) {
      if (((fields.knownAt(index)?.flags ?? 0) & OURS) !== 0) continue;
      const name = fields.nameAt(index);
      if (!isPlain) {
        const lower = name.toLowerCase();
        if (except.has(lower) || connection.names.includes(lower)) continue;
      }
      text += `${name}: ${fields.valueAt(index)}\r\n`;
    }
    this.#text = text;
    return this;
  }
}

function checkField(name: string, value: string): void {
  if (!isAllOf(TOKEN, name)) throw misuse('a field name is no token');
  if (value !== '' && !isAllOf(VALUE, value)) throw misuse('a field value holds what no value may hold');
  if (BLANK_ENDS.test(value)) throw misuse('a field value begins or ends with whitespace');
}

/** The gateway asked for something that cannot be sent. */
export function misuse(message: string): WireError {
  return new WireError('ERR_HTTP1_MISUSE', message, { source: 'internal', offset: 0 });
}
