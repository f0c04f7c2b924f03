/** A place in a text, and what is wrong there. */
export interface Fault {
  readonly reason: string;
  /** Offset in UTF-16 units. */
  readonly at: number;
}

/**
 * Finds the first character that terminals, shells or people may read differently than the text is read here: control
 * characters but tab and line feed, invisible and direction characters, blanks that are no space, broken UTF-16.
 */
export function findOddCharacter(text: string): Fault | undefined {
  const match = ODD.exec(text);
  if (match === null) return undefined;
  const code = (match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return { reason: `the character U+${code}, which is not shown or not read by all alike`, at: match.index };
}

const ODD = /(?![\t\n ])[\p{Cc}\p{Cf}\p{Cs}\p{Zs}\p{Zl}\p{Zp}\u{FFFD}]/u;
