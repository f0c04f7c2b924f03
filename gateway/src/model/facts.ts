import type { JsonValue } from './json.ts';

/**
 * What a protocol learned from one message. Policy judges this and nothing else about the message.
 *
 * INVARIANT: there is at least one statement, and every statement has at least one atom; a message that
 * asks for nothing still yields an atom, so that default deny has something to deny.
 */
export interface Facts {
  /** The rule family: a rule's `on:` (`sql`, `connect`, `http`, `shell`, later `rdp`). */
  readonly family: string;
  /** AuthZEN action name: `connect`, `query`, `exec`, `request`… */
  readonly action: string;
  readonly statements: readonly StatementFacts[];
}

/** The facts of one statement (command, operation) of a message; `when:` runs once for each. */
export interface StatementFacts {
  /** One line for people: `DELETE on public.orders`. No literals, no data. */
  readonly summary: string;
  readonly atoms: readonly Atom[];
  /** What CEL sees under the family's name: `sql.hasWhere`… Shape fixed by {@link FactsFamily.attributes}. */
  readonly attributes: Readonly<Record<string, JsonValue>>;
  /**
   * Attributes of which it is not known what they are, nor whether there are any: a body that was not read. A `when` that
   * looks at one fails, `has()` included, and so denies.
   */
  readonly unknown?: readonly string[];
  /** Why the statement cannot be fully understood (`DO block`, `dynamic SQL`); any entry denies (P3). */
  readonly opaque: readonly string[];
  /**
   * How the statement uses columns (fields): what an obligation to mask is judged by. Absent: the family has none.
   * What is not known to be an `output` is listed as another use, so that a mask fails closed.
   */
  readonly fields?: readonly FieldUse[];
  /** The columns of its result, in order, where that is certain. */
  readonly outputs?: readonly OutputFields[];
}

/** What one column of a result may carry; names as in {@link FieldUse}. */
export interface OutputFields {
  /** Columns that it hands out as they are; the response names one of them as its origin. */
  readonly plain: readonly string[];
  /** Columns that its value is computed from. */
  readonly derived: readonly FieldSource[];
}

/** A column that a value comes from, by all its names; through a view, by that. */
export type FieldSource = Pick<FieldUse, 'names' | 'by'>;

/** One use of a column, or of a field of a document. */
export interface FieldUse {
  /** Full names, `public.customers.email`; several where the name is ambiguous, a last part `*` for every column. */
  readonly names: readonly string[];
  readonly as: FieldUseKind;
  /** Of a `filter`: by what part of the statement it decides. Of a column that is `written`: a unique key has it. */
  readonly place?: FieldUsePlace;
  /** Of a `filter`: nothing but whether it is equal to these decides. */
  readonly equals?: Equality;
  /** Of a use through a view or function: what that is, as atoms name it: a rule that covers that may vouch for it. */
  readonly by?: Carrier;
  /** What the client sent along that meets the column: compared with it, written to it, computed together with it. */
  readonly values?: ClientValues;
}

/** A view or function, by the dimension in which atoms name it, and all names that it may have there. */
export interface Carrier {
  readonly dimension: string;
  readonly names: readonly string[];
  /** The statement makes it, or says what it is of: whoever vouches for that name vouches for another. */
  readonly isMade?: true;
}

/** Values in a request, by their places. */
export interface ClientValues {
  /** Numbers of parameters, from 1, rising. */
  readonly parameters: readonly number[];
  /** Where literals begin in the text, in UTF-16 units, rising. */
  readonly literals: readonly number[];
}

/** What becomes of the column's value. */
export type FieldUseKind =
  /** Handed to the client as it is, so that the response says where it comes from and a mask can replace it. */
  | 'output'
  /** Compared, sorted or grouped by: its value can be inferred. */
  | 'filter'
  /**
   * Part of a value that the response shows without an origin, computed by what cannot fail and does nothing else: where
   * that value is taken away whole, nothing tells of the column.
   */
  | 'derived'
  /**
   * As `derived`, by what can fail or may do more: whether it did tells of the column, and so does how. Where a policy
   * permits that, the value itself can be taken away.
   */
  | 'computed'
  /** Part of an expression, or handed out under another origin: its value cannot be found again in the response. */
  | 'expression'
  /** Read by a view or a function that the statement names. */
  | 'carried'
  /** Written, with a value that comes from the client. */
  | 'written';

