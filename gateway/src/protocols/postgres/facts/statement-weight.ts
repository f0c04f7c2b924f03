import type { Facts, StatementFacts } from '../../../model/facts.ts';

/** Measured on Node 24: what V8 keeps for a statement, for one of its atoms, and for one name in either; bytes. */
const STATEMENT_BYTES = 1_000;
const ATOM_BYTES = 400;
const NAME_BYTES = 40;
/** As those of an atom and a name, reckoned: one use of a column, and the place of one value that meets it. */
const USE_BYTES = 160;
const NUMBER_BYTES = 8;

/**
 * Roughly the memory, in bytes, that a judged text takes as long as somebody remembers it. Facts outweigh their text by
 * far where it is made of many small statements or tables (P10).
 */
export function weighStatement(text: string, facts: Facts): number {
  return facts.statements.reduce((sum, statement) => sum + weigh(statement), text.length);
}

function weigh(statement: StatementFacts): number {
  let names = 0;
  for (const name in statement.attributes) {
    const value = statement.attributes[name];
    if (Array.isArray(value)) names += value.length;
  }
  for (const { values } of statement.atoms)
    for (const dimension in values) names += values[dimension]?.length ?? 0;
  let uses = 0;
  for (const { names: fields, values } of statement.fields ?? []) {
    uses += USE_BYTES;
    names += fields.length;
    uses += ((values?.literals.length ?? 0) + (values?.parameters.length ?? 0)) * NUMBER_BYTES;
  }
  return STATEMENT_BYTES + statement.atoms.length * ATOM_BYTES + names * NAME_BYTES + uses;
}
