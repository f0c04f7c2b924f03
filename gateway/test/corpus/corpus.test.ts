import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { SQL_CLASSES, SQL_KINDS } from '../../src/sql/kinds.ts';
import { type AstNode, childrenOf } from '../../src/sql/postgres/ast.ts';
import { isDdlStructure } from '../../src/sql/postgres/ddl-structure.ts';
import { isExpressionType } from '../../src/sql/postgres/expression.ts';
import { analyseSql } from '../../src/sql/postgres/facts.ts';
import { createSqlParser, type SqlParser } from '../../src/sql/postgres/parse.ts';
import { isStatementType } from '../../src/sql/postgres/statement-dispatch.ts';
import { parseName } from '../../src/sql/qualified-name.ts';
import { NEWER_SYNTAX } from './newer-syntax.ts';
import { splitScript } from './sql-script.ts';

const ROOT = join(import.meta.dirname, 'postgresql-regress');
const statements = readdirSync(ROOT)
  .filter((name) => name.endsWith('.sql'))
  .flatMap((name) => splitScript(readFileSync(join(ROOT, name), 'utf8')));

/** Walked by the node that holds them. */
const PARTS: ReadonlySet<string> = new Set([
  'AlterTableCmd',
  'CTECycleClause',
  'CTESearchClause',
  'CommonTableExpr',
  'DefElem',
  'GrantStmt',
  'IndexElem',
  'InferClause',
  'IntoClause',
  'JoinExpr',
  'JsonTable',
  'LockingClause',
  'MergeWhenClause',
  'OnConflictClause',
  'RangeFunction',
  'RangeSubselect',
  'RangeTableFunc',
  'RangeTableSample',
  'ReturningClause',
  'ReturningOption',
  'TypeName',
  'VacuumRelation',
  'VariableSetStmt',
  'WithClause',
]);

/** What may make a statement of the corpus opaque. Nothing else may: an unknown node would say so. */
const EXPECTED_OPAQUE = [/^DO block$/, /^EXECUTE of the unknown prepared statement/];

function isKnown(node: AstNode): boolean {
  const { type } = node;
  return isStatementType(type) || isExpressionType(type) || isDdlStructure(type) || PARTS.has(type);
}

function unknownTypes(node: AstNode, into: Set<string>): void {
  if (!isKnown(node)) into.add(node.type);
  const children = childrenOf(node);
  for (const unknown of children.unknown) into.add(unknown);
  for (const child of children.nodes) unknownTypes(child, into);
}

describe.each([15, 16, 17, 18])("PostgreSQL's regression scripts by the grammar of %i", (major) => {
  let parser: SqlParser;
  const accepted: string[] = [];
  const unknown = new Set<string>();

  beforeAll(async () => {
    parser = await createSqlParser(major);
    const newer = NEWER_SYNTAX.filter((item) => item.since <= major).map((item) => item.sql);
    for (const text of [...statements, ...newer]) {
      const outcome = parser.parse(text);
      if (!('statements' in outcome)) continue;
      accepted.push(text);
      for (const { node } of outcome.statements) unknownTypes(node, unknown);
    }
  });

  it('are accepted, nearly all', () => {
    expect(accepted.length).toBeGreaterThan(8_000);
    expect(accepted.length / statements.length).toBeGreaterThan(0.97);
  });

  it('P3: hold no node type and no field that the walker does not know', () => {
    expect([...unknown]).toEqual([]);
  });

  it('P3: yield atoms of known kinds and readable names, and are opaque only for known reasons', () => {
    const problems = new Set<string>();
    for (const text of accepted) {
      const analysis = analyseSql(parser, text, { searchPath: ['public'], epoch: 0 });
      if ('syntaxError' in analysis) throw new Error(text);
      for (const facts of analysis.facts.statements) {
        for (const reason of facts.opaque)
          if (!EXPECTED_OPAQUE.some((expected) => expected.test(reason))) problems.add(reason);
        for (const atom of facts.atoms) for (const problem of problemsOf(atom.values)) problems.add(problem);
      }
    }
    expect([...problems]).toEqual([]);
  });

  it('newer syntax of this major is accepted and understood', () => {
    for (const { since, sql } of NEWER_SYNTAX.filter((item) => item.since <= major)) {
      const analysis = analyseSql(parser, sql, { searchPath: ['public'], epoch: 0 });
      expect(analysis, `${since}: ${sql}`).not.toHaveProperty('syntaxError');
      if ('facts' in analysis)
        expect(
          analysis.facts.statements.flatMap((facts) => facts.opaque),
          sql,
        ).toEqual([]);
    }
  });
});

function problemsOf(values: Readonly<Record<string, readonly string[]>>): string[] {
  const { kinds = [], classes = [] } = values;
  const names = ['tables', 'columns', 'functions', 'objects'].flatMap((name) => values[name] ?? []);
  return [
    ...kinds.filter((kind) => !SQL_KINDS.includes(kind)),
    ...classes.filter((word) => !(SQL_CLASSES as readonly string[]).includes(word)),
    ...(kinds.length === 0 || classes.length === 0 ? ['an atom without kind or class'] : []),
    ...names.filter((name) => parseName(name) === undefined),
  ];
}
