import type { JsonValue } from '../model/json.ts';

const MAX_LENGTH = 1024;

// Control characters, lone surrogates, line and paragraph separators, bidirectional overrides: they forge log lines,
// cut strings short in C programs or make an approver read another name than the one that is judged.
const UNSAFE = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069\ufeff]/u;

/**
 * Text of a claim that identifies somebody, unchanged; undefined where it is absent, null where it is not a
 * non-empty string of at most 1024 characters that is safe to show.
 */
export function readClaimText(value: JsonValue | undefined): string | undefined | null {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > MAX_LENGTH || UNSAFE.test(value))
    return null;
  return value;
}
