import type { Socket } from 'node:net';
import type { PostgresResourceConfig } from '../config.ts';
import { encodeCancelRequest } from '../wire/startup.ts';
import { withDeadline } from './deadline.ts';
import { dial, type Endpoint } from './dial.ts';
import type { CancelKey } from './session-start.ts';
import { type TlsSettings, upgradeToTls } from './tls.ts';

const MAX_CANCEL_MS = 5_000;

/** What a cancel request needs of the session that it cancels. */
export interface CancelTarget {
  /** The very address of the session: a name could resolve to another server. */
  readonly endpoint: Endpoint;
  readonly resource: PostgresResourceConfig;
  /** Undefined for plaintext. */
  readonly tls: TlsSettings | undefined;
  readonly key: CancelKey;
}

/**
 * Sends a CancelRequest over a connection of its own, protected as the session is, and waits until the server has
 * closed it: then it has acted. Rejects with an UpstreamError; takes at most 5 seconds.
 */
export function sendCancel(target: CancelTarget): Promise<void> {
  const timeoutMs = Math.min(MAX_CANCEL_MS, target.resource.connectTimeoutMs);
  return withDeadline({ timeoutMs, what: 'the cancel request' }, async (signal) => {
    const plain = await dial(target.endpoint, target.resource, signal);
    try {
      const socket = target.tls === undefined ? plain : await upgradeToTls(plain, target.tls, signal);
      socket.write(encodeCancelRequest(target.key.processId, target.key.secretKey));
      await closed(socket);
    } finally {
      plain.destroy();
    }
    signal.throwIfAborted();
  });
}

/** The server answers nothing; whatever it sends instead ends the wait too. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    for (const event of ['data', 'end', 'error', 'close']) socket.once(event, () => resolve());
  });
}