/** What a column is compared with, for equality. */
export interface Equality {
  /** The other column, by all its names; none where it is parameters. */
  readonly names: readonly string[];
  /** Numbers of parameters, from 1, which the statement uses for nothing but such comparisons. */
  readonly parameters: readonly number[];
}

/** What decides, where a column decides about more than its own value. */
export type FieldUsePlace =
  | 'condition'
  | 'join'
  | 'order'
  | 'group'
  | 'distinct'
  | 'window'
  | 'limit'
  | 'set operation'
  | 'conflict';

/**
 * The unit a rule covers: one operation on one object, following the server's own privilege model.
 * An allow rule covers an atom if, for each dimension it restricts, EVERY value of the atom matches; each dimension of
 * keywords that it restricts has a value; and, where it restricts other dimensions, at least one of those has values
 * that are no {@link Atom.details}. A rule for tables says nothing of what is on no table.
 * A deny rule hits if, for each dimension it restricts, ANY value of the atom matches; one without values is not hit.
 * Where the object is ambiguous, all candidates are listed as values: the rule above then fails closed.
 */
export interface Atom {
  /** One short phrase for denials: `SELECT on public.customers (ssn)`. */
  readonly label: string;
  /** Dimension name → values, for example `{ kinds: ['SELECT'], tables: ['public.customers'] }`. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /**
   * Dimensions whose values say how it is done, not on what: functions that a SELECT on a table calls. Rules may
   * restrict them, but no allow rule covers the atom by them alone. Absent: every value names the object.
   */
  readonly details?: readonly string[];
}

/** How the values of a dimension are compared with a rule's patterns. */
export type DimensionMatch =
  /** Exact, from a closed vocabulary; an unknown word in a rule is an error at load. */
  | { readonly by: 'keyword'; readonly vocabulary: readonly string[] }
  /** Dotted name with `*` inside a part; compared part by part from the right, missing left parts match anything. */
  | { readonly by: 'qualified-name' }
  /** Whole-value glob: `*` matches any run of characters. Where a value is looked up without regard to case, a deny ignores it. */
  | { readonly by: 'glob'; readonly denyIgnoresCase?: true }
  /** Path: `*` inside of one segment, `**` for any number of them; a deny ignores case and a last slash. */
  | { readonly by: 'path' }
  /** Absolute path of a file, or a set of them: as paths, but case counts, and a set has to lie inside. */
  | { readonly by: 'file' }
  /** Words of a command: `*` an argument that is no option, `**` any number of words. */
  | { readonly by: 'argv' }
  /** Names of content detectors, the gateway's and those of its configuration, that found something: denials go by them alone. */
  | { readonly by: 'detector' };

/** One key of a rule's `match:` that compares with atom values. */
export interface Dimension {
  readonly match: DimensionMatch;
  /** An allow rule that restricts it covers no atom without a value in it, as with keywords. */
  readonly needed?: true;
  /**
   * An atom with values in it is covered by no allow rule that does not restrict it: what they say is more than what
   * rules allow that were written without a thought of it.
   */
  readonly explicit?: true;
  /** Shown in the JSON Schema, so in the editor. */
  readonly description: string;
}

/** Types a CEL attribute may have. */
export type AttributeType = 'bool' | 'int' | 'double' | 'string' | 'list<string>' | 'dyn';

/** What a protocol family offers to rules: declared by the family, compiled by the policy engine. */
export interface FactsFamily {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, Dimension>>;
  readonly attributes: Readonly<
    Record<string, { readonly type: AttributeType; readonly description: string }>
  >;
}
