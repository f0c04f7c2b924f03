import type { Facts } from '../../model/facts.ts';

/** The dimension whose values are tables, in the families that have any. */
const TABLES = 'tables';

/** Tables that a request touches, every candidate where a name is ambiguous. */
export interface TouchedTables {
  readonly names: ReadonlySet<string>;
  /** Some name stands for any number of tables (`public.*`): no count can hold then. */
  readonly isUncountable: boolean;
}

/** Reads the tables off the atoms. */
export function touchedTables(facts: Facts): TouchedTables {
  const names = new Set<string>();
  let isUncountable = false;
  for (const { atoms } of facts.statements) {
    for (const { values } of atoms) {
      for (const name of values[TABLES] ?? []) {
        names.add(name);
        isUncountable ||= name === '*' || name.endsWith('.*');
      }
    }
  }
  return { names, isUncountable };
}
