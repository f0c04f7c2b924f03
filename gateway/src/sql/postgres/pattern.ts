/** Patterns that every text matches: a condition on one restricts nothing. */
import { type AstNode, nodeAt, nodesAt, stringsAt, structAt, textAt } from './ast.ts';

/** `LIKE '%'`, `SIMILAR TO '%'`, `^@ ''`, `~ ''`, `~ '.*'` and their kin, negated ones included. */
export function matchesAnything(comparison: AstNode): boolean {
  const operator = stringsAt(comparison.fields, 'name').at(-1) ?? '';
  const text = patternText(nodeAt(comparison.fields, 'rexpr'));
  if (text === undefined) return false;
  if (operator === '^@') return text === '';
  const isLike = /~~/.test(operator) || textAt(comparison.fields, 'kind') === 'AEXPR_SIMILAR';
  if (isLike) return /^%+$/.test(text);
  return operator.startsWith('~') && /^\^?(\.\*\??)?\$?$/.test(text);
}

/** `starts_with(name, '')`. */
export function isEmptyPrefixTest(call: AstNode): boolean {
  if (stringsAt(call.fields, 'funcname').at(-1) !== 'starts_with') return false;
  return patternText(nodesAt(call.fields, 'args')[1]) === '';
}

const PATTERN_CALLS: ReadonlySet<string> = new Set(['like_escape', 'similar_to_escape']);

/** A literal pattern; the grammar puts those of SIMILAR TO and ESCAPE into a call. */
function patternText(pattern: AstNode | undefined): string | undefined {
  if (pattern?.type === 'FuncCall') {
    const [first] = nodesAt(pattern.fields, 'args');
    return PATTERN_CALLS.has(stringsAt(pattern.fields, 'funcname').at(-1) ?? '')
      ? patternText(first)
      : undefined;
  }
  const value = pattern?.type === 'A_Const' ? structAt(pattern.fields, 'sval') : undefined;
  return value === undefined ? undefined : textAt(value, 'sval');
}
