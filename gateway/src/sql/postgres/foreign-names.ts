import { nextToken } from './lexical-scan.ts';

/**
 * True when the text names something with other than ASCII characters. A server that does not keep its names in UTF-8
 * cuts long ones at other places than the parser here, and may fold their case: one text would name two things.
 * Escapes (`U&"\\00fc"`) count, and so do values of search_path.
 */
export function hasForeignNames(text: string): boolean {
  const isForeign = hasForeign(text);
  if (isForeign && /search_path|schema/i.test(text)) return true;
  let isAmpersand = false;
  for (let token = nextToken(text, 0); token !== undefined; token = nextToken(text, token.end)) {
    const isQuoted = token.kind === 'word' && text[token.start] === '"';
    if (isQuoted && isAmpersand) return true;
    if (isForeign && token.kind === 'word' && hasForeign(text.slice(token.start, token.end))) return true;
    isAmpersand = token.kind === 'operator' && text[token.end - 1] === '&';
  }
  return false;
}

function hasForeign(text: string): boolean {
  return /[^\u0000-\u007f]/.test(text);
}
