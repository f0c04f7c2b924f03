/** What a token means for the shape of the text. */
export type TokenKind = 'open' | 'close' | 'comma' | 'semicolon' | 'operator' | 'word' | 'other';

/** One token: kind and half-open range. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

const OTHER = 0;
const SPACE = 1;
const WORD = 2;
const DIGIT = 3;
const OPERATOR = 4;
const DOLLAR = 5;

/** What each ASCII character is; all others are parts of words. */
const CLASSES = new Uint8Array(128);
for (const [kind, characters] of [
  [SPACE, ' \t\n\r\f\v'],
  [WORD, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_'],
  [DIGIT, '0123456789'],
  [OPERATOR, '+-*/<>=~!@#%^&|`?:'],
  [DOLLAR, '$'],
] as const)
  for (const character of characters) CLASSES[character.charCodeAt(0)] = kind;

/** OTHER behind the end of the text. */
function classAt(text: string, at: number): number {
  if (at >= text.length) return OTHER;
  return CLASSES[text.charCodeAt(at)] ?? WORD;
}

const NUMBER = /[0-9][A-Za-z0-9_.]*/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

/** Where a sticky pattern's match at a position ends. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The position after white space and comments (PostgreSQL lexical structure, section 4.1.5). */
export function skipSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    while (classAt(text, at) === SPACE) at++;
    if (classAt(text, at) !== OPERATOR) return at;
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
  if (start >= text.length) return undefined;
  switch (classAt(text, start)) {
    case WORD:
      return wordToken(text, start);
    case OPERATOR:
      return { kind: 'operator', start, end: operatorEnd(text, start) };
    case DIGIT:
      return { kind: 'other', start, end: skip(NUMBER, text, start) };
    case DOLLAR:
      return { kind: 'other', start, end: dollarEnd(text, start) };
    default:
      return markToken(text, start);
  }
}

function markToken(text: string, start: number): Token {
  const end = start + 1;
  switch (text[start]) {
    case '(':
    case '[':
      return { kind: 'open', start, end };
    case ')':
    case ']':
      return { kind: 'close', start, end };
    case ',':
      return { kind: 'comma', start, end };
    case ';':
      return { kind: 'semicolon', start, end };
    case "'":
      return { kind: 'other', start, end: quotedEnd(text, start, "'", false) };
    case '"':
      return { kind: 'word', start, end: quotedEnd(text, start, '"', false) };
    default:
      return { kind: 'other', start, end };
  }
}

/** A word, or a literal with a prefix: only E'…' has backslash escapes (standard_conforming_strings is on). */
function wordToken(text: string, start: number): Token {
  let end = start + 1;
  while (isWordPart(classAt(text, end))) end++;
  if (end - start === 1 && text[end] === "'" && /[eEbBxXnN]/.test(text[start] ?? ''))
    return { kind: 'other', start, end: quotedEnd(text, end, "'", /[eE]/.test(text[start] ?? '')) };
  return { kind: 'word', start, end };
}

function isWordPart(kind: number): boolean {
  return kind === WORD || kind === DIGIT || kind === DOLLAR;
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
  while (classAt(text, at) === OPERATOR) {
    if (text.startsWith('--', at) || text.startsWith('/*', at)) break;
    at++;
  }
  return at;
}
