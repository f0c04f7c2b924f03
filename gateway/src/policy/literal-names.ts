import { isKnownPart, type NamePart, type QualifiedNamePattern } from '../names/qualified-name.ts';

/** A name that was split, with what a look-up needs. */
export interface KnownName {
  readonly parts: readonly NamePart[];
  /** The last part, the last two, and so on, as keys; as far as there is no `*` that stands for all there are. */
  readonly endings: readonly string[];
}

/** The patterns without any `*` among some, found by one look-up instead of one comparison each. */
export interface LiteralNames {
  /** Says whether a literal pattern surely matches the name. */
  has(name: KnownName): boolean;
  /** Says whether {@link has} is the whole truth for a name: it lacks nothing that a literal pattern could ask for. */
  settles(name: KnownName): boolean;
}

const SEPARATOR = '\0';

/** Makes the keys of a split name. */
export function toKnownName(parts: readonly NamePart[]): KnownName {
  const endings: string[] = [];
  let ending = '';
  for (const part of parts.toReversed()) {
    if (!isKnownPart(part)) {
      break;
    }
    ending = endings.length === 0 ? part.text : part.text + SEPARATOR + ending;
    endings.push(ending);
  }
  return { parts, endings };
}

/** Puts the literal patterns among `patterns` into a table by the number of their parts. */
export function createLiteralNames(patterns: readonly QualifiedNamePattern[]): LiteralNames {
  const tables: Set<string>[] = [];
  for (const { literal } of patterns) {
    if (literal !== undefined) {
      const table = tables[literal.length - 1] ?? new Set();
      tables[literal.length - 1] = table.add(literal.join(SEPARATOR));
    }
  }
  return {
    has: ({ endings }) => endings.some((ending, index) => tables[index]?.has(ending)),
    settles: ({ parts, endings }) => endings.length === parts.length && parts.length >= tables.length,
  };
}
