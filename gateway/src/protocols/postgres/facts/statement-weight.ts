import type { Facts, StatementFacts } from '../../../model/facts.ts';

/** Measured on Node 24: what V8 keeps for a statement, for one of its atoms, and for one name in either; bytes. */
const STATEMENT_BYTES = 1_000;
const ATOM_BYTES = 400;
const NAME_BYTES = 40;

/**
 * Roughly the memory, in bytes, that a judged text takes as long as somebody remembers it. Facts outweigh their text by
 * far where it is made of many small statements or tables (P10).
 */
export function weighStatement(text: string, facts: Facts): number {
  return facts.statements.reduce((sum, statement) => sum + weigh(statement), text.length);
}

function weigh(statement: StatementFacts): number {
  let names = 0;
  for (const value of Object.values(statement.attributes)) if (Array.isArray(value)) names += value.length;
  for (const atom of statement.atoms) {
    for (const values of Object.values(atom.values)) names += values.length;
  }
  return STATEMENT_BYTES + statement.atoms.length * ATOM_BYTES + names * NAME_BYTES;
}
