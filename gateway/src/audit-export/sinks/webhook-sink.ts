import { deliver } from '../../approvals/webhooks/deliver.ts';
import type { Secret } from '../../credentials/secret.ts';
import type { Clock } from '../../model/clock.ts';
import type { Sink } from './sink.ts';

const TIMEOUT_MS = 30_000;

/** Posts a JSON array, signed as notices of approvals are. A 2xx is the receipt. */
export function createWebhookSink(target: {
  readonly name: string;
  readonly url: string;
  readonly secret: Secret;
  readonly clock: Clock;
}): Sink {
  const { name, url, secret, clock } = target;
  return {
    async send(lines) {
      const attempt = await deliver({
        url,
        // The same for each attempt at the same records.
        id: `${name}-${lines[0]?.seq ?? 0}-${lines.at(-1)?.seq ?? 0}`,
        event: 'audit.records',
        body: `[${lines.map(({ text }) => text).join(',')}]`,
        secret: secret.reveal(),
        timestamp: Math.floor(clock.nowMs() / 1000),
        timeoutMs: TIMEOUT_MS,
      });
      if (!attempt.ok) throw new Error(attempt.reason);
    },
  };
}
