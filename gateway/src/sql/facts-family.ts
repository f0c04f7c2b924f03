import type { FactsFamily } from '../model/facts.ts';
import { SQL_CLASSES, SQL_KINDS } from './kinds.ts';

/** The rule family `sql`: what rules may match and what `when:` sees under `sql.`. */
export const sqlFamily: FactsFamily = {
  name: 'sql',
  dimensions: {
    kinds: {
      match: { by: 'keyword', vocabulary: SQL_KINDS },
      description:
        'Statement kinds. A statement has an atom for each thing it does: EXPLAIN, PREPARE, DECLARE, COPY and MERGE add one to those of their inner statement; a function off the safe list is EXECUTE FUNCTION.',
    },
    classes: {
      match: { by: 'keyword', vocabulary: SQL_CLASSES },
      description: 'Classes of kinds: read, write, ddl, dcl, tcl, utility, session, copy, code.',
    },
    tables: {
      match: { by: 'qualified-name' },
      description: 'Tables and views, schema.table. A whole schema is schema.*, the whole database *.*.',
    },
    columns: {
      match: { by: 'qualified-name' },
      description: 'Columns read or written, schema.table.column. Whole rows are schema.table.*.',
    },
    functions: {
      match: { by: 'qualified-name' },
      description: 'Functions that the statement calls (in every atom of the statement), schema.function.',
    },
    settings: {
      match: { by: 'glob' },
      description: 'Run-time parameters set, reset or shown, in lower case; * for all of them.',
    },
    channels: {
      match: { by: 'glob' },
      description: 'Channels of LISTEN, UNLISTEN and NOTIFY; * for UNLISTEN of all.',
    },
    objects: {
      match: { by: 'qualified-name' },
      description:
        'Other objects: schemas, roles, types, extensions, databases, prepared statements, cursors.',
    },
  },
  attributes: {
    kind: { type: 'string', description: 'Kind of the statement as a whole.' },
    class: { type: 'string', description: 'First class of that kind.' },
    kinds: { type: 'list<string>', description: 'Kinds of all atoms.' },
    classes: { type: 'list<string>', description: 'Classes of all atoms.' },
    tables: { type: 'list<string>', description: 'All tables named, with every candidate schema.' },
    readTables: { type: 'list<string>', description: 'Tables of SELECT atoms.' },
    writtenTables: { type: 'list<string>', description: 'Tables of write atoms.' },
    columns: { type: 'list<string>', description: 'All columns, schema.table.column.' },
    readColumns: { type: 'list<string>', description: 'Columns of SELECT atoms.' },
    writtenColumns: { type: 'list<string>', description: 'Columns of INSERT and UPDATE atoms.' },
    functions: { type: 'list<string>', description: 'Functions called.' },
    settings: { type: 'list<string>', description: 'Parameters set, reset or shown.' },
    settingValues: {
      type: 'list<string>',
      description:
        'Parameters set or reset, each as name=value; the bare name where the value is not in the text (DEFAULT, RESET, computed).',
    },
    hasWhere: {
      type: 'bool',
      description:
        'Every UPDATE, DELETE, MERGE action and row lock (or, without any, the SELECT) is restricted by a condition on its own rows. WHERE true, x = x and the like do not count.',
    },
    boundedByKey: {
      type: 'bool',
      description: 'As hasWhere, and a unique key is fixed to constants. Needs a catalog; else false.',
    },
    hasLimit: { type: 'bool', description: 'The outermost SELECT has a literal LIMIT.' },
    returning: { type: 'bool', description: 'Some write returns rows (RETURNING).' },
    cascade: { type: 'bool', description: 'CASCADE is given: objects that are not named are affected.' },
    isExplain: { type: 'bool', description: 'EXPLAIN, with or without ANALYZE.' },
    isExplainAnalyze: { type: 'bool', description: 'EXPLAIN that runs the statement.' },
    rowChanges: {
      type: 'string',
      description:
        'What is known of the number of rows that it changes: none, counted (the server reports it), unknown (writes in WITH, TRUNCATE, DDL, code).',
    },
    statementCount: { type: 'int', description: 'Statements in the message.' },
  },
};
