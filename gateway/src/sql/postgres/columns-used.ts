import type { FieldUseKind } from '../../model/facts.ts';
import { formatName, WILDCARD } from '../qualified-name.ts';
import type { Expansion } from './field-uses.ts';
import type { Columns, Origin } from './lineage.ts';
import type { KnownRelation } from './relation-catalog.ts';
import type { Walk } from './walk.ts';

/** Records that one reference uses one of these columns; of the kind of the place, unless said otherwise. */
export function useOrigins(walk: Walk, origins: readonly Origin[], kind?: FieldUseKind): void {
  const names = origins.flatMap((origin) => namesOf(walk, origin));
  walk.found.fields.add(names, expanded(walk), kind);
  if (kind !== 'written') for (const origin of origins) carryGenerated(walk, origin);
}

/** A generated column hands out what it is computed from. */
function carryGenerated(walk: Walk, { relation, column }: Origin): void {
  for (const table of relation.tables) {
    const generated = walk.relations?.relation(table)?.generated ?? NONE;
    const sources = Object.entries(generated).flatMap(([name, from]) =>
      column === WILDCARD || column === name ? from : [],
    );
    walk.found.fields.carry({ dimension: 'tables', names: [table] }, sources);
  }
}

const NONE: NonNullable<KnownRelation['generated']> = {};

/** What is handed out so far goes somewhere else, where its origin is lost; `undefined`: nowhere. */
export function turnOutputs(walk: Walk, kind: FieldUseKind | undefined): void {
  walk.found.fields.turnOutputs(kind, expanded(walk));
}

/** Says which columns there are where a name stands for all of a relation whose columns are known. */
function expanded(walk: Walk): Expansion {
  const { relations } = walk;
  if (relations === undefined) return (names) => names;
  return (names) =>
    names.flatMap((name) => {
      if (!name.endsWith(ALL_COLUMNS)) return [name];
      const columns = relations.relation(name.slice(0, -ALL_COLUMNS.length))?.columns;
      return columns?.map((column) => `${name.slice(0, -1)}${formatName([column])}`) ?? [name];
    });
}

const ALL_COLUMNS = '.*';

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
