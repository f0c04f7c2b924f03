import type { FieldSource, FieldUseKind, OutputFields } from '../../model/facts.ts';
import { formatName, WILDCARD } from '../qualified-name.ts';
import type { Expansion } from './field-uses.ts';
import { type Columns, carriedBy, expanded as expandedColumns, type Origin } from './lineage.ts';
import type { RelationCatalog } from './relation-catalog.ts';
import type { Walk } from './walk.ts';

/** Records that one reference uses one of these columns; of the kind of the place, unless said otherwise. */
export function useOrigins(walk: Walk, origins: readonly Origin[], kind?: FieldUseKind): void {
  const { fields } = walk.found;
  if (origins.length === 0) return;
  const names = origins.flatMap((origin) => namesOf(walk, origin));
  const how = kind ?? fields.kind;
  const expansion = expanded(walk);
  if (how === 'derived' || how === 'computed') fields.deriveFrom(origins);
  fields.add(names, expansion, how);
  for (const { names: shown, by } of shownBy(walk, origins)) fields.add(shown, expansion, how, by);
  if (how !== 'written') for (const origin of origins) useGenerated(walk, origin, how);
}

/** A generated column hands out what it is computed from; its own origin is known. */
function useGenerated(walk: Walk, origin: Origin, kind: FieldUseKind): void {
  const sources = sourcesOf(walk, origin);
  if (sources.length === 0) return;
  walk.found.fields.add(sources, expanded(walk), kind === 'output' ? 'derived' : kind);
}

function sourcesOf(walk: Walk, { relation, column }: Origin): readonly string[] {
  return relation.tables.flatMap((table) => {
    const generated = walk.relations?.relation(table)?.generated;
    if (generated === undefined) return NONE;
    return Object.entries(generated).flatMap(([name, from]) =>
      column === WILDCARD || column === name ? from : NONE,
    );
  });
}

const NONE: readonly string[] = [];

/** What is handed out so far goes somewhere else, where its origin is lost; `undefined`: nowhere. */
export function turnOutputs(walk: Walk, kind: FieldUseKind | undefined): void {
  walk.found.outputs = undefined;
  walk.found.fields.turnOutputs(kind, expanded(walk));
}

/** Says which columns there are where a name stands for all of a relation whose columns are known. */
function expanded(walk: Walk): Expansion {
  const { relations } = walk;
  if (relations === undefined) return unexpanded;
  const known = expansions.get(relations);
  if (known !== undefined) return known;
  const made: Expansion = (names) => {
    if (!names.some((name) => name.endsWith(ALL_COLUMNS))) return names;
    return names.flatMap((name) => {
      if (!name.endsWith(ALL_COLUMNS)) return [name];
      const columns = relations.relation(name.slice(0, -ALL_COLUMNS.length))?.columns;
      return columns?.map((column) => `${name.slice(0, -1)}${formatName([column])}`) ?? [name];
    });
  };
  expansions.set(relations, made);
  return made;
}

const expansions = new WeakMap<RelationCatalog, Expansion>();
const unexpanded: Expansion = (names) => names;

const ALL_COLUMNS = '.*';

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
  const all = expanded(walk);
  return list.map(({ origins, derived = [] }) => ({
    plain: origins.flatMap((origin) => namesOf(walk, origin)),
    derived: [
      { names: all(derived.flatMap((origin) => [...namesOf(walk, origin), ...sourcesOf(walk, origin)])) },
      ...shownBy(walk, derived),
    ].filter(({ names }) => names.length > 0),
  }));
}

/** All names a column may go by: in each schema where its table may be, and those of the table's ancestors. */
export function namesOf(walk: Walk, { relation, column }: Origin): string[] {
  return relation.tables.flatMap((table) => {
    const own = `${table}.${formatName([column])}`;
    const parents = walk.relations?.relation(table)?.parents;
    return parents === undefined ? own : [own, ...parents.map((name) => `${name}.${formatName([column])}`)];
  });
}

/** The columns behind those of views; behind a whole row, all of them. */
function shownBy(walk: Walk, origins: readonly Origin[]): readonly FieldSource[] {
  if (walk.relations === undefined) return [];
  return origins.flatMap(({ relation, column }) =>
    relation.tables.flatMap((table) => {
      const shows = walk.relations?.relation(table)?.shows;
      if (shows === undefined) return [];
      const names = typeof column === 'string' ? (shows.get(column) ?? []) : [...shows.values()].flat();
      return names.length === 0 ? [] : [{ names, by: { dimension: 'tables', names: [table] } }];
    }),
  );
}
