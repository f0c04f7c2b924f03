/**
 * What is left of each window. Two clocks are asked and the shorter answer counts: the wall clock, which goes on while
 * the gateway is down, and one that cannot be set back, which knows what really passed while it is up.
 */
import type { Clock } from '../model/clock.ts';
import type { ApprovalRequest } from './request.ts';

/** Wall clock, and a clock that only goes forward (`performance.now`). */
export interface ApprovalClocks {
  readonly wall: Clock;
  readonly steady: Clock;
}

/** Ends of windows by the steady clock, for the requests that are kept in mind. */
export class Deadlines {
  readonly #clocks: ApprovalClocks;
  readonly #ends = new Map<string, { readonly expiresMs: number; readonly steadyMs: number }>();

  constructor(clocks: ApprovalClocks) {
    this.#clocks = clocks;
  }

  /** Milliseconds left, 0 when it is over. */
  remainingMs(request: Pick<ApprovalRequest, 'id' | 'expiresMs' | 'remainingMs'>): number {
    const { wall, steady } = this.#clocks;
    const leftByWall = request.expiresMs - wall.nowMs();
    const known = this.#ends.get(request.id);
    const leftBySteady =
      known?.expiresMs === request.expiresMs ? known.steadyMs - steady.nowMs() : request.remainingMs;
    return Math.max(0, Math.min(leftByWall, leftBySteady));
  }

  /** Keeps a request in mind from now on: when its window begins, and when it is read after a start. */
  watch(request: Pick<ApprovalRequest, 'id' | 'expiresMs' | 'remainingMs'>): void {
    if (this.#ends.get(request.id)?.expiresMs === request.expiresMs) return;
    const steadyMs = this.#clocks.steady.nowMs() + this.remainingMs(request);
    this.#ends.set(request.id, { expiresMs: request.expiresMs, steadyMs });
  }

  /** Forgets a request that is over. */
  forget(id: string): void {
    this.#ends.delete(id);
  }
}
