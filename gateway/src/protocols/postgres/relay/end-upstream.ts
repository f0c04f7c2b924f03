import type { UpstreamConnection } from '../upstream.ts';
import { ownTerminate } from './upstream-writer.ts';

/** Longest that a server may take to hang up after a Terminate, in milliseconds. */
const LINGER_MS = 2_000;

/**
 * Ends a server connection whose session is over. What still comes is read and dropped: a server that is blocked while
 * it writes would never see that the session is over. A server that does not hang up is hung up on (P10).
 */
export function endUpstream(socket: UpstreamConnection['socket'], isMidMessage: boolean): void {
  if (socket.destroyed) return;
  // Inside of COPY data a Terminate would be taken for data.
  if (isMidMessage) socket.end();
  else socket.end(ownTerminate().bytes);
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
}
