import type { EndpointScope } from './endpoint.ts';

/**
 * So long after something happened it is told, once for all that happened meanwhile; and once more, should the disk have been slow: what
 * is listed is what is on file. In milliseconds.
 */
const TELL_MS = [500, 5_000] as const;

/** A stream that says when sessions were opened or have ended. Whoever hears it lists them anew. */
export async function followSessions({
  recorded,
  services,
  principal,
}: EndpointScope): Promise<ReadableStream<Uint8Array>> {
  await recorded;
  const { sessions, approvals, clock } = services;
  let told = 0;
  return approvals.streams.open(principal, {
    first: [{ id: '0', event: 'ready', data: {} }],
    subscribe(listener) {
      const timers = new Map<number, NodeJS.Timeout>();
      const tell = (afterMs: number): void => {
        timers.delete(afterMs);
        told += 1;
        listener({ id: String(told), event: 'changed', data: {} });
      };
      const unsubscribe = sessions.subscribe(() => {
        for (const afterMs of TELL_MS)
          if (!timers.has(afterMs)) timers.set(afterMs, setTimeout(tell, afterMs, afterMs).unref());
      });
      return () => {
        unsubscribe();
        for (const timer of timers.values()) clearTimeout(timer);
      };
    },
    validMs: principal.expiresAtMs - clock.nowMs(),
  });
}
