/** What the functions that cannot fail are tried with: `v` is a column of the kind, the rest is what a client may choose. */

/** Values of a kind. */
export type Kind =
  | 'text'
  | 'whole'
  | 'number'
  | 'float'
  | 'integer'
  | 'day'
  | 'anything'
  | 'array'
  | 'comparable'
  | 'row';

const TEXT = [
  "''",
  "' '",
  'NULL::text',
  "'ÄÖß\u{1F600}e\u0301\uFFFF'",
  "repeat('ab\u{1F600}', 100000)",
  "E'\\\\'",
  "E'%_\\\\'",
  "'-2147483648'",
  "E'\\x01\\x7f'",
  "'x'::char(5)",
  "'x'::name",
] as const;
const INTEGER = [
  '(-32768)::int2',
  '(-2147483648)::int4',
  '2147483647::int4',
  '(-9223372036854775808)::int8',
  '9223372036854775807::int8',
  'NULL::int8',
  '0',
];
const FLOAT = [
  "'NaN'::float8",
  "'Infinity'::float8",
  "'-Infinity'::float8",
  '1.7976931348623157e308::float8',
  '(-1.7976931348623157e308)::float8',
  '4.9e-324::float8',
  "'-0'::float8",
  '3.4028234e38::float4',
];
const NUMERIC = [
  "'NaN'::numeric",
  "'Infinity'::numeric",
  "'-Infinity'::numeric",
  "(repeat('9', 131072) || '.9')::numeric",
  "('-' || repeat('9', 131072) || '.9')::numeric",
  "('0.' || repeat('9', 16383))::numeric",
];
const DAY = [
  "'infinity'::date",
  "'-infinity'::date",
  "'4714-11-24 BC'::date",
  "'5874897-12-31'::date",
  'NULL::date',
];
const MOMENT = [
  "'infinity'::timestamp",
  "'-infinity'::timestamp",
  "'4714-11-24 00:00:00 BC'::timestamp",
  "'294276-12-31 23:59:59.999999'::timestamp",
  "'infinity'::timestamptz",
  "'-infinity'::timestamptz",
  "'4714-11-24 00:00:00+00 BC'::timestamptz",
  "'294276-12-31 23:59:59.999999+00'::timestamptz",
];
const DOCUMENT = [
  String.raw`'"\u0000"'::json`,
  String.raw`'"\ud800"'::json`,
  "'1e1000000'::json",
  "(repeat('[', 500) || repeat(']', 500))::json",
  '\'{"a": 1, "a": 2}\'::jsonb',
];
const OTHER = [
  "'\\xff00'::bytea",
  'true',
  "'178000000 years'::interval",
  "'-92233720368547758.08'::money",
  "'00000000-0000-0000-0000-000000000000'::uuid",
];
const ARRAY = [
  "'{}'::text[]",
  "'{{1,2},{3,4}}'::int[]",
  "'[-2147483648:-2147483647]={1,2}'::int[]",
  'NULL::int[]',
];
const ROW = ["ROW(1, 'x'::text, NULL::json)", 'ROW()', String.raw`ROW('"\u0000"'::json, 'Infinity'::float8)`];
const COMPARABLE = [...TEXT, ...INTEGER, ...FLOAT, ...NUMERIC, ...DAY, ...MOMENT, 'true'].filter(
  (value) => !value.startsWith('repeat'),
);

/** By kind. */
export const VALUES: Readonly<Record<Kind, readonly string[]>> = {
  text: TEXT,
  integer: INTEGER,
  float: FLOAT,
  whole: [...INTEGER, ...FLOAT],
  number: [...INTEGER, ...FLOAT, ...NUMERIC],
  day: [...DAY, ...MOMENT],
  comparable: COMPARABLE,
  array: ARRAY,
  row: ROW,
  anything: [...COMPARABLE, ...DOCUMENT, ...OTHER, ...ARRAY, ...ROW],
};

type Call = readonly [call: string, kind: Kind];

const COUNTS = ['0', '1', '2147483647'];
const INTEGERS = [...COUNTS, '-1', '-2147483648'];

function each(constants: readonly string[], kind: Kind, call: (constant: string) => string): readonly Call[] {
  return constants.map((constant) => [call(constant), kind] as const);
}

function plain(names: string, kind: Kind): Record<string, readonly Call[]> {
  return Object.fromEntries(names.split(' ').map((name) => [name, [[`${name}(v)`, kind]] as const]));
}

