/** One holder at a time on this machine, whatever process it is in: suites run beside each other. */
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until nobody on this machine holds the name, and holds it until it is disposed of or the process ends: an abstract socket
 * (unix(7), Linux alone) has one listener, and leaves no file behind.
 * @param patienceMs throws when the name was not free for so long
 */
export async function holdMachineLock(name: string, patienceMs = 300_000): Promise<AsyncDisposable> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const server = createServer((socket) => socket.destroy());
    const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(`\0sallyport-test-${name}`, () => resolve(undefined));
    });
    if (failure === undefined) {
      server.unref();
      return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
    }
    if (failure.code !== 'EADDRINUSE') throw failure;
    if (Date.now() > end) throw new Error(`${name} is in use on this machine`);
    await delay(100);
  }
}
