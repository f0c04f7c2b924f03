/**
 * Messages of PostgreSQL that carry names and numbers of the statement or the catalog and no values of rows, by
 * SQLSTATE. A message that fits none of its code's forms is replaced. `"…"` in a form stands for one quoted name.
 */

import { OUTSIDE } from '../../../../sql/postgres/row-filters/outside.ts';

const NAME = '"(?:[^"\\n]|""){1,130}"';
const TYPE = '[a-z][a-z0-9_ ]{0,63}(?:\\(\\d{1,5}(?:,-?\\d{1,5})?\\))?(?:\\[\\])?';
/** What a statement was about. */
const OBJECT =
  '(?:relation|table|view|materialized view|index|sequence|schema|database|function|procedure|type|role|column|foreign table|large object|language|tablespace)';

const FORMS: Readonly<Record<string, readonly string[]>> = {
  '0A000': ['cached plan must not change result type'],
  '21000': ['more than one row returned by a subquery used as an expression'],
  '22001': ['value too long for type character(?: varying)?\\(\\d{1,9}\\)'],
  '22003': [
    '(?:smallint|integer|bigint|numeric|real|double precision|date|timestamp) out of range',
    'numeric field overflow',
    'value out of range: (?:over|under)flow',
  ],
  '22008': ['(?:date|time|timestamp)(?: field value)? out of range', 'interval out of range'],
  '22012': ['division by zero'],
  '22023': [`invalid value for parameter ${NAME}`],
  '22P02': [`invalid input syntax for type boolean: "${OUTSIDE.replaceAll('.', '\\.')}"`],
  '23502': [`null value in column ${NAME}(?: of relation ${NAME})? violates not-null constraint`],
  '23503': [
    `insert or update on table ${NAME} violates foreign key constraint ${NAME}`,
    `update or delete on table ${NAME} violates (?:foreign key|RESTRICT setting of foreign key) constraint ${NAME} on table ${NAME}`,
  ],
  '23505': [
    `duplicate key value violates unique constraint ${NAME}`,
    `could not create unique index ${NAME}`,
  ],
  '23514': [
    `new row for relation ${NAME} violates check constraint ${NAME}`,
    `check constraint ${NAME} of relation ${NAME} is violated by some row`,
  ],
  '23P01': [`conflicting key value violates exclusion constraint ${NAME}`],
  '25001': ['.{1,60} cannot run inside a transaction block', 'there is already a transaction in progress'],
  '25006': ['cannot execute [A-Z ]{1,40} in a read-only transaction'],
  '25P01': ['there is no transaction in progress', '[A-Z ]{1,40} can only be used in transaction blocks'],
  '25P02': ['current transaction is aborted, commands ignored until end of transaction block'],
  '26000': [`prepared statement ${NAME} does not exist`],
  '34000': [`(?:cursor|portal) ${NAME} does not exist`],
  '40001': [
    'could not serialize access due to (?:concurrent (?:update|delete)|read/write dependencies among transactions)',
  ],
  '40P01': ['deadlock detected'],
  '42501': [
    `permission denied for ${OBJECT} [a-z_][a-z0-9_$]{0,62}`,
    `permission denied for ${OBJECT} ${NAME}`,
    `new row violates row-level security policy for table ${NAME}`,
    `must be owner of ${OBJECT} [a-z_][a-z0-9_$]{0,62}`,
  ],
  '42601': [
    `syntax error at or near ${NAME}`,
    'syntax error at end of input',
    'INSERT has more (?:expressions|target columns) than (?:target columns|expressions)',
    'each [A-Z]+ query must have the same number of columns',
  ],
  '42701': [`column ${NAME} (?:of relation ${NAME} already exists|specified more than once)`],
  '42702': [`column reference ${NAME} is ambiguous`],
  '42703': [
    `column ${NAME}(?: of relation ${NAME})? does not exist`,
    'column [a-z_][a-z0-9_$.]{0,130} does not exist',
  ],
  '42704': [`${OBJECT} ${NAME} does not exist`, `unrecognized configuration parameter ${NAME}`],
  '42803': [
    `column ${NAME} must appear in the GROUP BY clause or be used in an aggregate function`,
    'aggregate functions are not allowed in [A-Z ]{1,30}',
  ],
  '42804': [
    `column ${NAME} is of type ${TYPE} but expression is of type ${TYPE}`,
    `argument of [A-Z ]{1,30} must be type ${TYPE}, not type ${TYPE}`,
  ],
  '42883': [
    `operator does not exist: ${TYPE} \\S{1,10} ${TYPE}`,
    `function [a-z_][a-z0-9_$.]{0,130}\\((?:${TYPE}(?:, )?){0,20}\\) does not exist`,
  ],
  '42P01': [
    `relation ${NAME} does not exist`,
    `missing FROM-clause entry for table ${NAME}`,
    `invalid reference to FROM-clause entry for table ${NAME}`,
  ],
  '42P05': [`prepared statement ${NAME} already exists`],
  '42P07': [`relation ${NAME} already exists(?:, skipping)?`],
  '42P18': ['could not determine data type of parameter \\$\\d{1,5}'],
  '53300': ['sorry, too many clients already', 'remaining connection slots are reserved for .{1,60}'],
  '55006': [`database ${NAME} is being accessed by other users`],
  '55P03': [
    'canceling statement due to lock timeout',
    `could not obtain lock on (?:row in )?relation ${NAME}`,
  ],
  '57014': ['canceling statement due to (?:statement timeout|user request)', 'canceling autovacuum task'],
  '57P01': ['terminating connection due to (?:administrator command|idle-session timeout)'],
  '57P02': ['terminating connection because of crash of another server process'],
  '57P03': ['the database system is (?:starting up|shutting down|in recovery mode)'],
  '00000': [
    `(?:relation|table|schema|view|index|column) ${NAME} does not exist, skipping`,
    `(?:table|view|index|sequence) ${NAME} does not exist, skipping`,
  ],
};

const COMPILED = new Map(
  Object.entries(FORMS).map(([code, forms]) => [code, new RegExp(`^(?:${forms.join('|')})$`)]),
);

/** Longest message that is compared with the forms. */
const LONGEST = 500;

/** Whether a message of the server carries no value of a row. */
export function isSafeMessage(code: string, message: string): boolean {
  return message.length <= LONGEST && COMPILED.get(code)?.test(message) === true;
}
