/** Whether the gateway reaches a resource, as it last looked. Names no address and holds no secret. */
export interface ResourceHealth {
  /** `unknown` until it has looked for the first time. */
  readonly state: 'unknown' | 'reachable' | 'unreachable';
  /** Since when it is in this state; epoch milliseconds, as all here. */
  readonly sinceMs: number;
  /** When it last looked; absent: not yet. */
  readonly checkedAtMs?: number;
  /** The last time that it was not reached, also when it is again. */
  readonly lastFailure?: { readonly atMs: number; readonly reason: string };
}
