/** Dynamic channels between both sides: each is judged when the machine opens it, and what is not open goes no further. */
import { mayBeOpened } from '../facts/desktop-facts.ts';
import type { DesktopRecord } from '../recording/desktop-record.ts';
import { DynamicChannels, type DynamicSide } from '../rewrite/dynamic-channels.ts';
import { ChunkJoiner, readChunk, writeChunks } from '../wire/channel/chunk.ts';
import {
  type DynamicMessage,
  MOST_DYNAMIC_BYTES,
  readDynamicMessage,
  writeDynamicMessage,
} from '../wire/channel/dynamic.ts';
import type { Features } from './features.ts';
import type { Tally } from './tally.ts';

/** Channels of one session that are never opened, and named in its recording. */
const MOST_MARKED = 16;

/** What a relay of dynamic channels works with. */
export interface DynamicRelayOptions {
  readonly features: Features;
  readonly tally: Tally;
  readonly record: Pick<DesktopRecord, 'mark'>;
  /** Sends the data of one chunk on the static channel. */
  readonly send: (to: DynamicSide, chunk: Buffer) => void;
  /** Told when a side is answered by the gateway itself: it has to read that before more is read of it. */
  readonly onReply: (to: DynamicSide) => void;
  /** Told of what may not go on. */
  readonly onFailed: (error: unknown) => void;
}

/** Carries the dynamic channels of one desktop. */
export class DynamicRelay {
  readonly #options: DynamicRelayOptions;
  readonly #channels = new DynamicChannels();
  readonly #joiners = {
    downstream: new ChunkJoiner(MOST_DYNAMIC_BYTES, 'downstream'),
    upstream: new ChunkJoiner(MOST_DYNAMIC_BYTES, 'upstream'),
  };

  constructor(options: DynamicRelayOptions) {
    this.#options = options;
  }

  /** Takes the data of a chunk. @throws RdpWireError, RdpRewriteError */
  take(data: Buffer, from: DynamicSide): void {
    const bytes = this.#joiners[from].push(readChunk(data, from));
    if (bytes === undefined) return;
    const message = readDynamicMessage(bytes, from);
    const { forward, reply, ask, on, isDropped } = this.#channels.take(message, from);
    const { features, tally, onReply, onFailed } = this.#options;
    if (ask !== undefined) {
      onReply(from);
      this.#judge(ask).catch(onFailed);
      return;
    }
    if (reply !== undefined) {
      tally.dynamicRefused += 1;
      onReply(from);
      this.#send(from, reply);
    } else if (isDropped === true || (on !== undefined && !features.may('DYNAMIC_CHANNEL', on))) {
      tally.dynamicDropped += 1;
      return;
    }
    if (forward === undefined) return;
    if (on !== undefined) tally.dynamic(on, bytes.length);
    this.#send(from === 'upstream' ? 'downstream' : 'upstream', forward);
  }

  async #judge({ channel, name }: { readonly channel: number; readonly name: string }): Promise<void> {
    const { features, tally, record } = this.#options;
    const isNever = !mayBeOpened(name);
    if (isNever) {
      tally.dynamicRefused += 1;
      if (tally.dynamicRefused <= MOST_MARKED)
        record.mark('dynamic-channel-refused', {
          channel: name,
          reason: 'it could not be recorded or judged',
        });
    }
    if (!isNever && (await features.opens(name))) {
      const create = this.#channels.allow(channel);
      if (create !== undefined) this.#send('downstream', create);
      return;
    }
    const answer = this.#channels.deny(channel);
    if (answer !== undefined) this.#send('upstream', answer);
  }

  #send(to: DynamicSide, message: DynamicMessage): void {
    for (const chunk of writeChunks(writeDynamicMessage(message), 0)) this.#options.send(to, chunk);
  }
}
