import { compileQualifiedName, parseQualifiedName, type QualifiedNamePattern } from './qualified-name.ts';

/** Column patterns of a mask (`*.email`, `public.customers.ssn`), compiled once and asked for many columns. */
export interface ColumnPatterns {
  /**
   * Whether the column may be meant: a name in the form of `FieldUse.names`, `schema.table.column`. What the name leaves
   * open (a last part `*`, parts that are missing, text that cannot be read) is assumed to match, so a mask fails closed.
   */
  mayMatch(name: string): boolean;
}

/** Compiles column patterns. One that cannot be read, which policy refuses at load, is taken to match everything. */
export function compileColumnPatterns(patterns: readonly string[]): ColumnPatterns {
  const compiled = patterns.map((pattern) => compileQualifiedName(pattern) ?? EVERYTHING);
  return {
    mayMatch: (name) => {
      const parts = parseQualifiedName(name);
      return compiled.some((pattern) => pattern.hits(parts));
    },
  };
}

const EVERYTHING: QualifiedNamePattern = { covers: () => true, hits: () => true };