const PARTS = ['year', 'quarter', 'month', 'week', 'day', 'decade', 'century'];
const WINDOWS = ['first_value(v)', 'last_value(v)'];

/** By the name of the function. */
export const CALLS: Readonly<Record<string, readonly Call[]>> = {
  ...plain(
    'lower upper initcap reverse md5 quote_literal length char_length character_length octet_length bit_length',
    'text',
  ),
  ...Object.fromEntries(
    ['btrim', 'ltrim', 'rtrim', 'strpos', 'starts_with', 'position'].map((name) => [
      name,
      each(["''", "'ab'", 'v', "E'\\\\'"], 'text', (by) =>
        name === 'position' ? `position(${by} IN v)` : `${name}(v::text, ${by}::text)`,
      ),
    ]),
  ),
  concat: [['concat(v, v)', 'anything']],
  concat_ws: [['concat_ws(v::text, v, v)', 'anything']],
  left: each(INTEGERS, 'text', (n) => `left(v, ${n})`),
  right: each(INTEGERS, 'text', (n) => `right(v, ${n})`),
  substr: [
    ...each(COUNTS, 'text', (n) => `substr(v, ${n})`),
    ...each(COUNTS, 'text', (n) => `substr(v, ${n}, ${n})`),
    ...each(COUNTS, 'text', (n) => `substr(v, 2147483647, ${n})`),
  ],
  substring: [
    ...each(COUNTS, 'text', (n) => `substring(v from ${n})`),
    ...each(COUNTS, 'text', (n) => `substring(v from 2147483647 for ${n})`),
  ],
  split_part: ["''", "'b'", "E'\\\\'"].flatMap((by) =>
    each(['1', '2147483647'], 'text', (n) => `split_part(v, ${by}, ${n})`),
  ),
  round: [['round(v)', 'whole'], ...each(INTEGERS, 'integer', (n) => `round(v, ${n})`)],
  trunc: [['trunc(v)', 'number'], ...each(INTEGERS, 'integer', (n) => `trunc(v, ${n})`)],
  ...plain('floor ceil ceiling', 'whole'),
  ...plain('sign', 'number'),
  row_to_json: [['row_to_json(v)', 'row']],
  to_json: [['to_json(v)', 'anything']],
  to_jsonb: [['to_jsonb(v)', 'comparable']],
  json_build_array: [['json_build_array(v, v)', 'anything']],
  jsonb_build_array: [['jsonb_build_array(v, v)', 'comparable']],
  json_build_object: [["json_build_object('', v, 'a', v, 'a', v)", 'anything']],
  jsonb_build_object: [["jsonb_build_object('', v, 'a', v, 'a', v)", 'comparable']],
  ...plain('num_nulls num_nonnulls', 'anything'),
  ...plain('cardinality', 'array'),
  ...plain('count', 'anything'),
  ...plain('any_value max min', 'comparable'),
  bool_and: [['bool_and(v IS NULL)', 'anything']],
  bool_or: [['bool_or(v IS NULL)', 'anything']],
  every: [['every(v IS NULL)', 'anything']],
  mode: [['mode() WITHIN GROUP (ORDER BY v)', 'comparable']],
  percentile_disc: each(
    ['0', '1', '0.5'],
    'comparable',
    (share) => `percentile_disc(${share}) WITHIN GROUP (ORDER BY v)`,
  ),
  ...plain('sum avg', 'integer'),
  ...Object.fromEntries(
    ['row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist'].map((name) => [
      name,
      [[`${name}() OVER (ORDER BY v)`, 'comparable']] as const,
    ]),
  ),
  ...Object.fromEntries(
    WINDOWS.map((call) => [call.slice(0, -3), [[`${call} OVER ()`, 'anything']] as const]),
  ),
  lag: each(COUNTS, 'anything', (n) => `lag(v, ${n}) OVER ()`),
  lead: each(COUNTS, 'anything', (n) => `lead(v, ${n}) OVER ()`),
  ...Object.fromEntries(
    ['now', 'current_database', 'current_schema', 'transaction_timestamp', 'statement_timestamp'].map(
      (name) => [name, [[`${name}()`, 'text']] as const],
    ),
  ),
  extract: each(PARTS, 'day', (part) => `extract(${part} from v)`),
};
