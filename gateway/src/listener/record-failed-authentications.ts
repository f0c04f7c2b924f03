import type { AuditLog } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import { createFailedAuthentications, type FailedAuthentications } from './failed-authentications.ts';

const MINUTE_MS = 60_000;

/** Bounds failed authentications, and puts on record once a minute, and when disposed, what had no record of its own. */
export function recordFailedAuthentications(options: {
  readonly perMinute: number;
  readonly clock: Clock;
  readonly audit: Pick<AuditLog, 'enqueue'>;
}): FailedAuthentications & Disposable {
  const { perMinute, clock, audit } = options;
  const failures = createFailedAuthentications({
    limits: { perMinute },
    clock,
    onSummary: ({ sinceMs, ...summary }) =>
      audit.enqueue({
        type: 'authentication.throttled',
        ...summary,
        since: new Date(sinceMs).toISOString(),
      }),
  });
  const timer = setInterval(() => failures.flush(), MINUTE_MS).unref();
  return {
    admits: (address) => failures.admits(address),
    failed: (address, isTheirs) => failures.failed(address, isTheirs),
    flush: (all) => failures.flush(all),
    [Symbol.dispose]() {
      clearInterval(timer);
      failures.flush(true);
    },
  };
}
