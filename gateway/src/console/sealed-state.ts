/**
 * What a sign-in has to remember, kept by the browser and readable by this process only: nothing waits in memory for
 * people who never come back, and nobody can push out the sign-ins of others (P10).
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Clock } from '../model/clock.ts';

/** A sign-in under way. */
export interface SignInState {
  /** Comes back from the identity provider (RFC 6749 section 10.12). */
  readonly state: string;
  /** The secret behind the code challenge (RFC 7636). */
  readonly verifier: string;
  /** The page to go on with: a path of the console. */
  readonly to: string;
  readonly redirectUri: string;
  readonly untilMs: number;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MAX_TEXT = 4_096;

/** Seals and opens states with a key of its own. */
export class StateSeal {
  readonly #key = randomBytes(32);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  seal(state: SignInState): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const text = Buffer.concat([cipher.update(JSON.stringify(state), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
  }

  /** Undefined for what was not sealed here, and for what is over. */
  open(sealed: string): SignInState | undefined {
    if (sealed.length > MAX_TEXT || !/^[\w-]+$/.test(sealed)) return undefined;
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const text = Buffer.concat([
        decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
        decipher.final(),
      ]);
      const state = JSON.parse(text.toString('utf8')) as SignInState;
      return this.#clock.nowMs() < state.untilMs ? state : undefined;
    } catch {
      return undefined;
    }
  }
}
