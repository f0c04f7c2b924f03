/** What is wrong with a policy, as a closed set: tools and tests switch on it. */
export type PolicyDiagnosticCode =
  /** Not UTF-8, too large, not YAML, duplicate keys, too many aliases. */
  | 'ERR_POLICY_SYNTAX'
  /** A key that the schema does not know. */
  | 'ERR_POLICY_UNKNOWN_KEY'
  /** A value of the wrong type or outside its range, or a missing key. */
  | 'ERR_POLICY_VALUE'
  /** A word outside a closed vocabulary, or a name that nothing declares. */
  | 'ERR_POLICY_UNKNOWN_NAME'
  /** Two rules, freezes or calendars of one name. */
  | 'ERR_POLICY_DUPLICATE'
  /** A name pattern that cannot be read. */
  | 'ERR_POLICY_PATTERN'
  /** A `when:` that does not parse, does not type-check or uses what is forbidden. */
  | 'ERR_POLICY_EXPRESSION'
  /** Keys that contradict one another, such as a mask on a deny rule. */
  | 'ERR_POLICY_CONTRADICTION'
  /** The rule is past its `expires:`. */
  | 'WARN_POLICY_EXPIRED'
  /** A pattern or a missing key that covers more than its author may think. */
  | 'WARN_POLICY_BROAD'
  /** A group that no issuer produces, or that no rule uses. */
  | 'WARN_POLICY_GROUP'
  /** Something that has no effect. */
  | 'WARN_POLICY_UNUSED';

/** One finding about a policy: where it is, what it is, and how to mend it. */
export interface PolicyDiagnostic {
  readonly code: PolicyDiagnosticCode;
  readonly severity: 'error' | 'warning';
  /** Lower case, no full stop, user input in backticks. */
  readonly message: string;
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units. */
  readonly column: number;
  /** Up to three source lines with a caret line under the middle one; empty when there is no source. */
  readonly frame: string;
}

/** A policy that was refused. No part of it takes effect (P8). */
export interface PolicyErrors {
  readonly ok: false;
  /** In order of file and place; never empty. Warnings are given only once there are no errors. */
  readonly errors: readonly PolicyDiagnostic[];
}

/**
 * Renders a diagnostic as `file:line:column: severity: message` with its code frame, ending in a newline.
 */
export function formatDiagnostic(diagnostic: PolicyDiagnostic): string {
  const { path, line, column, severity, message, frame } = diagnostic;
  return `${path}:${line}:${column}: ${severity}: ${message}\n${frame}`;
}
