/**
 * The JSON of the two events that every exchange makes, written field by field: half of what they hold is the same from
 * one exchange to the next and is kept in its written form. Anything unusual is left to the general way.
 */
import type { ExchangeIntent, ExchangeOutcome } from '../model/audit-event.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import { escapeJsonText } from './escape-json-text.ts';

/** Characters that JSON writes as they are, and that no reader takes for a line's end. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Longest string whose written form is kept, in UTF-16 units, and how many are kept. */
const KEPT_LENGTH = 2_048;
const KEPT_STRINGS = 2_000;

/** The event as JSON on one line; undefined for events of other types. Equal in value to `JSON.stringify`. */
export function exchangeJson(event: { readonly type: string }): string | undefined {
  // The type tells which of the model's events it is.
  if (event.type === 'exchange.intent') return intentJson(event as ExchangeIntent);
  if (event.type === 'exchange.outcome') return outcomeJson(event as ExchangeOutcome);
  return undefined;
}

function intentJson(event: ExchangeIntent): string | undefined {
  for (const key in event) if (!INTENT_KEYS.has(key)) return undefined;
  const { cause, observed } = event;
  const reason = cause === undefined ? '' : `,"cause":${quoted(cause)}`;
  const seen = observed === undefined ? '' : `,"observed":${general(observed)}`;
  return `{"type":"exchange.intent","session":${quoted(event.session)},"exchange":${quoted(event.exchange)},"request":${fields(event.request)},"summary":${keptQuoted(event.summary)},"effect":"${event.effect}","decision":${quoted(event.decision)}${reason},"rules":${kept(event.rules)}${seen},"policy":${kept(event.policy)}}`;
}

function outcomeJson(event: ExchangeOutcome): string | undefined {
  for (const key in event) if (!OUTCOME_KEYS.has(key)) return undefined;
  return `{"type":"exchange.outcome","session":${quoted(event.session)},"exchange":${quoted(event.exchange)},"status":"${event.status}","result":${fields(event.result)},"durationMs":${general(event.durationMs)}}`;
}

const INTENT_KEYS: ReadonlySet<string> = new Set([
  'type',
  'session',
  'exchange',
  'request',
  'summary',
  'effect',
  'decision',
  'cause',
  'rules',
  'observed',
  'policy',
]);
const OUTCOME_KEYS: ReadonlySet<string> = new Set([
  'type',
  'session',
  'exchange',
  'status',
  'result',
  'durationMs',
]);

/** An object of the protocol's own: a few fields, most of them short. */
function fields(object: JsonObject): string {
  let text = '';
  for (const key in object) {
    const value = object[key];
    if (value === undefined) continue;
    text += `${text === '' ? '{' : ','}${keptQuoted(key)}:${written(value)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

function written(value: JsonValue): string {
  if (typeof value === 'string') return keptQuoted(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return `${value}`;
  if (!Array.isArray(value)) return general(value);
  let text = '[';
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    text += (index === 0 ? '' : ',') + (typeof item === 'string' ? quoted(item) : general(item));
  }
  return `${text}]`;
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : general(text);
}

const strings = new Map<string, string>();

/** Statement texts, summaries and tags come again and again. */
function keptQuoted(text: string): string {
  if (text.length > KEPT_LENGTH) return general(text);
  const known = strings.get(text);
  if (known !== undefined) return known;
  if (strings.size >= KEPT_STRINGS) strings.clear();
  const made = quoted(text);
  strings.set(text, made);
  return made;
}

const objects = new WeakMap<object, string>();

/** Rules and versions of a policy are the policy's own objects, the same for each of its decisions. */
function kept(value: object): string {
  let known = objects.get(value);
  if (known === undefined) {
    known = general(value);
    objects.set(value, known);
  }
  return known;
}

function general(value: unknown): string {
  return escapeJsonText(JSON.stringify(value ?? null));
}
