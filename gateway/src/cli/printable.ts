/** Controls, line ends and marks that change the direction of text: a recorded value must not drive the terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Recorded text for a terminal: one line, nothing invisible, at most `width` characters with `…` at a cut. */
export function printable(text: string, width: number = Number.POSITIVE_INFINITY): string {
  const enough = Number.isFinite(width) ? text.slice(0, width * 4 + 64) : text;
  const line = enough.replace(/\s+/g, ' ').trim().replace(UNPRINTABLE, visible);
  const characters = [...line];
  return characters.length <= width ? line : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

function visible(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
