/**
 * What a client reads of a row that it may not make: `invalid input syntax for type boolean: "POLICY_DENIED …"`. Nothing in
 * it is a value, so that it passes where the server's words are withheld.
 */
export const OUTSIDE =
  'POLICY_DENIED the new row is outside of the row filter that applies to you. Do not retry this statement.';
