import type { AccessWindow } from './access-window.ts';
import type { Facts } from './facts.ts';
import type { Principal } from './principal.ts';
import type { Resource } from './resource.ts';

/**
 * Everything a decision may depend on (P7): deciding is a pure function of this and the policy.
 * Time, counters and grants are values in {@link Context}, never looked up while deciding.
 */
export interface AccessRequest {
  readonly principal: Principal;
  readonly resource: Resource;
  /** The upstream login that is requested. */
  readonly account: string;
  readonly facts: Facts;
  readonly context: Context;
}

/** The circumstances of a request. Hints are self-asserted and may never loosen a decision (P11). */
export interface Context {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly sessionId: string;
  /** Peer address of the client connection, without port. */
  readonly sourceAddress: string;
  /** Unverified hints for the record: `application_name`, `traceparent`… */
  readonly hints: Readonly<Record<string, string>>;
  /** What people opened to this principal there; absent: nothing. Put in by the gate, and by nobody else. */
  readonly windows?: readonly AccessWindow[];
}
