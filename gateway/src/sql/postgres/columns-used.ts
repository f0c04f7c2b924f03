import type { FieldSource, FieldUseKind, OutputFields } from '../../model/facts.ts';
import { type Columns, carriedBy, expanded as expandedColumns, type Origin } from './lineage.ts';
import type { Walk } from './walk.ts';

/** Records that one reference uses one of these columns; of the kind of the place, unless said otherwise. */
export function useOrigins(walk: Walk, origins: readonly Origin[], kind?: FieldUseKind): void {
  const [only] = origins;
  if (only === undefined) return;
  const { fields } = walk.found;
  const how = kind ?? fields.kind;
  if (how === 'derived' || how === 'computed') fields.deriveFrom(origins);
  if (origins.length === 1) {
    const { names, expanded } = walk.columns.column(only.relation, only.column);
    fields.add(how === 'output' ? names : expanded, how);
  } else {
    const names = origins.flatMap((origin) => namesOf(walk, origin));
    fields.add(how === 'output' ? names : walk.columns.expand(names), how);
  }
  for (const origin of origins) useShown(walk, origin, how);
  if (how !== 'written') for (const origin of origins) useGenerated(walk, origin, how);
}

function useShown(walk: Walk, { relation, column }: Origin, kind: FieldUseKind): void {
  for (const { names, by } of walk.columns.column(relation, column).shown)
    walk.found.fields.add(kind === 'output' ? names : walk.columns.expand(names), kind, by);
}

function useGenerated(walk: Walk, { relation, column }: Origin, kind: FieldUseKind): void {
  const { sources } = walk.columns.column(relation, column);
  if (sources.length === 0) return;
  walk.found.fields.add(walk.columns.expand(sources), kind === 'output' ? 'derived' : kind);
}

/** What is handed out so far goes somewhere else, where its origin is lost; `undefined`: nowhere. */
export function turnOutputs(walk: Walk, kind: FieldUseKind | undefined): void {
  walk.found.outputs = undefined;
  walk.found.fields.turnOutputs(kind, walk.columns.expand);
}

/** Records that each of the columns is used; what was computed is no output under its own name. */
export function useColumns(walk: Walk, columns: Columns, kind: FieldUseKind): void {
  for (const column of columns.list) {
    if (kind !== 'output') useOrigins(walk, carriedBy(column), kind);
    else {
      useOrigins(walk, column.origins, kind);
      if (column.derived !== undefined) useOrigins(walk, column.derived, 'derived');
    }
  }
}

/** Most columns of a result that are told one by one. (P10) */
const MOST_OUTPUTS = 256;

/** What each column of a result may carry; `undefined` where they are not known one by one. */
export function outputFields(walk: Walk, columns: Columns): readonly OutputFields[] | undefined {
  const list = expandedColumns(columns, walk.columnsOf);
  if (list === undefined || list.length > MOST_OUTPUTS) return undefined;
  return list.map(({ origins, derived }) => {
    const [only] = origins;
    if (only !== undefined && origins.length === 1 && derived === undefined)
      return walk.columns.column(only.relation, only.column).output;
    return {
      plain: origins.flatMap((origin) => namesOf(walk, origin)),
      derived: derived === undefined ? [] : sourcesOf(walk, derived),
    };
  });
}

function sourcesOf(walk: Walk, origins: readonly Origin[]): readonly FieldSource[] {
  const known = origins.map(({ relation, column }) => walk.columns.column(relation, column));
  const names = walk.columns.expand(known.flatMap((one) => [...one.names, ...one.sources]));
  const all = [{ names }, ...known.flatMap(({ shown }) => shown)];
  return all.filter((source) => source.names.length > 0);
}

/** All names a column may go by: in each schema where its table may be, and those of the table's ancestors. */
export function namesOf(walk: Walk, { relation, column }: Origin): readonly string[] {
  return walk.columns.column(relation, column).names;
}
