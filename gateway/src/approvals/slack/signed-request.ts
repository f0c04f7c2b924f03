/** Requests that Slack signs (v0): genuine, of this moment, and heard once. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../model/clock.ts';

/** A request as it came. */
export interface SignedRequest {
  /** Header `X-Slack-Request-Timestamp`. */
  readonly timestamp: string;
  /** Header `X-Slack-Signature`. */
  readonly signature: string;
  /** The bytes of the body, as text. */
  readonly body: string;
}

/** How far the timestamp may be off. */
const WINDOW_MS = 300_000;
/** Signatures that are remembered; a request beyond them waits for room (P10). */
const MAX_REMEMBERED = 10_000;

/** Remembers what it heard for as long as that would be believed. */
export class SlackSignatures {
  readonly #secret: { reveal(): string };
  readonly #clock: Clock;
  readonly #heard = new Map<string, number>();

  constructor(secret: { reveal(): string }, clock: Clock) {
    this.#secret = secret;
    this.#clock = clock;
  }

  /** Why a request does not count; undefined where it does, for this once. */
  whyNot({ timestamp, signature, body }: SignedRequest): string | undefined {
    const nowMs = this.#clock.nowMs();
    if (!/^\d{1,12}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature))
      return 'it is not signed as Slack signs';
    const mac = createHmac('sha256', this.#secret.reveal()).update(`v0:${timestamp}:${body}`).digest('hex');
    if (!timingSafeEqual(Buffer.from(`v0=${mac}`), Buffer.from(signature)))
      return 'its signature is not that of Slack';
    if (Math.abs(nowMs - Number(timestamp) * 1000) > WINDOW_MS) return 'it is not of this moment';
    this.#forget(nowMs);
    if (this.#heard.has(signature)) return 'it was heard before';
    if (this.#heard.size >= MAX_REMEMBERED) return 'too many came at once';
    this.#heard.set(signature, nowMs + 2 * WINDOW_MS);
    return undefined;
  }

  /** In the order in which they came, so that the first to be kept ends it. */
  #forget(nowMs: number): void {
    for (const [signature, untilMs] of this.#heard) {
      if (untilMs > nowMs) return;
      this.#heard.delete(signature);
    }
  }
}
