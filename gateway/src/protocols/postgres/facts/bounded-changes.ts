/** Whether the rows that a text changes can be bounded: counted by the server, and rolled back if they are too many. */
import type { Facts, StatementFacts } from '../../../model/facts.ts';
import { rowChangesIn } from '../../../sql/postgres/row-changes.ts';

/** Why they cannot be; `undefined`: they can, or there are none. */
export function changesProblem({ statements }: Facts): string | undefined {
  const unknown = statements.find((one) => rowChangesIn(one) === 'unknown');
  if (unknown !== undefined) return uncounted(unknown);
  if (statements.length === 1 || !statements.some(countsChanges)) return undefined;
  // It would end the block that the gateway opens around the text, and keep what it changed.
  const ends = statements.find(isTransactionControl);
  if (ends === undefined) return undefined;
  return `${ends.summary} cannot stand in one text with what changes rows; send it by itself`;
}

/** Whether the server reports how many rows it changes. */
export function countsChanges(statement: StatementFacts): boolean {
  return rowChangesIn(statement) === 'counted';
}

/** Begins, ends or marks a transaction. */
export function isTransactionControl({ attributes }: StatementFacts): boolean {
  return attributes['class'] === 'tcl' && attributes['kind'] !== 'SET CONSTRAINTS';
}

function uncounted({ summary, attributes }: StatementFacts): string {
  const functions = attributes['functions'];
  const classes = attributes['classes'];
  const runsCode = Array.isArray(classes) && classes.includes('code') && Array.isArray(functions);
  if (runsCode && functions.length > 0)
    return `what the functions of ${summary} change is not counted; leave ${functions.slice(0, 3).join(', ')} out`;
  if (attributes['isExplainAnalyze'] === true)
    return 'EXPLAIN ANALYZE does not tell how many it changes; use EXPLAIN alone';
  return `the server does not tell how many ${summary} changes; use one INSERT, UPDATE, DELETE, MERGE or COPY, with no other write in WITH`;
}
