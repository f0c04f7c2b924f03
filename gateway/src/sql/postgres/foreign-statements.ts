/**
 * Foreign data. A server may be this one, and a foreign table any table of it: what comes by that has another name, and no mask finds
 * it again. Those that are there already are the owner's.
 */
import { formatName, WILDCARD } from '../qualified-name.ts';
import { structAt, textAt } from './ast.ts';
import { ddl, simple, tableParts } from './ddl.ts';
import { noteAnything, noteNewPartition } from './ddl-disclosure.ts';
import { walkDdlBelow } from './ddl-structure.ts';
import { plainResult, type StatementHandler, type StatementHandlers } from './statement-walk.ts';

/** CREATE FOREIGN TABLE wraps a CREATE TABLE. */
const createForeignTable: StatementHandler = (walk, node) => {
  const base = structAt(node.fields, 'base') ?? {};
  const parts = tableParts(walk, structAt(base, 'relation'));
  noteAnything(walk, 'carried', { dimension: 'tables', names: parts.tables ?? [], isMade: true });
  noteNewPartition(walk, base);
  walk.found.add('CREATE FOREIGN TABLE', parts);
  walkDdlBelow(walk, { type: 'CreateStmt', fields: base }, 'CREATE FOREIGN TABLE', new Set(['relation']));
  return plainResult('CREATE FOREIGN TABLE');
};

/** IMPORT FOREIGN SCHEMA makes tables, of any name, in the local schema. */
const importForeignSchema: StatementHandler = (walk, node) => {
  const tables = [formatName([textAt(node.fields, 'local_schema'), WILDCARD])];
  noteAnything(walk, 'carried', { dimension: 'tables', names: tables, isMade: true });
  walk.found.add('IMPORT FOREIGN SCHEMA', {
    tables,
    objects: [formatName([textAt(node.fields, 'server_name')])],
  });
  return plainResult('IMPORT FOREIGN SCHEMA');
};

/** Its tables may be those of another database from then on. */
const alterServer: StatementHandler = (walk, node, env) => {
  noteAnything(walk, 'carried', {
    dimension: 'objects',
    names: [formatName([textAt(node.fields, 'servername')])],
    isMade: true,
  });
  return ddl('ALTER SERVER', { name: 'servername' })(walk, node, env);
};

/** Wrappers, servers and tables of foreign data. */
export const FOREIGN_STATEMENTS: StatementHandlers = {
  AlterFdwStmt: simple('ALTER', 'FOREIGN DATA WRAPPER', 'fdwname'),
  AlterForeignServerStmt: alterServer,
  CreateFdwStmt: simple('CREATE', 'FOREIGN DATA WRAPPER', 'fdwname'),
  CreateForeignServerStmt: simple('CREATE', 'SERVER', 'servername'),
  CreateForeignTableStmt: createForeignTable,
  ImportForeignSchemaStmt: importForeignSchema,
};
