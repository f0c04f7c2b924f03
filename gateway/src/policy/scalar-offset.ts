/**
 * Maps an offset in the value of a YAML scalar to an offset in its source text (quotes, escapes, block header
 * and indentation included), by walking both side by side.
 *
 * Exact for plain, quoted and block scalars; inside a `\x`, `\u` or `\n` escape it may be a few characters early.
 */
export function offsetInScalar(source: string, value: string, offset: number): number {
  let at = contentStart(source);
  const limit = Math.min(offset, value.length);
  for (let index = 0; index < limit; index++) {
    at = positionOf(source, at, value.charAt(index)) + 1;
  }
  return limit < value.length ? positionOf(source, at, value.charAt(limit)) : Math.min(at, source.length);
}

function contentStart(source: string): number {
  const first = source.charAt(0);
  if (first === '"' || first === "'") {
    return 1;
  }
  if (first === '|' || first === '>') {
    return source.indexOf('\n') + 1;
  }
  return 0;
}

/** Where a character of the value stands in the source, from a position on; the position itself when unclear. */
function positionOf(source: string, from: number, character: string): number {
  if (/\s/.test(character)) {
    return /\s/.test(source.charAt(from)) ? from : from - 1;
  }
  const found = source.indexOf(character, from);
  return found === -1 ? from : found;
}
