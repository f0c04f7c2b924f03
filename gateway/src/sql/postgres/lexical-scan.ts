/** What a token means for the shape of the text. */
export type TokenKind = 'open' | 'close' | 'comma' | 'semicolon' | 'operator' | 'word' | 'other';

/** One token: kind and half-open range. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

const OPERATOR = /[+\-*/<>=~!@#%^&|`?:]/;
const WORD_START = /[A-Za-z_\u0080-\uffff]/;
const WORD = /[A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /[0-9][A-Za-z0-9_.]*/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const SPACE = /[ \t\n\r\f\v]*/y;

/** Where a sticky pattern's match at a position ends. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The position after white space and comments (PostgreSQL lexical structure, section 4.1.5). */
export function skipSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    at = skip(SPACE, text, at);
    if (text.startsWith('--', at)) at = lineEnd(text, at);
    else if (text.startsWith('/*', at)) at = blockCommentEnd(text, at);
    else return at;
  }
}

function lineEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) if (text[at] === '\n' || text[at] === '\r') return at;
  return text.length;
}

/** Block comments nest. */
function blockCommentEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++;
      at++;
    } else if (text.startsWith('*/', at)) {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

/** The next token at or after a position, or `undefined` at the end. Unterminated literals run to the end. */
export function nextToken(text: string, from: number): Token | undefined {
  const start = skipSpace(text, from);
  const char = text[start];
  if (char === undefined) return undefined;
  const token = (kind: TokenKind, end: number): Token => ({ kind, start, end });
  if (char === "'") return token('other', quotedEnd(text, start, "'", false));
  if (char === '"') return token('word', quotedEnd(text, start, '"', false));
  if (char === '$') return token('other', dollarEnd(text, start));
  if (char === '(' || char === '[') return token('open', start + 1);
  if (char === ')' || char === ']') return token('close', start + 1);
  if (char === ',') return token('comma', start + 1);
  if (char === ';') return token('semicolon', start + 1);
  if (WORD_START.test(char)) return wordToken(text, start);
  if (char >= '0' && char <= '9') return token('other', skip(NUMBER, text, start));
  if (OPERATOR.test(char)) return token('operator', operatorEnd(text, start));
  return token('other', start + 1);
}

/** A word, or a literal with a prefix: only E'…' has backslash escapes (standard_conforming_strings is on). */
function wordToken(text: string, start: number): Token {
  const end = skip(WORD, text, start);
  const escapes = end - start === 1 && /[eE]/.test(text[start] ?? '');
  if (text[end] === "'" && end - start === 1 && /[eEbBxXnN]/.test(text[start] ?? ''))
    return { kind: 'other', start, end: quotedEnd(text, end, "'", escapes) };
  return { kind: 'word', start, end };
}

/** Where a quoted text ends whose quote stands at `start`; the end of the text where it is not closed. */
export function quotedEnd(text: string, start: number, quote: string, escapes: boolean): number {
  for (let at = start + 1; at < text.length; at++) {
    if (escapes && text[at] === '\\') at++;
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return text.length;
}

/** A parameter ($1), or a dollar-quoted string. */
function dollarEnd(text: string, start: number): number {
  const parameterEnd = skip(NUMBER, text, start + 1);
  if (parameterEnd > start + 1) return parameterEnd;
  const tagEnd = skip(DOLLAR_TAG, text, start);
  if (tagEnd === start) return start + 1;
  const close = text.indexOf(text.slice(start, tagEnd), tagEnd);
  return close < 0 ? text.length : close + tagEnd - start;
}

/** A run of operator characters ends where a comment begins. */
function operatorEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && OPERATOR.test(text[at] ?? '')) {
    if (text.startsWith('--', at) || text.startsWith('/*', at)) break;
    at++;
  }
  return at;
}
