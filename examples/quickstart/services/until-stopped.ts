/** Keeps a part of a deployment up until the container is stopped. */
import { once } from 'node:events';

/**
 * Resolves with true at SIGTERM or SIGINT, with false when `ended` comes first: what was served has ended by itself.
 */
export async function untilStopped(ended: Promise<void>): Promise<boolean> {
  // Nothing else keeps the process alive where the server is another process.
  const heartbeat = setInterval(() => undefined, 60_000);
  try {
    const asked = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]).then(() => true);
    return await Promise.race([asked, ended.then(() => false)]);
  } finally {
    clearInterval(heartbeat);
  }
}
