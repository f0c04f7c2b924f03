/**
 * What PostgreSQL says beside the message when its grammar refuses a text: SQLSTATE, DETAIL and HINT. libpg_query hands on the
 * message, its place and the function that raised it. Source: `ereport` calls of gram.y, scan.l and parser.c, PostgreSQL 18.
 */

/** An error of the grammar, in the fields of an ErrorResponse. */
export interface GrammarError {
  readonly message: string;
  /** Counted in characters from 1, as the `P` field of ErrorResponse; 0 when not known. */
  readonly position: number;
  /** SQLSTATE. */
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
}

type Further = Pick<GrammarError, 'detail' | 'hint'>;

const SYNTAX_ERROR = '42601';

/** Messages of another SQLSTATE than `syntax_error`. */
const CODES: readonly (readonly [code: string, message: RegExp])[] = [
  // feature_not_supported
  [
    '0A000',
    /^(UNENCRYPTED PASSWORD is no longer supported|CREATE SCHEMA IF NOT EXISTS cannot include schema elements|current database cannot be changed|constraints cannot be altered to be NOT VALID|MATCH PARTIAL not yet implemented|a column list with .* is only supported for ON DELETE actions|CREATE EXTENSION \.\.\. FROM is no longer supported|CREATE OR REPLACE CONSTRAINT TRIGGER is not supported|CREATE ASSERTION is not yet implemented|dropping an enum value is not implemented|aggregates cannot have output arguments|WITH CHECK OPTION not supported on recursive views|only string constants are supported in JSON_TABLE path specification|UNIQUE predicate is not yet implemented|an ordered-set aggregate with a VARIADIC direct argument must have .*|.* constraints cannot be marked (DEFERRABLE|NOT VALID|NO INHERIT|NOT ENFORCED|ENFORCED))$/,
  ],
  // invalid_parameter_value
  [
    '22023',
    /^(column number must be in range from 1 to \d+|precision for type float must be (at least 1 bit|less than 54 bits)|unrecognized JSON encoding: .*|unrecognized partitioning strategy ".*")$/,
  ],
  // duplicate_object
  ['42710', /^(modulus|remainder) for hash partition provided more than once$/],
  // windowing_error
  [
    '42P20',
    /^frame (start cannot be UNBOUNDED FOLLOWING|end cannot be UNBOUNDED PRECEDING|starting from (following|current) row cannot .*)$/,
  ],
  // reserved_name
  ['42939', /^(role name ".*" is reserved|.* cannot be used as a role name here)$/],
];

/** What follows on some messages, whatever the text. */
const FURTHER: ReadonlyMap<string, Further> = new Map([
  [
    'UNENCRYPTED PASSWORD is no longer supported',
    { hint: 'Remove UNENCRYPTED to store the password in encrypted form instead.' },
  ],
  ['LIMIT #,# syntax is not supported', { hint: 'Use separate LIMIT and OFFSET clauses.' }],
  ['missing argument', { hint: 'Use NONE to denote the missing argument of a unary operator.' }],
  [
    'invalid publication object list',
    {
      detail: 'One of TABLE or TABLES IN SCHEMA must be specified before a standalone table or schema name.',
    },
  ],
]);

const ROW_SECURITY_OPTION = /^unrecognized row security option "/;
const UNICODE_ESCAPE = 'invalid Unicode escape';

/** @param raisedBy the C function that raised it */
export function grammarError(message: string, position: number, raisedBy: string): GrammarError {
  // The scanner's, of E'…'; the one of U&'…' is raised behind it.
  if (message === UNICODE_ESCAPE && raisedBy === 'core_yylex') {
    const hint = 'Unicode escapes must be \\uXXXX or \\UXXXXXXXX.';
    return { message, position, code: '22025', hint };
  }
  const code = CODES.find(([, pattern]) => pattern.test(message))?.[0] ?? SYNTAX_ERROR;
  return { message, position, code, ...further(message) };
}

function further(message: string): Further {
  if (message === UNICODE_ESCAPE) return { hint: 'Unicode escapes must be \\XXXX or \\+XXXXXX.' };
  if (ROW_SECURITY_OPTION.test(message))
    return { hint: 'Only PERMISSIVE or RESTRICTIVE policies are supported currently.' };
  return FURTHER.get(message) ?? {};
}
