/**
 * The JSON of the two events that every exchange makes, written field by field: much of what they hold is the same from
 * one exchange to the next and is kept in its written form. Anything unusual is left to the general way.
 */
import type { ExchangeIntent, ExchangeOutcome } from '../model/audit-event.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import type { Batch } from './batch.ts';
import { escapeJsonText } from './escape-json-text.ts';

/** Length of the strings whose written form is kept, in UTF-16 units, and how many are kept. */
const LEAST_KEPT = 48;
const MOST_KEPT = 2_048;
const KEPT_STRINGS = 2_000;

/** Adds the event as JSON on one line; false, and nothing, for what is not one of the two or has fields of its own. Equal in value to `JSON.stringify`. */
export function writeExchange(event: { readonly type: string }, out: Batch): boolean {
  // The type tells which of the model's events it is.
  if (event.type === 'exchange.intent') return writeIntent(event as ExchangeIntent, out);
  if (event.type === 'exchange.outcome') return writeOutcome(event as ExchangeOutcome, out);
  return false;
}

function writeIntent(event: ExchangeIntent, out: Batch): boolean {
  const { cause, observed } = event;
  const optional = (cause === undefined ? 0 : 1) + (observed === undefined ? 0 : 1);
  if (countFields(event) !== INTENT_FIELDS + optional) return false;
  writeNamed(INTENT, event.session, out);
  writeNamed(EXCHANGE, event.exchange, out);
  out.bytes(REQUEST);
  writeFields(event.request, out);
  writeNamed(SUMMARY, event.summary, out);
  writeNamed(event.effect === 'permit' ? PERMIT : DENY, event.decision, out);
  if (cause !== undefined) writeNamed(CAUSE, cause, out);
  out.bytes(RULES);
  out.bytes(kept(event.rules));
  if (observed !== undefined) {
    out.bytes(OBSERVED);
    writeGeneral(observed, out);
  }
  out.bytes(POLICY);
  out.bytes(kept(event.policy));
  out.bytes(END);
  return true;
}

function writeOutcome(event: ExchangeOutcome, out: Batch): boolean {
  if (countFields(event) !== OUTCOME_FIELDS) return false;
  writeNamed(OUTCOME, event.session, out);
  writeNamed(EXCHANGE, event.exchange, out);
  writeNamed(STATUS, event.status, out);
  out.bytes(RESULT);
  writeFields(event.result, out);
  out.bytes(DURATION);
  writeValue(event.durationMs, out);
  out.bytes(END);
  return true;
}

/** All that stand in every event; whatever there is beside them is for the general way. */
const INTENT_FIELDS = 9;
const OUTCOME_FIELDS = 6;

function countFields(event: object): number {
  let count = 0;
  for (const _key in event) count += 1;
  return count;
}

const INTENT = Buffer.from('{"type":"exchange.intent","session":');
const OUTCOME = Buffer.from('{"type":"exchange.outcome","session":');
const EXCHANGE = Buffer.from(',"exchange":');
const REQUEST = Buffer.from(',"request":');
const SUMMARY = Buffer.from(',"summary":');
const PERMIT = Buffer.from(',"effect":"permit","decision":');
const DENY = Buffer.from(',"effect":"deny","decision":');
const CAUSE = Buffer.from(',"cause":');
const RULES = Buffer.from(',"rules":');
const OBSERVED = Buffer.from(',"observed":');
const POLICY = Buffer.from(',"policy":');
const STATUS = Buffer.from(',"status":');
const RESULT = Buffer.from(',"result":');
const DURATION = Buffer.from(',"durationMs":');
const END = Buffer.from('}');

function writeNamed(name: Uint8Array, text: string, out: Batch): void {
  out.bytes(name);
  writeText(text, out);
}

/** An object of the protocol's own: a few fields, most of them short. */
function writeFields(object: JsonObject, out: Batch): void {
  let separator = '{';
  for (const key in object) {
    const value = object[key];
    if (value === undefined) continue;
    out.ascii(separator);
    separator = ',';
    writeText(key, out);
    out.ascii(':');
    writeValue(value, out);
  }
  out.ascii(separator === '{' ? '{}' : '}');
}

function writeValue(value: JsonValue, out: Batch): void {
  if (typeof value === 'string') writeText(value, out);
  else if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) out.integer(value);
  else if (!Array.isArray(value)) writeGeneral(value, out);
  else {
    out.ascii('[');
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index];
      if (index > 0) out.ascii(',');
      if (typeof item !== 'string' || !out.quoted(item)) writeGeneral(item, out);
    }
    out.ascii(']');
  }
}

const strings = new Map<string, Uint8Array>();

/** Statement texts and summaries come again and again. */
function writeText(text: string, out: Batch): void {
  if (text.length < LEAST_KEPT) {
    if (!out.quoted(text)) writeGeneral(text, out);
    return;
  }
  if (text.length > MOST_KEPT) {
    writeGeneral(text, out);
    return;
  }
  let known = strings.get(text);
  if (known === undefined) {
    if (strings.size >= KEPT_STRINGS) strings.clear();
    known = Buffer.from(general(text));
    strings.set(text, known);
  }
  out.bytes(known);
}

const objects = new WeakMap<object, Uint8Array>();

/** Rules and versions of a policy are the policy's own objects, the same for each of its decisions. */
function kept(value: object): Uint8Array {
  let known = objects.get(value);
  if (known === undefined) {
    known = Buffer.from(general(value));
    objects.set(value, known);
  }
  return known;
}

function writeGeneral(value: unknown, out: Batch): void {
  out.push(general(value));
}

function general(value: unknown): string {
  return escapeJsonText(JSON.stringify(value ?? null));
}
