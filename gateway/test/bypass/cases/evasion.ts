/** One way round the gateway that must not work. */
export interface Evasion {
  /** Where it is from (`hoop 5a row 3`, `incident 4`…) and what it tries. */
  readonly name: string;
  readonly text: string;
  /** SQLSTATE of the refusal; 42501 unless said. Text that is not grammatical is refused with 42601 and not sent. */
  readonly code?: '42501' | '42601';
  /** A word of the denial, where it matters why: another rule would refuse it for another reason. */
  readonly because?: string;
  /** Why it does nothing when it is sent to the server itself: it is refused all the same, and no attempt. */
  readonly harmless?: string;
  /** Permitted statements that prepare the ground, in the same session. */
  readonly after?: readonly string[];
  /** What it wraps can be explained, prepared, declared and copied as well: a SELECT, INSERT, UPDATE, DELETE or VALUES. */
  readonly query?: boolean;
}
