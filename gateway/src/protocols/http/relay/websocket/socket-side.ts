/** Reads one side of a WebSocket: messages in slices. Pings are answered here, so that nothing unjudged gets across. */

import type { SocketPeer } from '../../socket-peer.ts';
import { type ClosePart, type MessageSlice, WebSocketReader } from '../../wire/websocket/frame-reader.ts';
import { Opcode } from '../../wire/websocket/opcode.ts';
import { ControlBudget } from './control-budget.ts';
import type { FrameWriter } from './frame-writer.ts';
import { CloseCode, policyEnd, SocketEndError } from './socket-end.ts';

/** What a side is read with. */
export interface SocketSideOptions {
  readonly is: 'client' | 'service';
  readonly peer: SocketPeer;
  /** To the same side. */
  readonly writer: FrameWriter;
  /** After so long a silence it is asked for a sign of life, and after as long again given up. */
  readonly idleTimeoutMs: number;
  /** Called before it is asked: throws where nobody need be asked any more. */
  readonly onSilence?: () => void;
  readonly nowMs: () => number;
}

/** What a side has sent. */
export type SidePart = MessageSlice | ClosePart | 'end';

/** Frames that one message may come in; longer ones with smaller frames are a way to keep the gateway busy. */
const MOST_FRAMES = 100_000;
const NOTHING = Buffer.alloc(0);

/** One side, as a source of messages. */
export class SocketSide {
  readonly #options: SocketSideOptions;
  readonly #reader: WebSocketReader;
  readonly #budget: ControlBudget;
  #ahead: Promise<SidePart> | undefined;
  #isAsked = false;

  constructor(options: SocketSideOptions) {
    this.#options = options;
    this.#reader = new WebSocketReader({
      source: options.is === 'client' ? 'downstream' : 'upstream',
      // How much of a message is held, and whether a longer one passes, is decided elsewhere.
      maxMessageBytes: Number.MAX_SAFE_INTEGER,
      maxMessageFrames: MOST_FRAMES,
    });
    this.#budget = new ControlBudget(options.nowMs);
  }

  /** The next slice, or the close frame; `end` where the side went away without one. @throws WebSocketError, SocketEndError */
  next(): Promise<SidePart> {
    const ahead = this.#ahead ?? this.#read();
    this.#ahead = undefined;
    return ahead;
  }

  /**
   * Reads on while what came last is being judged, up to the next slice, which `next` hands out: pings are answered, and it is seen
   * whether the side is still there. What was handed out before stays valid.
   *
   * @param onLeave called when the side has closed
   */
  readAhead(onLeave: () => void): void {
    if (this.#ahead !== undefined) return;
    this.#ahead = this.#read();
    this.#ahead.then(
      (part) => {
        if (part === 'end' || part.kind === 'close') onLeave();
      },
      () => onLeave(),
    );
  }

  /** Reads what still comes, to its end, and makes nothing of it. Never rejects. */
  async drain(): Promise<void> {
    const isOver = async (): Promise<boolean> => (await this.next()) === 'end';
    const rest = await untilTrue(isOver).catch(() => 'unread');
    // Behind an error, and behind the close frame, there are no frames.
    const { peer, idleTimeoutMs } = this.#options;
    if (rest === 'unread') await untilTrue(async () => !Buffer.isBuffer(await peer.next(idleTimeoutMs)));
  }

  async #read(): Promise<SidePart> {
    for (;;) {
      const part = this.#reader.next();
      if (part?.kind === 'data' || part?.kind === 'close') return part;
      if (part !== undefined) {
        if (!this.#budget.take()) {
          throw this.#over('too many pings and pongs', CloseCode.Policy, 'ERR_WEBSOCKET_CONTROL');
        }
        if (part.kind === 'ping') await this.#options.writer.control(Opcode.Pong, part.payload);
        continue;
      }
      const chunk = await this.#options.peer.next(this.#options.idleTimeoutMs);
      if (chunk === 'end') return 'end';
      if (chunk === 'timeout') await this.#ask();
      else {
        this.#isAsked = false;
        this.#reader.push(chunk);
      }
    }
  }

  async #ask(): Promise<void> {
    const isClient = this.#options.is === 'client';
    const cause = isClient ? 'ERR_HTTP_CLIENT_TIMEOUT' : 'ERR_HTTP_UPSTREAM_TIMEOUT';
    if (this.#isAsked) throw this.#over('no sign of life', CloseCode.GoingAway, cause);
    this.#isAsked = true;
    this.#options.onSilence?.();
    await this.#options.writer.control(Opcode.Ping, NOTHING);
  }

  /** The side that is at fault is told the code; to the client a fault of the service is a bad gateway. */
  #over(what: string, code: number, cause: string): SocketEndError {
    const { is } = this.#options;
    const end = policyEnd(`${what} from the ${is}`, cause);
    return new SocketEndError(
      is === 'client' ? { ...end, code } : { ...end, code: CloseCode.BadGateway, serviceCode: code },
    );
  }
}

async function untilTrue(step: () => Promise<boolean>): Promise<void> {
  while (!(await step()));
}
