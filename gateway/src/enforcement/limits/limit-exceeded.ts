/** Which bound of what principal, run and resource do together was met. */
export type CumulativeLimit =
  | 'statementsPerMinute'
  | 'distinctTables'
  | 'probes'
  | 'sessions'
  /** The gateway counts for as many runs as it has memory for; a further one is refused, not left uncounted (P10). */
  | 'capacity';

/** Why a request may not pass now. */
export interface LimitExceeded {
  readonly limit: CumulativeLimit;
  /** The rule that sets the bound. */
  readonly rule: string;
  /** The bound; for `capacity` what the gateway can hold. */
  readonly allowed: number;
  /** What was used before this request. */
  readonly used: number;
  /** Of `statementsPerMinute` and `probes`: how many this request has. */
  readonly asked?: number;
  /** Of `probes`: the run meets it for the first time. */
  readonly isFirst?: true;
  /** After how long it may pass; absent where no wait helps. */
  readonly retryAfterMs?: number;
}
