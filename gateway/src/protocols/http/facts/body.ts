import { readJson } from '../../../documents/json.ts';
import { isJson, type MediaType, readMediaType } from '../../../documents/media-type.ts';
import { type FormPart, readMultipart } from '../../../documents/multipart.ts';
import { type Pair, readPairs } from '../../../documents/pairs.ts';
import type { JsonValue } from '../../../model/json.ts';
import type { Headers } from './headers.ts';

/** As much of a body as may be looked at. */
export interface BodyWindow {
  /** With content codings undone, from the beginning; at most the resource's inspection window. */
  readonly bytes: Uint8Array;
  /** Whether `bytes` are the whole body. */
  readonly isComplete: boolean;
  /** `unknown`: in a coding that cannot be undone, or none that was announced. */
  readonly coding: 'undone' | 'unknown';
  /** Why the coding is `unknown`. */
  readonly problem?: string;
}

/** What the body of a request says. */
export type BodyFacts =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly essence: string; readonly json: JsonValue }
  | { readonly kind: 'form'; readonly essence: string; readonly pairs: readonly Pair[] }
  | { readonly kind: 'multipart'; readonly essence: string; readonly parts: readonly FormPart[] }
  /** It is there, but nothing is known of what it says; `essence` is empty where the type is not known either. */
  | { readonly kind: 'unread'; readonly essence: string; readonly reason: string };

/** Reads a body by its content type. What is not whole, not decoded or has two readings is `unread`, with the reason. */
export function readBody(headers: Headers, window: BodyWindow | undefined): BodyFacts {
  if (window === undefined) return { kind: 'none' };
  const { bytes, isComplete, coding, problem } = window;
  if (isComplete && coding === 'undone' && bytes.length === 0) return { kind: 'none' };
  const [header] = headers.get('content-type') ?? [];
  const type = header === undefined ? undefined : readMediaType(header);
  if (type?.ok !== true) {
    return { kind: 'unread', essence: '', reason: type?.reason ?? 'a body without content type' };
  }
  const { essence } = type.value;
  const unread = (reason: string): BodyFacts => ({ kind: 'unread', essence, reason });
  if (!isComplete) return unread('a body that is longer than the inspection window');
  if (coding === 'unknown') return unread(problem ?? 'a body in a coding that is not known');
  return readWhole(bytes, type.value);
}

function readWhole(bytes: Uint8Array, type: MediaType): BodyFacts {
  const { essence, parameters } = type;
  const unread = (reason: string): BodyFacts => ({ kind: 'unread', essence, reason });
  const charset = parameters.get('charset')?.toLowerCase() ?? 'utf-8';
  if (charset !== 'utf-8' && charset !== 'us-ascii')
    return unread('a body in a character set other than UTF-8');
  if (isJson(type)) {
    const json = readJson(bytes);
    return json.ok ? { kind: 'json', essence, json: json.value } : unread(json.reason);
  }
  if (essence === 'application/x-www-form-urlencoded') {
    const pairs = readPairs(Buffer.from(bytes).toString('latin1'));
    return pairs.ok ? { kind: 'form', essence, pairs: pairs.value } : unread(pairs.reason);
  }
  if (essence === 'multipart/form-data') {
    const parts = readMultipart(bytes, parameters.get('boundary'));
    return parts.ok ? { kind: 'multipart', essence, parts: parts.value } : unread(parts.reason);
  }
  return unread('a body of a type that is not looked into');
}
