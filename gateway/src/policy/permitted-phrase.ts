import type { FactsFamily } from '../model/facts.ts';
import type { Obligation } from '../model/obligation.ts';
import type { CompiledDimension } from './dimension.ts';

const MAX_WORDS = 4;
const MAX_LENGTH = 80;

/**
 * Says in a few words what an allow rule permits, from its own patterns: `SELECT, UPDATE on analytics.*`, with
 * `, with approval` where one is needed. Empty when the rule restricts nothing that could be named.
 */
export function permittedPhrase(
  family: FactsFamily,
  dimensions: readonly CompiledDimension[],
  obligations: readonly Obligation[],
): string {
  const byKind = (isKeyword: boolean): string[] =>
    dimensions
      .filter(({ name }) => (family.dimensions[name]?.match.by === 'keyword') === isKeyword)
      .map(({ patterns }) => abbreviated(patterns));
  const operations = byKind(true).join(' / ');
  const [object, ...details] = byKind(false);
  const objects = details.length === 0 ? (object ?? '') : `${object ?? ''} (${details.join('; ')})`;
  const phrase = [operations, objects].filter((part) => part !== '').join(' on ');
  const suffix = obligations.some(({ kind }) => kind === 'approval') ? ', with approval' : '';
  return phrase === '' || phrase.length > MAX_LENGTH ? '' : phrase + suffix;
}

function abbreviated(patterns: readonly string[]): string {
  const shown = patterns.slice(0, MAX_WORDS).join(', ');
  return patterns.length > MAX_WORDS ? `${shown}…` : shown;
}
