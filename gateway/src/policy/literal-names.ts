import { isKnownPart, type NamePart, type QualifiedNamePattern } from './qualified-name.ts';

/** The patterns without any `*` among some, found by one look-up instead of one comparison each. */
export interface LiteralNames {
  /** Says whether a literal pattern surely matches the name. */
  has(name: readonly NamePart[]): boolean;
  /** Says whether {@link has} is the whole truth for a name: it lacks nothing that a literal pattern could ask for. */
  settles(name: readonly NamePart[]): boolean;
}

const SEPARATOR = '\0';

/** Puts the literal patterns among `patterns` into a table by the number of their parts. */
export function createLiteralNames(patterns: readonly QualifiedNamePattern[]): LiteralNames {
  const tables = new Map<number, Set<string>>();
  for (const { literal } of patterns) {
    if (literal !== undefined) {
      const table = tables.get(literal.length) ?? new Set();
      tables.set(literal.length, table.add(literal.join(SEPARATOR)));
    }
  }
  const sizes = [...tables.entries()];
  const largest = Math.max(0, ...tables.keys());
  return {
    has: (name) => sizes.some(([size, table]) => endsInTable(name, size, table)),
    settles: (name) => name.length >= largest && name.every(isKnownPart),
  };
}

function endsInTable(name: readonly NamePart[], size: number, table: ReadonlySet<string>): boolean {
  const end = name.slice(-size);
  return (
    end.length === size && end.every(isKnownPart) && table.has(end.map(({ text }) => text).join(SEPARATOR))
  );
}
