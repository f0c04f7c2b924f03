import type { Pseudonyms } from '../replace/pseudonyms.ts';
import { REDACTED, type Replacement, replaceValue } from '../replace/replace.ts';

/** JSON in place of a whole object or array. */
export function replaceJsonTree(how: Replacement): string {
  return how.method === 'null'
    ? 'null'
    : JSON.stringify(how.method === 'fixed' ? (how.value ?? REDACTED) : REDACTED);
}

/** JSON in place of a string. */
export function replaceJsonString(
  text: string,
  how: Replacement,
  pseudonyms: Pseudonyms | undefined,
): string {
  return JSON.stringify(replaceValue(text, how, pseudonyms));
}

/**
 * JSON in place of a number, `true`, `false` or `null`. `null` stays; a whole number gets a whole number as its
 * pseudonym, and a `fixed` value that is a number stays one; the rest are strings.
 */
export function replaceJsonWord(word: string, how: Replacement, pseudonyms: Pseudonyms | undefined): string {
  if (word === 'null') {
    return word;
  }
  if (
    how.method === 'fixed' &&
    how.value !== undefined &&
    /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?$/.test(how.value)
  ) {
    return how.value;
  }
  if (word === 'true' || word === 'false') {
    return how.method === 'null' || how.method === 'pseudonym' ? 'null' : replaceJsonTree(how);
  }
  if (how.method === 'pseudonym' && /^-?\d{1,18}$/.test(word)) {
    return pseudonyms === undefined ? replaceJsonTree(how) : pseudonyms.integer(BigInt(word), 64).toString();
  }
  return replaceJsonString(word, how, pseudonyms);
}
