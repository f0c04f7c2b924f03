/** The same question in other bytes: encodings, escapes, spellings. */
import { query } from '../../messages.ts';
import { answered, denied, ended, type TwinAttempt } from '../attempt.ts';

/** The end of a character of two bytes in these is the byte of a backslash or a quote of names elsewhere. */
const ENCODINGS = [
  'SJIS',
  'BIG5',
  'GBK',
  'GB18030',
  'UHC',
  'SHIFT_JIS_2004',
  'LATIN1',
  'WIN1252',
  'EUC_JP',
  'KOI8R',
];

const raw = (...parts: readonly (string | readonly number[])[]): Buffer => {
  const text = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([query('').subarray(0, 1), lengthOf(text), text, Buffer.from([0])]);
};

function lengthOf(text: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(text.length + 5);
  return length;
}

/** Other encodings, and strings that are read in another way. */
const DENIED: readonly TwinAttempt[] = denied([
  ...ENCODINGS.map((name) => [`SET LOCAL client_encoding = '${name}'`, 'SELECT ssn FROM people']),
  ["SET NAMES 'GBK'", 'SELECT ssn FROM people'],
  ["SELECT set_config('client_encoding', 'SJIS', true)", 'SELECT ssn FROM people'],
  ["SELECT set_config('client_' || 'encoding', 'BIG5', true)", 'SELECT max(ssn) FROM people'],
  ['SET LOCAL standard_conforming_strings = off', "SELECT '\\'', (SELECT max(ssn) FROM people) --'"],
  [
    "SELECT set_config('standard_conforming_strings', 'off', true)",
    "SELECT '\\'', (SELECT max(ssn) FROM people) --'",
  ],
  ...['LATIN1', 'WIN1252', 'EUC_JP', 'SJIS', 'BIG5'].map((name) => [
    `COPY people (ssn) TO STDOUT (ENCODING '${name}')`,
  ]),
]);

/** Bytes that are no UTF-8, which the gateway must not read as if they were. */
const ENDED: readonly TwinAttempt[] = ended([
  ["SET LOCAL client_encoding = 'SJIS'", raw('SELECT ssn AS "', [0x83, 0x5c], '" FROM people')],
  ["SET LOCAL client_encoding = 'BIG5'", raw("SELECT '", [0xa5, 0x5c], "', ssn FROM people --'")],
]);

/** Other spellings of the same names. */
const ANSWERED: readonly TwinAttempt[] = answered([
  ['SELECT U&"\\0073sn" FROM people'],
  ['SELECT U&"!0073sn" UESCAPE \'!\' FROM U&"\\0070eople"'],
  ['SELECT U&"\\+000073\\+000073n" FROM people'],
  ['SELECT PEOPLE.SSN FROM Public.People'],
  ['SELECT "people"."ssn" FROM "public"."people"'],
  ['SELECT/**/ssn/**/FROM/* /* */ */people'],
  ['SELECT\fssn\vFROM\rpeople'],
  ['SELECT ssn -- name\nFROM people'],
  ['SELECT ssn AS "ssn from plain -- " FROM people'],
  ["SELECT 'a\\', ssn, '\\' FROM people"],
  ["SELECT E'\\'', ssn, E'\\'' FROM people"],
  ["SELECT $$'$$, ssn, $a$ $$ $a$ FROM people"],
  ["SELECT 'x'\n'y', ssn FROM people"],
  [';;SELECT ssn FROM people;;'],
  [Buffer.concat([query("SELECT 'ü', ssn AS größe FROM people")])],
]);

/** All of them. */
export const ENCODED: readonly TwinAttempt[] = [...DENIED, ...ENDED, ...ANSWERED];
