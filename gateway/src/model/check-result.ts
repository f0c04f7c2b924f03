/** How serious it is: `fail` means that something does not work or is not safe; `warn` that it may become so. */
export type CheckLevel = 'ok' | 'warn' | 'fail';

/** One finding of `sallyport doctor`. Holds no secret. */
export interface CheckResult {
  /** What was looked at: `certificate`, `resource shop`… */
  readonly check: string;
  readonly level: CheckLevel;
  /** What was found, one line. */
  readonly message: string;
  /** What to do; absent where all is well. */
  readonly remedy?: string;
}

/** Whether a resource can be reached from some place without the gateway. */
export type ReachVerdict =
  /** The service answers and would let somebody with the secret in. */
  | 'open'
  /** The service answers, and refuses the account from there. */
  | 'refused'
  /** The machine answers that nothing listens there. */
  | 'closed'
  /** Nothing answers, or there is no way. */
  | 'filtered'
  /** The name means nothing there. */
  | 'unresolved';

/** What a probe of one target found. */
export interface Reach {
  readonly verdict: ReachVerdict;
  /** How it was found, one line. */
  readonly detail: string;
}
