/** What ends a desktop that nobody closes: time, idleness, and a policy that has changed. */
import { RdpError } from '../errors.ts';
import type { Feature, Features } from './features.ts';

/** So often the policy is asked again, and the clock looked at. */
const CHECK_MS = 1_000;

/** What is watched. */
export interface WatchedDesktop {
  readonly features: Features;
  readonly openedMs: number;
  /** 0: it may be idle for ever. */
  readonly idleTimeoutMs: number;
  readonly nowMs: () => number;
  readonly lastInputMs: () => number;
  /** Told of what is closed, while the desktop goes on. */
  readonly onClosed: (feature: Feature) => void;
}

/** Watches until it is disposed. `over` rejects with the reason to end the desktop. */
export function watchDesktop(desktop: WatchedDesktop): Disposable & { readonly over: Promise<never> } {
  const { promise, reject } = Promise.withResolvers<never>();
  // It is awaited only while the desktop runs.
  promise.catch(() => undefined);
  const timer = setInterval(() => {
    try {
      check(desktop);
    } catch (error) {
      reject(error);
    }
  }, CHECK_MS);
  timer.unref();
  return { over: promise, [Symbol.dispose]: () => clearInterval(timer) };
}

/** @throws RdpError where it may not go on */
export function check({
  features,
  openedMs,
  idleTimeoutMs,
  nowMs,
  lastInputMs,
  onClosed,
}: WatchedDesktop): void {
  const now = nowMs();
  const bound = features.limits?.timeoutMs;
  if (bound !== undefined && now - openedMs >= bound.allowed) {
    const message = `the desktop was open for the ${bound.allowed} ms of rule ${bound.rule}`;
    throw new RdpError('ERR_RDP_LIMIT', message);
  }
  if (idleTimeoutMs > 0 && now - lastInputMs() >= idleTimeoutMs)
    throw new RdpError('ERR_RDP_IDLE', `nothing was typed or clicked for ${idleTimeoutMs} ms`);
  for (const feature of features.recheck()) {
    if (feature === features.view)
      throw new RdpError(
        'ERR_RDP_SESSION_OVER',
        'the session was ended: the policy does not permit it any more',
      );
    onClosed(feature);
  }
}
