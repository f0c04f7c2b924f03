/** Bytes between a channel of a client and the listener of another protocol, which judges them. */
import type { Socket } from 'node:net';
import type { ServerChannel } from '../transport/server-channel.ts';

/** How many there were. */
export interface TunnelTraffic {
  /** From the client. */
  received: number;
  sent: number;
}

/** Carries them until both sides are done, one of them goes, or the session is over. Never rejects. */
export async function relayTunnel(
  channel: ServerChannel,
  socket: Socket,
  over: AbortSignal,
): Promise<TunnelTraffic> {
  const traffic: TunnelTraffic = { received: 0, sent: 0 };
  const cut = (): void => {
    socket.destroy();
    channel.input.stop();
  };
  const signals = [over, channel.gone];
  for (const signal of signals) {
    if (signal.aborted) cut();
    else signal.addEventListener('abort', cut, { once: true });
  }
  socket.once('close', () => channel.input.stop());
  try {
    await Promise.all([upload(channel, socket, traffic), download(channel, socket, traffic)]);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', cut);
    socket.destroy();
    channel.close();
  }
  return traffic;
}

async function upload(channel: ServerChannel, socket: Socket, traffic: TunnelTraffic): Promise<void> {
  for (;;) {
    const bytes = await channel.input.next();
    if (bytes === undefined) break;
    traffic.received += bytes.length;
    if (socket.destroyed) return;
    if (!socket.write(bytes)) await drained(socket);
  }
  if (!socket.destroyed) socket.end();
}

async function download(channel: ServerChannel, socket: Socket, traffic: TunnelTraffic): Promise<void> {
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      traffic.sent += chunk.length;
      await channel.write('stdout', chunk);
    }
  } catch {
    // Cut: there is no more to carry.
  }
  channel.endOutput();
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('drain', done);
    socket.once('close', done);
  });
}
