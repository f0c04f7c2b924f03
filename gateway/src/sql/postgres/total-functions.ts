/**
 * Built-in functions that give a value for whatever value they get, and do nothing else: no error, no row more or less, no
 * effect. What they need to keep that promise stands with them. (PostgreSQL documentation, chapter 9. A value near the
 * server's limit of 1 GB fails everywhere.)
 */

/** What a function needs of its arguments; they are counted from 0. */
export interface TotalFunction {
  /** From this argument on, all are constants that `isFit` takes. */
  readonly constantsFrom?: number;
  readonly isFit?: (value: ConstantValue, index: number) => boolean;
  /** Arguments before that are columns of these types (oids of pg_type), small numbers, or sums where that is no sum. */
  readonly numbers?: ReadonlySet<number>;
  /** Every other argument, from the first on, is a constant text: the key of a document. */
  readonly hasKeys?: true;
  /** It makes one value of all rows. */
  readonly isAggregate?: true;
  /** Its arguments are certainly scalars: it compares them, or takes documents apart. */
  readonly needsScalars?: true;
  /** Its result is of the type of its argument, or of what it sorts by. */
  readonly isPassing?: true;
  /** Its result is a text. */
  readonly isText?: true;
}

/** A literal of the statement. */
export type ConstantValue = string | number;

const INTEGERS: ReadonlySet<number> = new Set([20, 21, 23]);
const INTEGERS_AND_FLOATS: ReadonlySet<number> = new Set([...INTEGERS, 700, 701]);
const NUMBERS: ReadonlySet<number> = new Set([...INTEGERS_AND_FLOATS, 1700]);

const isNone = (): boolean => false;
const isAny = (): boolean => true;
const isCount = (value: ConstantValue): boolean => typeof value === 'number' && value >= 0;
const isShare = (value: ConstantValue): boolean => typeof value === 'number' && value >= 0 && value <= 1;
const isInteger = (value: ConstantValue): boolean => typeof value === 'number';

/** Parts of dates that there are for every kind of date and time that has a day. */
const PARTS: ReadonlySet<ConstantValue> = new Set([
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'decade',
  'century',
]);
const isPart = (value: ConstantValue): boolean => PARTS.has(value);

function named(names: string, needs: TotalFunction): [string, TotalFunction][] {
  return names.split(' ').map((name) => [name, needs]);
}

/** By name, as in pg_catalog. */
export const TOTAL_FUNCTIONS: ReadonlyMap<string, TotalFunction> = new Map([
  ...named('lower upper initcap reverse md5 btrim ltrim rtrim concat concat_ws quote_literal', {
    isText: true,
  }),
  // length(bytea, encoding) decodes.
  ...named('length char_length character_length octet_length bit_length', {
    constantsFrom: 1,
    isFit: isNone,
  }),
  ...named('strpos position starts_with', {}),
  ...named('left right', { constantsFrom: 1, isFit: isInteger, isText: true }),
  ...named('substr substring', { constantsFrom: 1, isFit: isCount, isText: true }),
  ...named('split_part', {
    constantsFrom: 1,
    isFit: (value, index) => (index === 1 ? typeof value === 'string' : isCount(value) && value !== 0),
    isText: true,
  }),
  // The greatest numeric cannot be rounded up.
  ...named('round floor ceil ceiling', { constantsFrom: 1, isFit: isInteger, numbers: INTEGERS_AND_FLOATS }),
  ...named('trunc sign', { constantsFrom: 1, isFit: isInteger, numbers: NUMBERS }),
  ...named('row_to_json to_json json_build_array num_nulls num_nonnulls cardinality', {}),
  ...named('json_build_object', { hasKeys: true }),
  // A document of json may hold what none of jsonb can.
  ...named('to_jsonb jsonb_build_array', { needsScalars: true }),
  ...named('jsonb_build_object', { hasKeys: true, needsScalars: true }),
  ...named('count bool_and bool_or every', { isAggregate: true }),
  ...named('max min', { isAggregate: true, needsScalars: true, isPassing: true }),
  // Of rows without a type any_value fails.
  ...named('any_value', { isAggregate: true, needsScalars: true, isPassing: true }),
  ...named('mode', { isAggregate: true, isPassing: true }),
  // Sums of floats and of the greatest numerics overflow.
  ...named('sum avg', { isAggregate: true, numbers: INTEGERS }),
  ...named('percentile_disc', { isAggregate: true, isPassing: true, constantsFrom: 0, isFit: isShare }),
  ...named('row_number rank dense_rank percent_rank cume_dist', {}),
  ...named('first_value last_value', { isPassing: true }),
  ...named('lag lead', {
    isPassing: true,
    constantsFrom: 1,
    isFit: (value, index) => index > 1 || isCount(value),
  }),
  ...named('now current_database current_schema transaction_timestamp statement_timestamp', {
    constantsFrom: 0,
    isFit: isAny,
  }),
]);

/** As TOTAL_FUNCTIONS, with the constant in front: a part of a date, then the date. */
export const PART_FUNCTIONS: ReadonlyMap<string, (value: ConstantValue) => boolean> = new Map([
  ['extract', isPart],
]);
