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
  /** Whether the column is certainly meant, whatever the name leaves open. */
  covers(name: string): boolean;
}

/** Compiles column patterns. One that cannot be read, which policy refuses at load, is taken to match everything. */
export function compileColumnPatterns(patterns: readonly string[]): ColumnPatterns {
  const compiled = patterns.map((pattern) => compileQualifiedName(pattern) ?? EVERYTHING);
  return {
    mayMatch: (name) => {
      const { parts } = typeof name === 'string' ? splitColumnName(name) : name;
      return compiled.some((pattern) => pattern.hits(parts));
    },
    covers: (name) => {
      const { parts } = splitColumnName(name);
      const isOpen = parts === undefined || parts.some(({ text, quoted }) => text === '*' && !quoted);
      return !isOpen && compiled.some((pattern) => pattern !== EVERYTHING && pattern.covers(parts));
    },
  };
}

const EVERYTHING: QualifiedNamePattern = { covers: () => true, hits: () => true };
