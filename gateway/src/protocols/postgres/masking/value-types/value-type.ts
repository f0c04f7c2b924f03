/** What a value is, as far as masking it goes. */
import type { CatalogAttribute, ResultCatalog } from '../result-catalog.ts';
import { ARRAYS, SCALARS } from './builtin-types.ts';

/** Kinds of values that have no parts of their own. */
export type ScalarKind =
  /** Text in both formats. */
  | 'text'
  /** Text in both formats, but not any text is valid: enum labels, text search. */
  | 'word'
  | 'json'
  | 'jsonb'
  | 'xml'
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'float4'
  | 'float8'
  | 'numeric'
  | 'uuid'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'inet'
  | 'macaddr'
  | 'bytea'
  /** Holds nothing that a detector looks for; masked it is NULL. */
  | 'plain'
  /** Nothing is known: masked it is NULL, and where it cannot be read it is taken for a finding. */
  | 'opaque';

/** A type resolved to what matters here; domains are gone. */
export type ValueType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarKind }
  | { readonly kind: 'array'; readonly element: number; readonly delimiter: string }
  | { readonly kind: 'hstore' }
  /** Without attributes: an anonymous record, whose fields' types only its binary form tells. */
  | {
      readonly kind: 'composite';
      readonly relation: number;
      readonly attributes: readonly CatalogAttribute[] | undefined;
    };

const OPAQUE: ValueType = { kind: 'scalar', scalar: 'opaque' };
const RECORD = 2249;
/** Domains over domains: the server has no limit, we do. */
const MOST_DOMAINS = 32;

/** Resolves a type's oid; what is not known is `opaque`. */
export function resolveType(oid: number, catalog: ResultCatalog): ValueType {
  let at = oid;
  for (let step = 0; step < MOST_DOMAINS; step += 1) {
    const scalar = SCALARS.get(at);
    if (scalar !== undefined) return { kind: 'scalar', scalar };
    const element = ARRAYS.get(at);
    if (element !== undefined) return { kind: 'array', element, delimiter: at === BOX_ARRAY ? ';' : ',' };
    if (at === RECORD) return { kind: 'composite', relation: 0, attributes: undefined };
    const known = catalog.type(at);
    if (known?.kind !== 'domain') return fromCatalog(known);
    at = known.base;
  }
  return OPAQUE;
}

const BOX_ARRAY = 1020;

function fromCatalog(known: ReturnType<ResultCatalog['type']>): ValueType {
  switch (known?.kind) {
    case 'array':
      return { kind: 'array', element: known.element, delimiter: known.delimiter };
    case 'composite':
      return { kind: 'composite', relation: known.relation, attributes: known.attributes };
    case 'enum':
      return { kind: 'scalar', scalar: 'word' };
    case 'base':
      return known.name === 'citext'
        ? { kind: 'scalar', scalar: 'text' }
        : known.name === 'hstore'
          ? { kind: 'hstore' }
          : OPAQUE;
    case 'range':
    case 'domain':
    case undefined:
      return OPAQUE;
  }
}
