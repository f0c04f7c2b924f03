/** Rows that are put into filtered relations: the columns of the filter have to be named, and their values are checked. */
import { nodeAt, nodesAt, textAt, unwrap } from '../ast.ts';
import { checkedValue } from './checked-value.ts';
import type { FilteredRelation } from './filtered-relations.ts';
import type { Rewriting } from './rewrite.ts';
import type { RowTerm } from './row-filter.ts';
import { column, node, select, string, type Tree, target } from './tree.ts';

const SOURCE = 'sallyport_rows';

/** Checks the rows of an INSERT. */
export function checkInserted(rewriting: Rewriting, fields: Tree, relation: FilteredRelation): void {
  const source = nodeAt(fields, 'selectStmt');
  if (source === undefined) {
    refuseColumn(rewriting, relation.terms[0]?.column ?? '', relation);
    return;
  }
  const names = columnNames(fields['cols'], relation);
  const lists = source.fields['valuesLists'];
  if (!Array.isArray(lists)) {
    checkQueried(rewriting, fields, relation);
    return;
  }
  for (const { items } of lists.map((list) => (unwrap(list)?.fields ?? {}) as Tree)) {
    checkRow(rewriting, items as Tree[], { names, relation });
  }
}

/** Checks the row of a `WHEN NOT MATCHED THEN INSERT`. */
export function checkMerged(rewriting: Rewriting, clause: Tree, relation: FilteredRelation): void {
  const values = clause['values'];
  const names = columnNames(clause['targetList'], relation);
  if (Array.isArray(values)) checkRow(rewriting, values as Tree[], { names, relation });
  else refuseColumn(rewriting, relation.terms[0]?.column ?? '', relation);
}

function refuseColumn(rewriting: Rewriting, name: string, { rule, name: table }: FilteredRelation): void {
  rewriting.refuse({
    rule,
    reason: `rows of ${table} are filtered by ${name}: name that column, and give its value`,
  });
}

/** Checks the values of one row, in place. */
function checkRow(
  rewriting: Rewriting,
  row: Tree[],
  { names, relation }: { readonly names: readonly string[]; readonly relation: FilteredRelation },
): void {
  for (const [name, terms] of termsByColumn(relation)) {
    const index = names.indexOf(name);
    const value = index < 0 ? undefined : row[index];
    if (value === undefined || unwrap(value)?.type === 'SetToDefault') {
      refuseColumn(rewriting, name, relation);
      return;
    }
    const checked = checkedValue(value, relation.known.types?.get(name), terms);
    if (checked === undefined) {
      const reason = `rows are filtered by ${name}, whose type cannot be checked: give its value as a literal`;
      rewriting.refuse({ rule: relation.rule, reason });
      return;
    }
    row[index] = checked;
  }
}

/** `INSERT … SELECT`: the rows of the query, with the columns of the filter checked. */
function checkQueried(rewriting: Rewriting, fields: Tree, relation: FilteredRelation): void {
  if (fields['cols'] === undefined) {
    const reason = `rows of ${relation.name} are filtered: name the columns that INSERT … SELECT fills`;
    rewriting.refuse({ rule: relation.rule, reason });
    return;
  }
  const names = columnNames(fields['cols'], relation);
  const row = names.map((name) => column(SOURCE, name));
  checkRow(rewriting, row, { names, relation });
  const alias = { aliasname: SOURCE, colnames: names.map(string) };
  fields['selectStmt'] = select({
    targetList: row.map(target),
    fromClause: [node('RangeSubselect', { subquery: fields['selectStmt'], alias })],
  });
}

/** Columns by their places: as they are named, or all of the table in their order. */
function columnNames(cols: unknown, { known }: FilteredRelation): readonly string[] {
  if (!Array.isArray(cols)) return known.columns ?? [];
  // An element or a field of a column is not the column.
  return nodesAt({ cols }, 'cols').map(({ fields }) =>
    fields['indirection'] === undefined ? textAt(fields, 'name') : '',
  );
}

function termsByColumn({ terms }: FilteredRelation): ReadonlyMap<string, readonly RowTerm[]> {
  return Map.groupBy(terms, (term) => term.column);
}
