import type { Principal } from './principal.ts';

/** A live session as the rest of the gateway sees it. */
export interface LiveSession {
  readonly id: string;
  readonly protocol: string;
  readonly principal: Principal;
  readonly resource: string;
  readonly account: string;
  readonly openedMs: number;
  /** Cancels upstream work and closes both sides at once (P12). */
  kill(reason: string): void;
}

/** All live sessions of this gateway. */
export interface SessionRegistry {
  /** @throws GatewayError when a session limit is reached. */
  add(session: LiveSession): void;
  /** Idempotent. */
  remove(id: string): void;
  list(): readonly LiveSession[];
}
