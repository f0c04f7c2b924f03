/**
 * Who is signed in at the console. The browser has a random word; the token that it stands for never leaves the gateway
 * (P6). In memory: a gateway that starts anew asks everybody to sign in again, which the identity provider mostly
 * answers by itself.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../model/clock.ts';
import type { Principal } from '../model/principal.ts';
import { ConsoleError } from './errors.ts';

/** Bounds of {@link BrowserSessions}. */
export interface BrowserSessionLimits {
  readonly total: number;
  readonly perPrincipal: number;
}

const DEFAULT_LIMITS: BrowserSessionLimits = { total: 1_000, perPrincipal: 10 };

interface BrowserSession {
  readonly token: string;
  readonly owner: string;
  readonly expiresAtMs: number;
}

/** The open sessions of all browsers. */
export class BrowserSessions {
  readonly #clock: Clock;
  readonly #limits: BrowserSessionLimits;
  /** By a digest of the word: what leaks from memory or a comparison opens nothing. */
  readonly #open = new Map<string, BrowserSession>();

  constructor(clock: Clock, limits: Partial<BrowserSessionLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Begins one; of somebody who has too many the oldest ends. @throws ConsoleError `ERR_CONSOLE_BUSY` */
  begin(token: string, principal: Principal): { readonly word: string; readonly maxAgeSeconds: number } {
    this.#sweep();
    const owner = JSON.stringify([principal.issuer, principal.subject]);
    const own = [...this.#open].filter(([, session]) => session.owner === owner);
    const [oldest] = own;
    if (own.length >= this.#limits.perPrincipal && oldest !== undefined) this.#open.delete(oldest[0]);
    if (this.#open.size >= this.#limits.total) {
      throw new ConsoleError('ERR_CONSOLE_BUSY', 'as many people are signed in as may be; try again later');
    }
    const word = randomBytes(32).toString('base64url');
    this.#open.set(digestOf(word), { token, owner, expiresAtMs: principal.expiresAtMs });
    const lifeMs = principal.expiresAtMs - this.#clock.nowMs();
    return { word, maxAgeSeconds: Math.max(0, Math.floor(lifeMs / 1000)) };
  }

  /** The token that a word stands for. */
  tokenOf(word: string | undefined): string | undefined {
    if (word === undefined) return undefined;
    const session = this.#open.get(digestOf(word));
    return session !== undefined && this.#clock.nowMs() < session.expiresAtMs ? session.token : undefined;
  }

  /** Ends one; says nothing where there is none. */
  end(word: string | undefined): void {
    if (word !== undefined) this.#open.delete(digestOf(word));
  }

  /** How many there are. */
  get count(): number {
    return this.#open.size;
  }

  #sweep(): void {
    const now = this.#clock.nowMs();
    for (const [key, { expiresAtMs }] of this.#open) if (now >= expiresAtMs) this.#open.delete(key);
  }
}

function digestOf(word: string): string {
  return createHash('sha256').update(word).digest('base64url');
}
