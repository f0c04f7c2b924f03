/**
 * One WebSocket from its 101 to its end: both directions at once, until one side, a denial, or the end of the session ends it.
 * Each side gets a close frame that says why, and has a bounded time to answer it.
 */
import type { Outcome } from '../../../../enforcement/verdict.ts';
import type { JsonObject } from '../../../../model/json.ts';
import type { SocketPeer } from '../../socket-peer.ts';
import type { ClientMessages } from './client-messages.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { ServiceMessages } from './service-messages.ts';
import { endOf, type SocketEnd, sendable } from './socket-end.ts';

/** How long a side may take to answer a close frame, and to close its connection behind it. */
const CLOSE_MS = 2_000;

/** A WebSocket that is open. */
export interface SocketRelayOptions {
  readonly client: SocketPeer;
  readonly service: SocketPeer;
  readonly toClient: FrameWriter;
  readonly toService: FrameWriter;
  readonly up: ClientMessages;
  readonly down: ServiceMessages;
  /** Resolves when something else than the two sides ends it: a kill, an expiry, a limit, the end of the gateway. */
  readonly ended: Promise<SocketEnd>;
  /** Called as soon as it is over, before the sides are told: nobody waits for an answer from then on. */
  readonly onEnd: () => void;
}

/** Carries a WebSocket to its end. Closes both peers; never rejects. */
export async function relaySocket(options: SocketRelayOptions): Promise<SocketEnd> {
  const { client, service, toClient, toService, up, down, ended } = options;
  const upEnd = up.run().catch(endOf);
  const downEnd = down.run().catch(endOf);
  const end = await Promise.race([upEnd, downEnd, ended]);
  options.onEnd();
  up.stop();
  if (end.by === 'client') {
    toService.close(sendable(end.code) ?? end.serviceCode, '');
    // What the service had begun to say may still come, up to its own close frame.
    const answer = await within(CLOSE_MS, Promise.race([downEnd, ended]));
    const isAnswered = answer?.by === 'service' && answer.cause === undefined;
    down.stop();
    toClient.close(isAnswered ? sendable(answer.code) : sendable(end.code), isAnswered ? answer.reason : '');
  } else {
    down.stop();
    toClient.close(sendable(end.code), end.reason);
    toService.close(end.serviceCode ?? sendable(end.code), '');
  }
  // What still comes is read, up to a bound, and goes nowhere: unread, it would reset the connection and take the close frame along.
  await Promise.all([
    within(
      CLOSE_MS,
      upEnd.then(() => up.drain()),
    ),
    within(
      CLOSE_MS,
      downEnd.then(() => down.drain()),
    ),
  ]);
  service.destroy();
  client.destroy();
  // What was begun is settled before its WebSocket is.
  await within(CLOSE_MS, Promise.all([upEnd, downEnd]));
  return end;
}

/** How an exchange that was a WebSocket came out. */
export function socketOutcome(
  end: SocketEnd,
  { up, down }: Pick<SocketRelayOptions, 'up' | 'down'>,
  more: JsonObject = {},
): Outcome {
  return {
    status: end.cause === undefined ? 'ok' : end.by === 'service' ? 'error' : 'cancelled',
    result: {
      status: 101,
      bytes: down.bytes,
      messages: down.sent,
      sent: up.sent,
      refused: up.refused,
      closedBy: end.by,
      ...(end.code === undefined ? {} : { closeCode: end.code }),
      ...(end.cause === undefined ? {} : { code: end.cause }),
      ...more,
    },
  };
}

async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  const value = await Promise.race([promise, late]);
  clearTimeout(timer);
  return value;
}
