import { Lexer } from 'yaml';

/**
 * Keys whose values may be shown beside an error: names, places and modes. Everything else may be a secret that was written
 * into the config in place of the file or the variable that holds it, so it is not shown (P6).
 */
const SHOWN: ReadonlySet<string> = new Set([
  'protocol',
  'listen',
  'name',
  'host',
  'port',
  'database',
  'mode',
  'durability',
  'issuer',
  'audience',
]);
const KEY = /^("?)([A-Za-z][\w-]{0,40})\1$/;
const HARMLESS = /^[^@\r\n]{0,100}$/;
/** How the lexer of `yaml` announces a document, the end of a flow line, and a scalar; none is in the text. */
const MARKS = new Set(['\u0002', '\u0018', '\u001f']);

/** A text whose secrets are hidden, and where its places are now. */
export interface HiddenText {
  readonly text: string;
  /** The offset that an offset of the original has here. */
  offsetOf(offset: number): number;
}

/**
 * YAML without the values that may be secrets, nor its comments. Lines stay where they are. It works by tokens and not by
 * the tree, because a text that cannot be parsed is the one that errors are about.
 */
export function hideValues(yaml: string): HiddenText {
  const tokens = [...new Lexer().lex(yaml)].filter((token) => !MARKS.has(token));
  const moves: { readonly from: number; readonly by: number }[] = [];
  let text = '';
  let offset = 0;
  let key = '';
  let mayBeKey = true;
  for (const [index, token] of tokens.entries()) {
    const shown = isPunctuation(token) ? token : shownAs(token);
    text += shown;
    offset += token.length;
    if (shown.length !== token.length) moves.push({ from: offset, by: shown.length - token.length });
    mayBeKey = beginsKey(token) || (mayBeKey && /^\s*$/.test(token));

    function shownAs(value: string): string {
      const name = mayBeKey && isFollowedByColon(tokens, index) ? KEY.exec(value)?.[2] : undefined;
      if (name !== undefined) {
        key = name;
        return value;
      }
      if (SHOWN.has(key) && HARMLESS.test(value) && !/^[#*!&]/.test(value)) return value;
      return `***${value.replaceAll(/[^\r\n]/g, '')}`;
    }
  }
  return {
    text,
    offsetOf: (place) => moves.reduce((at, { from, by }) => (from <= place ? at + by : at), place),
  };
}

function isPunctuation(token: string): boolean {
  return /^(?:\s*|[-?:,[\]{}]|---|\.\.\.)$/.test(token);
}

function beginsKey(token: string): boolean {
  return /[\r\n]/.test(token) || ['-', '?', '{', ',', '---'].includes(token);
}

function isFollowedByColon(tokens: readonly string[], index: number): boolean {
  const next = tokens.slice(index + 1, index + 3).find((token) => !/^ *$/.test(token));
  return next === ':';
}
