/** `COPY table TO`: the same rows of a query. */
import { flagAt, stringsAt, structAt } from '../ast.ts';
import type { Rewriting } from './rewrite.ts';
import { column, node, select, type Tree, target } from './tree.ts';

/** Makes of a COPY of a filtered table one of a query, which is filtered then; refuses one that writes into it. */
export function copyAsQuery(rewriting: Rewriting, fields: Tree): void {
  const rangeVar = structAt(fields, 'relation') as Tree | undefined;
  if (rangeVar === undefined) return;
  rewriting.accept(rangeVar);
  const meaning = rewriting.relations.meaning(rangeVar);
  if (meaning === 'clear') return;
  if ('reason' in meaning) {
    rewriting.refuse(meaning);
    return;
  }
  const { rule, schema, name, known } = meaning;
  if (flagAt(fields, 'is_from')) {
    rewriting.refuse({
      rule,
      reason: `rows of ${name} are filtered: INSERT them, so that they can be checked`,
    });
    return;
  }
  if (known.columns === undefined) {
    rewriting.refuse({ rule, reason: `the columns of ${name} are not known` });
    return;
  }
  const named = stringsAt(fields, 'attlist');
  // As COPY has it: without generated columns, and without rows of children.
  const columns =
    named.length > 0 ? named : known.columns.filter((one) => known.generated?.[one] === undefined);
  delete fields['relation'];
  delete fields['attlist'];
  const source: Tree = { schemaname: schema, relname: name, relpersistence: 'p' };
  fields['query'] = select({
    targetList: columns.map((one) => target(column(name, one))),
    fromClause: [node('RangeVar', source)],
  });
}
