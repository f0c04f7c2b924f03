/** The gateway's own cancel keys: a client never sees the server's, and can cancel only its own session. */
import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** A key as BackendKeyData carries it. */
export interface CancelKey {
  /** Positive Int32, unique among live sessions of this listener. */
  readonly processId: number;
  /** 4 bytes in protocol 3.0, 32 from 3.2 on. */
  readonly secretKey: Buffer;
}

/** Maps keys to what they cancel. */
export class CancelKeys {
  readonly #live = new Map<number, { readonly secretKey: Buffer; readonly cancel: () => Promise<void> }>();

  /** Makes a key for a session of protocol 3.`minor`. */
  issue(minor: number, cancel: () => Promise<void>): CancelKey {
    let processId = randomInt(1, 2 ** 31 - 1);
    while (this.#live.has(processId)) processId = randomInt(1, 2 ** 31 - 1);
    const secretKey = randomBytes(minor >= 2 ? 32 : 4);
    this.#live.set(processId, { secretKey, cancel });
    return { processId, secretKey };
  }

  /**
   * Cancels what the session of a key is doing, and resolves when the server has acted on it; a key that fits none is
   * ignored, as PostgreSQL does.
   */
  async use(processId: number, secretKey: Buffer): Promise<void> {
    const entry = this.#live.get(processId);
    if (entry === undefined || entry.secretKey.length !== secretKey.length) return;
    if (timingSafeEqual(entry.secretKey, secretKey)) await entry.cancel();
  }

  revoke(key: CancelKey): void {
    this.#live.delete(key.processId);
  }
}
