import { hash } from 'node:crypto';
import type { AuditEvent } from '../model/audit-event.ts';
import { auditError, causeText } from './errors.ts';
import { escapeJsonText } from './escape-json-text.ts';
import type { AuditMark, OmittedValue } from './record.ts';

/** How many levels below the event a value is looked for that can be left out by itself. */
const OMIT_DEPTH = 3;
const KEPT_CHARACTERS = 1024;
const KEPT_KEY_CHARACTERS = 128;

/**
 * The JSON of an event as it stands after `"event":`, on one line whatever its values hold. Above `maxBytes` the
 * largest values are replaced by their beginning, and `,"omitted":[…]` follows with path, length and SHA-256.
 * @throws AuditError `ERR_AUDIT_EVENT` when the event is not JSON
 */
export function serialiseEvent(event: AuditEvent | AuditMark, maxBytes: number): string {
  const text = oneLine(event);
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  return withOmissions(JSON.parse(text) as MutableJson, maxBytes);
}

function oneLine(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw auditError('ERR_AUDIT_EVENT', `the event cannot be written as json: ${causeText(cause)}`, cause);
  }
  if (text === undefined || !text.startsWith('{"')) {
    throw auditError('ERR_AUDIT_EVENT', 'the event is not a json object; pass one of the types of the model');
  }
  return escapeJsonText(text);
}

type MutableJson = string | number | boolean | null | MutableJson[] | { [key: string]: MutableJson };

interface Candidate {
  readonly path: readonly string[];
  readonly value: MutableJson;
  readonly replace: (value: MutableJson) => void;
}

function withOmissions(event: MutableJson, maxBytes: number): string {
  const omitted: OmittedValue[] = [];
  for (;;) {
    const text = oneLine(event);
    const list = escapeJsonText(JSON.stringify(omitted));
    if (Buffer.byteLength(text) + list.length <= maxBytes) return `${text},"omitted":${list}`;
    const largest = largestValue(event);
    const before = Buffer.byteLength(JSON.stringify(largest.value));
    const place = placeholder(largest.value);
    if (before <= Buffer.byteLength(JSON.stringify(place))) {
      throw auditError(
        'ERR_AUDIT_EVENT',
        `the event does not fit in ${maxBytes} bytes even without its large values`,
      );
    }
    omitted.push(digestOf(largest));
    largest.replace(place);
  }
}

/** Goes down to the value that makes up most of the event, as long as one child is at least half of it. */
function largestValue(event: MutableJson): Candidate {
  let found: Candidate = { path: [], value: event, replace: () => {} };
  for (let depth = 0; depth < OMIT_DEPTH; depth += 1) {
    const child = largestChild(found);
    if (child === undefined) break;
    const share = sizeOf(child.value) / Math.max(1, sizeOf(found.value));
    if (depth > 0 && share < 0.5) break;
    found = child;
  }
  return found;
}

function largestChild(parent: Candidate): Candidate | undefined {
  const holder = parent.value;
  if (holder === null || typeof holder !== 'object') return undefined;
  const entries = Object.entries(holder);
  let best: [string, MutableJson] | undefined;
  let bestSize = -1;
  for (const entry of entries) {
    const size = sizeOf(entry[1]);
    if (size > bestSize) [best, bestSize] = [entry, size];
  }
  if (best === undefined) return undefined;
  const [key, value] = best;
  return {
    path: [...parent.path, key],
    value,
    replace: (next) => {
      if (Array.isArray(holder)) holder[Number(key)] = next;
      else
        Object.defineProperty(holder, key, {
          value: next,
          enumerable: true,
          configurable: true,
          writable: true,
        });
    },
  };
}

function sizeOf(value: MutableJson): number {
  return typeof value === 'string' ? value.length : JSON.stringify(value).length;
}

/** Keeps the type of the value, so that readers of the event need not expect another. */
function placeholder(value: MutableJson): MutableJson {
  const note = '[omitted, see the record]';
  if (typeof value === 'string') return `${value.slice(0, KEPT_CHARACTERS)}… ${note}`;
  if (Array.isArray(value)) return [note];
  return { omitted: note };
}

function digestOf(candidate: Candidate): OmittedValue {
  const { value, path } = candidate;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return {
    path: path.map((part) => part.slice(0, KEPT_KEY_CHARACTERS)).join('.'),
    bytes: Buffer.byteLength(text),
    sha256: hash('sha256', text, 'hex'),
  };
}
