import type { FieldUseKind } from '../../model/facts.ts';
import { formatName } from '../qualified-name.ts';
import type { Columns, Origin } from './lineage.ts';
import type { Walk } from './walk.ts';

/** Records that one reference uses one of these columns; of the kind of the place, unless said otherwise. */
export function useOrigins(walk: Walk, origins: readonly Origin[], kind?: FieldUseKind): void {
  walk.found.fields.add(
    origins.flatMap((origin) => namesOf(walk, origin)),
    kind,
  );
}

/** Records that each of the columns is used. */
export function useColumns(walk: Walk, columns: Columns, kind: FieldUseKind): void {
  for (const { origins } of columns.list) useOrigins(walk, origins, kind);
}

/** All names a column may go by: in each schema where its table may be, and those of the table's ancestors. */
function namesOf(walk: Walk, { relation, column }: Origin): string[] {
  return relation.tables.flatMap((table) => {
    const parents = walk.relations?.relation(table)?.parents ?? [];
    return [table, ...parents].map((name) => `${name}.${formatName([column])}`);
  });
}
