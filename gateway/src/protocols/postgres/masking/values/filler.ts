/**
 * Values of an exact length. A row that is too long to be held has its length sent before its later cells are known, so
 * what replaces those may be neither longer nor shorter. Lengths are told by this, contents never.
 */
import type { Format } from '../../wire/format-codes.ts';
import type { ScalarKind, ValueType } from '../value-types/value-type.ts';

/** Byte `offset` of a value of `length` bytes. */
export type Filler = (offset: number, length: number) => number;

const STAR = 0x2a;
const ZERO = 0x30;
const QUOTE = 0x22;
const JSONB_VERSION = 1;

const stars: Filler = () => STAR;
const zeros: Filler = () => 0;
/** A JSON string of stars; a digit where two quotes do not fit. */
const json: Filler = (offset, length) =>
  length === 1 ? ZERO : offset === 0 || offset === length - 1 ? QUOTE : STAR;

const BINARY: Partial<Readonly<Record<ScalarKind, Filler>>> = {
  text: stars,
  xml: stars,
  json,
  jsonb: (offset, length) => (offset === 0 ? JSONB_VERSION : json(offset - 1, length - 1)),
  bytea: zeros,
  bool: zeros,
  int2: zeros,
  int4: zeros,
  int8: zeros,
  float4: zeros,
  float8: zeros,
  uuid: zeros,
  date: zeros,
  timestamp: zeros,
  timestamptz: zeros,
};
const TEXT: Partial<Readonly<Record<ScalarKind, Filler>>> = { text: stars, xml: stars, json, jsonb: json };

/** The filler of a type in a format; undefined where a value of any length cannot be made. */
export function fillerOf(type: ValueType, format: Format): Filler | undefined {
  if (type.kind !== 'scalar') return undefined;
  return (format === 'text' ? TEXT : BINARY)[type.scalar];
}
