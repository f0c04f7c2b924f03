import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../../../model/json.ts';
import type { RecordedForm } from '../facts/recorded-form.ts';
import { type Format, formatAt } from '../wire/format-codes.ts';

/** Longest parameter value recorded whole, in bytes. */
const RECORDED_PARAMETER = 1024;

/** What is recorded of all values of one message, in bytes; each counts some for itself. */
const RECORDED_PARAMETERS = 128 * 1024;
const VALUE_COST = 16;

/**
 * Parameter values as recorded: text as it is, binary as hex, each capped and saying so. Of a message with more than
 * fits only the first are shown; count and SHA-256 of all (Int32 length, -1 for NULL, and bytes, as in Bind) stand for
 * the rest; a keyed digest where the form hides one of them, as nobody may try values out (P5).
 */
export function recordedParameters(
  values: readonly (Buffer | undefined)[],
  formats: readonly Format[],
  form?: RecordedForm,
): JsonObject {
  const parameters: JsonValue[] = [];
  let room = RECORDED_PARAMETERS;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    room -= VALUE_COST + Math.min(value?.length ?? 0, RECORDED_PARAMETER);
    if (room < 0) return { parameters, parametersCut: true, ...digestOf(values, form) };
    const isHidden = value !== undefined && form?.hides(index) === true;
    parameters.push(isHidden ? form.digest(value) : recorded(value, formatAt(formats, index)));
  }
  return { parameters };
}

function recorded(value: Buffer | undefined, format: Format): JsonValue {
  if (value === undefined) return null;
  const shown =
    format === 'binary'
      ? `\\x${value.toString('hex', 0, RECORDED_PARAMETER)}`
      : value.toString('utf8', 0, RECORDED_PARAMETER);
  return value.length > RECORDED_PARAMETER ? `${shown}… (${value.length} bytes)` : shown;
}

function digestOf(values: readonly (Buffer | undefined)[], form: RecordedForm | undefined): JsonObject {
  const hash = createHash('sha256');
  const length = Buffer.alloc(4);
  for (const value of values) {
    length.writeInt32BE(value?.length ?? -1);
    hash.update(length);
    if (value !== undefined) hash.update(value);
  }
  const parametersCount = values.length;
  if (form === undefined) return { parametersCount, parametersSha256: hash.digest('hex') };
  return { parametersCount, parametersDigest: form.digest(hash.digest()) };
}
