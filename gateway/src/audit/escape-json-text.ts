/** Line ends of Unicode and invisible controls that JSON leaves as they are. */
const UNESCAPED = /[\u007f-\u009f\u2028\u2029]/g;
const HAS_UNESCAPED = /[\u007f-\u009f\u2028\u2029]/;

/** JSON text on one line for every reader's idea of a line; the value stays the same. */
export function escapeJsonText(text: string): string {
  return HAS_UNESCAPED.test(text) ? text.replace(UNESCAPED, escaped) : text;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
