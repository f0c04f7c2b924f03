import type { JsonValue } from '../model/json.ts';

/** Where a claim stands in the payload: object keys from the outside in. */
export type ClaimPath = readonly [string, ...string[]];

/** Outcome of {@link parseClaimPath}. */
export type ClaimPathResult =
  | { readonly ok: true; readonly path: ClaimPath }
  | { readonly ok: false; readonly problem: string };

const SEGMENT = /^[A-Za-z0-9_:-]+$/;
const MAX_DEPTH = 8;

/**
 * Reads a claim path from the config: dotted keys (`realm_access.roles`), or a JSON Pointer (RFC 6901 section 3)
 * where a key has dots or slashes itself (`/https:~1~1acme.example~1groups`).
 */
export function parseClaimPath(text: string): ClaimPathResult {
  const segments = text.startsWith('/') ? parsePointer(text) : parseDotted(text);
  if (typeof segments === 'string') return { ok: false, problem: segments };
  const [first, ...rest] = segments;
  if (first === undefined) return { ok: false, problem: 'claim path is empty; name a claim' };
  if (segments.length > MAX_DEPTH) {
    return {
      ok: false,
      problem: `claim path is deeper than ${MAX_DEPTH} keys; name a claim nearer to the top`,
    };
  }
  return { ok: true, path: [first, ...rest] };
}

function parseDotted(text: string): readonly string[] | string {
  const segments = text.split('.');
  if (segments.every((segment) => SEGMENT.test(segment))) return segments;
  const pointer = `/${text.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return `claim path \`${text}\` is not dotted keys of letters, digits, \`_\`, \`-\`, \`:\`; for a key that has other characters write the JSON Pointer \`${pointer}\``;
}

function parsePointer(text: string): readonly string[] | string {
  if (/~(?![01])/.test(text)) {
    return `claim path \`${text}\` has a \`~\` that is neither \`~0\` nor \`~1\` (RFC 6901 section 3)`;
  }
  const segments = text.slice(1).split('/');
  if (segments.includes('')) return `claim path \`${text}\` has an empty key`;
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value at `path`, or undefined where a key is missing or the way there is not through objects. */
export function readClaim(payload: JsonValue, path: ClaimPath): JsonValue | undefined {
  let value: JsonValue | undefined = payload;
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** True for a JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
