/** JSON heads within their bounds: what is too long is cut, and the cut is itself recorded. */
import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../model/json.ts';
import type { RecordedRequest } from '../model/recording.ts';
import type { BeginHead, OmittedValue } from './heads.ts';

/** Of a value that is cut, so many characters stay. */
const KEPT_SHARE = 4;
/** Most values of one request whose digests are named. */
const MAX_OMITTED = 100;

/**
 * The text of a `begin` head of at most about `limit` characters. Long values of the request are cut, the longest text
 * keeping a quarter of the limit, and named with size and digest; a head that is too long even so keeps its verdict only.
 */
export function beginText(request: BeginHead, limit: number): string {
  const text = stringify(request);
  if (text !== undefined && text.length <= limit) return text;
  const omitted: OmittedValue[] = [];
  const cut: Record<string, JsonValue> = {};
  const most = Math.floor(limit / KEPT_SHARE);
  let room = limit / 2;
  for (const [path, value] of Object.entries(request.request)) {
    const whole = stringify(value) ?? '';
    if (whole.length <= most && whole.length <= room) cut[path] = value;
    else {
      const kept = typeof value === 'string' ? value.slice(0, Math.max(0, Math.min(most, room))) : null;
      cut[path] = kept;
      if (omitted.length < MAX_OMITTED)
        omitted.push(omittedValue(path, typeof value === 'string' ? value : whole));
    }
    room -= (stringify(cut[path]) ?? '').length + path.length;
    if (room <= 0 && omitted.length >= MAX_OMITTED) break;
  }
  const head: BeginHead = { ...request, summary: request.summary.slice(0, 400), request: cut, omitted };
  const shorter = stringify(head);
  // Escapes can make a text six times as long.
  if (shorter !== undefined && shorter.length <= limit * 6) return shorter;
  return stringify({ ...verdictOf(request), request: {}, omitted: omitted.slice(0, 1) }) ?? '{}';
}

/** The text of any other head of at most `limit` characters; `instead` stands for one that is longer. */
export function headText(head: object, limit: number, instead: JsonObject): string {
  const text = stringify(head);
  return text !== undefined && text.length <= limit ? text : (stringify(instead) ?? '{}');
}

function verdictOf(request: RecordedRequest): RecordedRequest {
  const { exchange, effect, decision, policy } = request;
  return { exchange, effect, decision, policy, rules: request.rules.slice(0, 20), summary: '', request: {} };
}

function omittedValue(path: string, text: string): OmittedValue {
  return { path: path.slice(0, 100), bytes: Buffer.byteLength(text), sha256: hash('sha256', text, 'hex') };
}

/** Undefined for what is no JSON after all, such as a big integer. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
