import {
  compileQualifiedName,
  type NamePart,
  parseQualifiedName,
  type QualifiedNamePattern,
} from './qualified-name.ts';

/** A column name that was split, for those who compare it with many patterns; no parts where it cannot be read. */
export interface ColumnName {
  readonly parts: readonly NamePart[] | undefined;
}

/** Splits a name in the form of `FieldUse.names`, `schema.table.column`. */
export function splitColumnName(name: string): ColumnName {
  return { parts: parseQualifiedName(name) };
}

/** Column patterns of a mask (`*.email`, `public.customers.ssn`), compiled once and asked for many columns. */
export interface ColumnPatterns {
  /**
   * Whether the column may be meant. What the name leaves open (a last part `*`, parts that are missing, text that
   * cannot be read) is assumed to match, so a mask fails closed.
   */
  mayMatch(name: string | ColumnName): boolean;
}

/** Compiles column patterns. One that cannot be read, which policy refuses at load, is taken to match everything. */
export function compileColumnPatterns(patterns: readonly string[]): ColumnPatterns {
  const compiled = patterns.map((pattern) => compileQualifiedName(pattern) ?? EVERYTHING);
  return {
    mayMatch: (name) => {
      const { parts } = typeof name === 'string' ? splitColumnName(name) : name;
      return compiled.some((pattern) => pattern.hits(parts));
    },
  };
}

const EVERYTHING: QualifiedNamePattern = { covers: () => true, hits: () => true };
