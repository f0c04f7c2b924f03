import type { Principal } from './principal.ts';

/** A live session as the rest of the gateway sees it. */
export interface LiveSession {
  readonly id: string;
  readonly protocol: string;
  /** Of this moment: its groups follow the group mapping of the config. */
  readonly principal: Principal;
  /** Id of the session credential that it was opened with, if it was. */
  readonly credential?: string | undefined;
  readonly resource: string;
  readonly account: string;
  readonly openedMs: number;
  /** Cancels upstream work and closes both sides at once (P12). */
  kill(reason: string): void;
  /** Reads the groups of its principal anew after the mapping was changed; ends it where it may be open no more (P12). */
  regroup(): void;
}

/** All live sessions of this gateway. */
export interface SessionRegistry {
  /** @throws GatewayError when a session limit is reached. */
  add(session: LiveSession): void;
  /** Idempotent. */
  remove(id: string): void;
  list(): readonly LiveSession[];
  /** Calls back whenever one was added or removed; the result ends that. */
  subscribe(listener: () => void): () => void;
}
