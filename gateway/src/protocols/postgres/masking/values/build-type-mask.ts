/** From a type's oid and the masks of a column to a mask of its values, into arrays and rows. */

import type { MaskTally } from '../mask-tally.ts';
import type { CatalogAttribute, ColumnOrigin, ResultCatalog } from '../result-catalog.ts';
import type { ResponseMask } from '../value-mask.ts';
import { resolveType, type ValueType } from '../value-types/value-type.ts';
import { arrayMask } from './array-mask.ts';
import { type ColumnMasks, composeMasks, exactName, withheldMasks } from './column-masks.ts';
import { compositeMask, type FieldMasks } from './composite-mask.ts';
import { hstoreMask } from './hstore-mask.ts';
import { scalarMask } from './scalar-mask.ts';
import { NULL_MASK, type TypeMask } from './type-mask.ts';

/** What masks of parts are made of. */
export interface MaskSources {
  readonly masks: readonly ResponseMask[];
  readonly catalog: ResultCatalog;
  readonly tally: MaskTally;
}

/** Arrays of rows of arrays…: PostgreSQL allows more, nobody uses it. Deeper values are NULL. */
const DEEPEST = 8;
/** Types that a record of unknown fields is looked up for. */
const MOST_FIELD_TYPES = 64;
const NO_MASKS = { contents: [], paths: [], whole: undefined } as const;

/** The mask of values of a type; `own` are those of the column. Undefined where there is nothing to do. */
export function buildTypeMask(
  oid: number,
  own: ColumnMasks | undefined,
  sources: MaskSources,
  depth = 0,
): TypeMask | undefined {
  if (depth > DEEPEST) return NULL_MASK;
  const type = resolveType(oid, sources.catalog);
  switch (type.kind) {
    case 'scalar':
      return own === undefined ? undefined : scalarMask(type.scalar, own);
    case 'array': {
      const element = buildTypeMask(type.element, own, sources, depth + 1);
      return element === undefined ? undefined : arrayMask(element, type.delimiter);
    }
    case 'hstore':
      return own === undefined ? undefined : hstoreOf(own);
    case 'composite':
      return compositeOf(type, own, sources, depth);
  }
}

function hstoreOf(own: ColumnMasks): TypeMask | undefined {
  // A path may name a key.
  if (own.paths.length > 0) return NULL_MASK;
  const values = scalarMask('text', own);
  const keys = scalarMask('text', { ...own, whole: undefined });
  return values === undefined ? undefined : hstoreMask({ values, keys });
}

type Composite = Extract<ValueType, { kind: 'composite' }>;

function compositeOf(
  type: Composite,
  own: ColumnMasks | undefined,
  sources: MaskSources,
  depth: number,
): TypeMask | undefined {
  const { attributes } = type;
  if (attributes === undefined) return own === undefined ? undefined : recordOf(own, sources, depth);
  const masks = attributes.map((attribute) => {
    const masked = attributeMasks(type.relation, attribute, sources);
    return buildTypeMask(attribute.type, mergeMasks(own, masked), sources, depth + 1);
  });
  if (masks.every((mask) => mask === undefined)) return undefined;
  return compositeMask({ count: masks.length, at: (index) => masks[index] });
}

/** A record without a type of its own: in binary format it tells its fields' types, in text format it does not. */
function recordOf(own: ColumnMasks, sources: MaskSources, depth: number): TypeMask {
  const asText = own.whole === undefined ? scalarMask('text', own) : NULL_MASK;
  const known = new Map<number, TypeMask | undefined>();
  const fields: FieldMasks = {
    count: undefined,
    at: (_, type) => {
      if (type === undefined) return asText;
      if (!known.has(type)) {
        if (known.size >= MOST_FIELD_TYPES) return NULL_MASK;
        known.set(type, buildTypeMask(type, own, sources, depth + 1));
      }
      return known.get(type);
    },
  };
  return compositeMask(fields);
}

/** Masks that name the attribute itself: of a table's row, or of a composite type. */
function attributeMasks(
  relation: number,
  attribute: CatalogAttribute,
  { masks, catalog, tally }: MaskSources,
): ColumnMasks | undefined {
  const origin = catalog.column(relation, attribute.number);
  const label = labelOf(origin, attribute.name);
  if (origin !== undefined && origin.carries === undefined) return withheldMasks(masks, { label, tally });
  const names =
    origin === undefined
      ? [[attribute.name]]
      : [...origin.names, ...(origin.carries ?? []), ...(origin.madeOf ?? [])];
  const exact = names.map(exactName);
  const isMeant = (mask: ResponseMask): boolean =>
    exact.some((name) => mask.patterns.some((pattern) => pattern.hits(name)));
  return composeMasks(masks, isMeant, {
    label,
    name: attribute.name,
    tally,
  });
}

/** How a column is called in the record. */
export function labelOf(origin: ColumnOrigin | undefined, name: string): string {
  return (origin?.names[0] ?? [name]).join('.');
}

/** The masks of a part: those of the whole and its own; of two that replace it wholly, its own. */
function mergeMasks(outer: ColumnMasks | undefined, inner: ColumnMasks | undefined): ColumnMasks | undefined {
  if (outer === undefined || inner === undefined) return outer ?? inner;
  const { found } = outer;
  if (outer.whole !== undefined && outer.whole.method === 'null')
    return { ...NO_MASKS, whole: outer.whole, found };
  return {
    contents: [...outer.contents, ...inner.contents],
    paths: [...outer.paths, ...inner.paths],
    whole: inner.whole ?? outer.whole,
    found,
  };
}
