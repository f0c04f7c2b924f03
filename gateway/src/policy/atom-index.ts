import type { Atom, FactsFamily } from '../model/facts.ts';
import type { CompiledRule } from './compiled-rule.ts';
import type { NameCache } from './dimension.ts';
import { createNameIndex } from './name-index.ts';

/**
 * Finds the rules that could match an atom.
 *
 * INVARIANT: it leaves out only rules that cannot match. The lists it gives must not be changed.
 */
export interface AtomIndex {
  candidates(atom: Atom): readonly CompiledRule[];
}

interface KeywordBuckets {
  readonly dimension: string;
  readonly byWord: ReadonlyMap<string, AtomIndex>;
  /** All rules of this dimension: an atom without values in it is covered by every allow. */
  readonly all: readonly CompiledRule[];
}

const NO_RULES: readonly CompiledRule[] = [];

/** Indexes rules of one effect by the words of closed vocabularies, and below each word by names. */
export function createAtomIndex(
  rules: readonly CompiledRule[],
  family: FactsFamily,
  names: NameCache,
): AtomIndex {
  const keywords = Object.entries(family.dimensions)
    .filter(([, dimension]) => dimension.match.by === 'keyword')
    .map(([name]) => name);
  const rest = createNameIndex(
    rules.filter((rule) => indexedBy(rule) === undefined),
    names,
  );
  const used = keywords.flatMap((dimension) => {
    const own = rules.filter((rule) => indexedBy(rule) === dimension);
    return own.length === 0 ? [] : [bucketByWord(dimension, own, names)];
  });
  return { candidates: (atom) => collect(atom, used, rest.candidates(atom)) };
}

/** The keyword dimension in which a rule names the fewest words. */
function indexedBy(rule: CompiledRule): string | undefined {
  let fewest: CompiledRule['dimensions'][number] | undefined;
  for (const dimension of rule.dimensions) {
    if (
      dimension.keywords &&
      dimension.keywords.size < (fewest?.keywords?.size ?? Number.POSITIVE_INFINITY)
    ) {
      fewest = dimension;
    }
  }
  return fewest?.name;
}

function bucketByWord(dimension: string, rules: readonly CompiledRule[], names: NameCache): KeywordBuckets {
  const lists = new Map<string, CompiledRule[]>();
  for (const rule of rules) {
    for (const word of rule.dimensions.find(({ name }) => name === dimension)?.keywords ?? []) {
      const list = lists.get(word);
      if (list === undefined) {
        lists.set(word, [rule]);
      } else {
        list.push(rule);
      }
    }
  }
  const byWord = new Map([...lists].map(([word, list]) => [word, createNameIndex(list, names)]));
  return { dimension, byWord, all: rules };
}

function collect(
  atom: Atom,
  dimensions: readonly KeywordBuckets[],
  unindexed: readonly CompiledRule[],
): readonly CompiledRule[] {
  let found = unindexed;
  for (const buckets of dimensions) {
    const more = candidatesIn(buckets, atom);
    if (more.length > 0) {
      found = found.length === 0 ? more : [...found, ...more];
    }
  }
  return found;
}

function candidatesIn({ dimension, byWord, all }: KeywordBuckets, atom: Atom): readonly CompiledRule[] {
  const values = atom.values[dimension];
  if (values === undefined || values.length === 0) {
    return all;
  }
  const [first] = values;
  return values.length === 1
    ? (byWord.get(first ?? '')?.candidates(atom) ?? NO_RULES)
    : [...new Set(values.flatMap((value) => byWord.get(value)?.candidates(atom) ?? NO_RULES))];
}
