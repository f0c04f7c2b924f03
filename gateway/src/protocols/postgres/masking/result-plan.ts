/** Which columns of a result are replaced, and how. */
import type { FieldSource } from '../../../model/facts.ts';
import type { FieldDescription } from '../wire/backend/row-description.ts';
import { type ComputedFields, isMeantBy } from './computed-columns.ts';
import type { MaskTally } from './mask-tally.ts';
import { type ColumnOrigin, FIRST_USER_OID, type ResultCatalog } from './result-catalog.ts';
import type { ColumnPattern, Issue, NamePart, ResponseMask } from './value-mask.ts';
import { labelOf } from './values/build-type-mask.ts';
import { type CellMask, cellMask } from './values/cell-mask.ts';
import { type ColumnMasks, composeMasks, exactName, withheldMasks } from './values/column-masks.ts';

/** What is done to the rows of a result. */
export interface ResultPlan {
  /** One a column; undefined leaves the column as it is. */
  readonly cells: readonly (CellMask | undefined)[];
}

/** What a plan is made of. */
export interface PlanInput {
  /** The masks in force on the exchange. */
  readonly masks: readonly ResponseMask[];
  readonly catalog: ResultCatalog;
  readonly tally: MaskTally;
  readonly issue?: Issue | undefined;
  /** What the facts say of columns without an origin (expressions, set operations). */
  readonly computed: ComputedFields;
}

/** Statistics columns whose type says nothing: `pg_stats.most_common_vals` and its like. */
const ANYARRAY = 2277;

/**
 * Makes the plan of a result; undefined where nothing is to be done, so that rows may be forwarded as they are.
 *
 * A column with a known origin is masked if a pattern meets its name there, in a partition or inheritance parent, or in
 * a child; if it comes from a view that reads a masked column, or is generated from one, it is NULL. A column without known origin is NULL
 * if its value may carry a masked column, or if nobody knows what it carries; else it is masked if a bare pattern
 * (`*.email`) meets its name in the result.
 * @throws ResponseMaskError where the description belongs to another statement than the one that was judged
 */
export function planResult(fields: readonly FieldDescription[], input: PlanInput): ResultPlan | undefined {
  const computed = input.computed.of(fields, input.catalog);
  const cells = fields.map((field, index) => {
    const own = columnMasks(field, input, () => computed.carriedBy(index));
    return cellMask(field, own, input);
  });
  return cells.some((cell) => cell !== undefined) ? { cells } : undefined;
}

function columnMasks(
  field: FieldDescription,
  input: PlanInput,
  carriedBy: () => readonly FieldSource[] | undefined,
): ColumnMasks | undefined {
  const { masks, tally, issue } = input;
  const isCatalog = field.tableOid > 0 && field.tableOid < FIRST_USER_OID;
  const origin =
    field.tableOid === 0 || isCatalog
      ? undefined
      : input.catalog.column(field.tableOid, field.attributeNumber);
  const place = { label: labelOf(origin, field.name), name: field.name, tally, issue };
  if (origin === undefined) {
    const isKnown = isCatalog && field.typeOid !== ANYARRAY;
    const carried = isComputed(field) ? carriedBy() : isKnown ? [] : undefined;
    const withheld =
      carried === undefined
        ? withheldMasks(
            masks.filter(({ kind }) => kind !== 'content'),
            place,
          )
        : withheldMasks(
            masks.filter((mask) => isMeantBy(mask, carried)),
            place,
          );
    return withheld ?? composeMasks(masks, bareFilter(field.name), place);
  }
  const carried = origin.carries?.map(exactName);
  const isCarried = (mask: ResponseMask): boolean =>
    !isVouchedFor(mask, origin) && (carried === undefined || meets(mask.patterns, carried));
  const madeOf = (origin.madeOf ?? []).map(exactName);
  const isMade = (mask: ResponseMask): boolean => meets(mask.patterns, madeOf);
  if (masks.some((mask) => mask.kind !== 'content' && (isCarried(mask) || isMade(mask)))) {
    return withheldMasks(
      masks.filter(({ kind }) => kind !== 'content'),
      place,
    );
  }
  const names = origin.names.map(exactName);
  const shows = (origin.shows ?? []).map(exactName);
  const isMeant = (mask: ResponseMask): boolean =>
    isForAll(mask) ||
    meets(mask.patterns, names) ||
    (!isVouchedFor(mask, origin) && meets(mask.patterns, shows)) ||
    (mask.kind === 'content' && (isCarried(mask) || isMade(mask)));
  return composeMasks(masks, isMeant, place);
}

/** A column of no table, or a whole row of one. */
function isComputed({ tableOid, attributeNumber }: FieldDescription): boolean {
  return tableOid === 0 || (tableOid >= FIRST_USER_OID && attributeNumber === 0);
}

function isVouchedFor(mask: ResponseMask, origin: ColumnOrigin): boolean {
  const [own] = origin.names;
  return own !== undefined && mask.isVouched(own[0], own[1]);
}

/** By the name in the result alone: patterns whose other parts are lone `*`. */
function bareFilter(name: string): (mask: ResponseMask) => boolean {
  const exact = exactName([name]);
  return (mask) => {
    if (isForAll(mask)) return true;
    // A detector may look too often, never too rarely.
    if (mask.kind === 'content') return meets(mask.patterns, [exact]);
    return mask.patterns.some((pattern) => pattern.covers(exact));
  };
}

function isForAll(mask: ResponseMask): boolean {
  return mask.kind === 'content' && mask.patterns.length === 0;
}

function meets(patterns: readonly ColumnPattern[], names: readonly (readonly NamePart[])[]): boolean {
  return names.some((name) => patterns.some((pattern) => pattern.hits(name)));
}
