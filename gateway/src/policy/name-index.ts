import type { Atom } from '../model/facts.ts';
import { isKnownPart } from '../names/qualified-name.ts';
import type { AtomIndex } from './atom-index.ts';
import type { CompiledRule } from './compiled-rule.ts';
import type { CompiledDimension, NameCache } from './dimension.ts';

/** Rules by a literal part of their name patterns: for each place from the right, the rules by the text there. */
type Anchors = readonly ReadonlyMap<string, readonly CompiledRule[]>[];

/** Fewer rules than this are as fast to compare as to look up. */
const WORTH_IT = 4;

/**
 * Indexes rules by the first of their name dimensions whose patterns all have a literal part. A value that lacks a part
 * at one of the places, that cannot be read or that stands for everything may be meant by any rule: it finds them all.
 */
export function createNameIndex(rules: readonly CompiledRule[], names: NameCache): AtomIndex {
  const dimension = rules.map(anchoredDimension).find((found) => found !== undefined)?.name;
  const keyed = rules.filter(
    (rule) => dimension !== undefined && anchoredDimension(rule)?.name === dimension,
  );
  if (dimension === undefined || keyed.length < WORTH_IT) {
    return { candidates: () => rules };
  }
  const rest = rules.filter((rule) => !keyed.includes(rule));
  const anchors = anchorsOf(keyed, dimension);
  return {
    candidates: (atom) => {
      const found = lookUp(atom.values[dimension] ?? [], anchors, names);
      if (found === undefined) {
        return rules;
      }
      return rest.length === 0 ? found : [...rest, ...found];
    },
  };
}

function anchoredDimension(rule: CompiledRule): CompiledDimension | undefined {
  return rule.dimensions.find((dimension) => dimension.anchors !== undefined);
}

function anchorsOf(rules: readonly CompiledRule[], dimension: string): Anchors {
  const places: Map<string, CompiledRule[]>[] = [];
  for (const rule of rules) {
    const anchors = rule.dimensions.find(({ name }) => name === dimension)?.anchors ?? [];
    for (const { fromRight, text } of anchors) {
      while (places.length < fromRight) {
        places.push(new Map());
      }
      const place = places[fromRight - 1];
      const list = place?.get(text) ?? [];
      if (list.at(-1) !== rule) {
        list.push(rule);
      }
      place?.set(text, list);
    }
  }
  return places;
}

function lookUp(
  values: Atom['values'][string],
  anchors: Anchors,
  names: NameCache,
): readonly CompiledRule[] | undefined {
  if (values.length === 0) {
    return undefined;
  }
  const found = new Set<CompiledRule>();
  for (const value of values) {
    const parts = names.parse(value)?.parts;
    if (parts === undefined) {
      return undefined;
    }
    for (let fromRight = 1; fromRight <= anchors.length; fromRight++) {
      const part = parts[parts.length - fromRight];
      if (part === undefined || !isKnownPart(part)) {
        return undefined;
      }
      anchors[fromRight - 1]?.get(part.text)?.forEach((rule) => found.add(rule));
    }
  }
  return [...found];
}
