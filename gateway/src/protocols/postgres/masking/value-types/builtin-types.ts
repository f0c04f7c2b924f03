/**
 * Oids of built-in types, which never change (PostgreSQL's pg_type.dat). What is not here is asked of the catalog, and
 * is opaque where that does not know it either.
 */
import type { ScalarKind } from './value-type.ts';

const BY_KIND: Readonly<Record<Exclude<ScalarKind, 'opaque'>, readonly number[]>> = {
  // char, name, text, unknown, bpchar, varchar, refcursor, cstring
  text: [18, 19, 25, 705, 1042, 1043, 1790, 2275],
  // tsvector, tsquery in text format; their binary forms are read as opaque by their own kind below.
  word: [],
  json: [114],
  jsonb: [3802],
  xml: [142],
  bool: [16],
  int2: [21],
  int4: [23],
  int8: [20],
  float4: [700],
  float8: [701],
  numeric: [1700],
  uuid: [2950],
  date: [1082],
  timestamp: [1114],
  timestamptz: [1184],
  inet: [869],
  macaddr: [829],
  bytea: [17],
  plain: [
    // int2vector, oid, tid, xid, cid, oidvector, xid8, pg_lsn, reg* types
    22, 26, 27, 28, 29, 30, 5069, 3220, 24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191,
    // point, lseg, path, box, polygon, line, circle
    600, 601, 602, 603, 604, 628, 718,
    // money, time, interval, timetz, bit, varbit, void
    790, 1083, 1186, 1266, 1560, 1562, 2278,
    // int4range, numrange, tsrange, tstzrange, daterange, int8range and their multiranges
    3904, 3906, 3908, 3910, 3912, 3926, 4451, 4532, 4533, 4534, 4535, 4536,
  ],
};

/** Oid of a built-in type without parts → what it is. */
export const SCALARS: ReadonlyMap<number, ScalarKind> = new Map([
  ...Object.entries(BY_KIND).flatMap(([kind, oids]) =>
    oids.map((oid): [number, ScalarKind] => [oid, kind as ScalarKind]),
  ),
  // macaddr8, cidr: a detector may find something, a replacement would not be valid. tsvector, tsquery, jsonpath,
  // anyarray (statistics), pg_node_tree and the like hold text of which nothing is known.
  ...[774, 650, 3614, 3615, 4072, 2277, 194].map((oid): [number, ScalarKind] => [oid, 'opaque']),
]);

/** Oid of a built-in array type → oid of its elements. */
export const ARRAYS: ReadonlyMap<number, number> = new Map([
  [1000, 16],
  [1001, 17],
  [1002, 18],
  [1003, 19],
  [1016, 20],
  [1005, 21],
  [1006, 22],
  [1007, 23],
  [1008, 24],
  [1009, 25],
  [1028, 26],
  [1010, 27],
  [1011, 28],
  [1012, 29],
  [1013, 30],
  [199, 114],
  [143, 142],
  [1017, 600],
  [1018, 601],
  [1019, 602],
  [1020, 603],
  [1027, 604],
  [629, 628],
  [719, 718],
  [651, 650],
  [1021, 700],
  [1022, 701],
  [775, 774],
  [791, 790],
  [1040, 829],
  [1041, 869],
  [1014, 1042],
  [1015, 1043],
  [1263, 2275],
  [1182, 1082],
  [1183, 1083],
  [1115, 1114],
  [1185, 1184],
  [1187, 1186],
  [1270, 1266],
  [1561, 1560],
  [1563, 1562],
  [1231, 1700],
  [2201, 1790],
  [2951, 2950],
  [2287, 2249],
  [3643, 3614],
  [3645, 3615],
  [3807, 3802],
  [4073, 4072],
  [3221, 3220],
  [271, 5069],
  [2207, 2202],
  [2208, 2203],
  [2209, 2204],
  [2210, 2205],
  [2211, 2206],
  [3735, 3734],
  [3770, 3769],
  [4090, 4089],
  [4097, 4096],
  [4192, 4191],
  [3905, 3904],
  [3907, 3906],
  [3909, 3908],
  [3911, 3910],
  [3913, 3912],
  [3927, 3926],
  [6150, 4451],
  [6151, 4532],
  [6152, 4533],
  [6153, 4534],
  [6155, 4535],
  [6157, 4536],
]);
