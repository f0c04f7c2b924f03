/**
 * Dynamic channels between client and target, one by one: which are open, and what may go on them. The target opens them; who decides
 * answers by {@link DynamicChannels.allow} and {@link DynamicChannels.deny}, which may take time, and the target waits meanwhile.
 */
import type { DynamicMessage } from '../wire/channel/dynamic.ts';
import { RdpWireError } from '../wire/errors.ts';
import { RdpRewriteError } from './errors.ts';

/** One end of a channel. */
export type DynamicSide = 'downstream' | 'upstream';

/** What becomes of a message. */
export interface DynamicAnswer {
  /** To the other side. */
  readonly forward?: DynamicMessage;
  /** Back to the side that it came from. */
  readonly reply?: DynamicMessage;
  /** To be decided; nothing goes on before. */
  readonly ask?: { readonly channel: number; readonly name: string };
  /** Name of the channel that data passes on. */
  readonly on?: string;
  /** Something was kept back. */
  readonly isDropped?: boolean;
}

/** Version 3 has compressed data and other ways than this one: neither is agreed on. */
const NEWEST_VERSION = 2;
/** Of Windows a session has some ten. */
const MOST_OPEN = 64;
/** Most bytes of data in parts. Nothing of it is kept here; it is the client that joins them. */
const MOST_TOTAL = 16_777_216;
/** STATUS_UNSUCCESSFUL, as clients answer that have no such channel. */
const NOT_OPENED = 0xc000_0001 | 0;

const DROPPED: DynamicAnswer = { isDropped: true };

interface Channel {
  readonly name: string;
  readonly priority: number;
  state: 'judged' | 'asked' | 'open' | 'closing';
  /** Bytes that are still to come of data in parts. */
  readonly left: Record<DynamicSide, number>;
}

/** Follows the dynamic channels of one session. */
export class DynamicChannels {
  readonly #channels = new Map<number, Channel>();

  /** Takes a message. @throws RdpWireError, RdpRewriteError */
  take(message: DynamicMessage, from: DynamicSide): DynamicAnswer {
    switch (message.kind) {
      case 'capabilities':
        return { forward: capped(message, from) };
      case 'create':
        return this.#create(message);
      case 'created':
        return this.#created(message);
      case 'first':
      case 'data':
        return this.#data(message, from);
      case 'close':
        return this.#close(message, from);
    }
  }

  /** The message for the client, where the channel still waits for it. */
  allow(channel: number): DynamicMessage | undefined {
    const known = this.#channels.get(channel);
    if (known?.state !== 'judged') return undefined;
    known.state = 'asked';
    return { kind: 'create', channel, priority: known.priority, name: known.name };
  }

  /** The message for the target. */
  deny(channel: number): DynamicMessage | undefined {
    if (this.#channels.get(channel)?.state !== 'judged') return undefined;
    this.#channels.delete(channel);
    return { kind: 'created', channel, status: NOT_OPENED };
  }

  #create({ channel, name, priority }: DynamicMessage & { readonly kind: 'create' }): DynamicAnswer {
    const known = this.#channels.get(channel);
    if (known !== undefined && known.state !== 'closing')
      throw new RdpRewriteError(
        'ERR_RDP_UNEXPECTED',
        `dynamic channel ${channel} is opened twice`,
        'upstream',
      );
    if (known === undefined && this.#isFull())
      return { reply: { kind: 'created', channel, status: NOT_OPENED }, isDropped: true };
    const left = { downstream: 0, upstream: 0 };
    this.#channels.set(channel, { name, priority, state: 'judged', left });
    return { ask: { channel, name } };
  }

  /** Those that one side has closed, and the other has not answered, make room. */
  #isFull(): boolean {
    if (this.#channels.size < MOST_OPEN) return false;
    for (const [id, { state }] of this.#channels) if (state === 'closing') this.#channels.delete(id);
    return this.#channels.size >= MOST_OPEN;
  }

  #created(message: DynamicMessage & { readonly kind: 'created' }): DynamicAnswer {
    const known = this.#channels.get(message.channel);
    if (known?.state !== 'asked') return DROPPED;
    if (message.status < 0) this.#channels.delete(message.channel);
    else known.state = 'open';
    return { forward: message };
  }

  #data(message: DynamicMessage & { readonly kind: 'first' | 'data' }, from: DynamicSide): DynamicAnswer {
    const known = this.#channels.get(message.channel);
    // It may have been on its way when the channel was closed.
    if (known?.state !== 'open') return DROPPED;
    const { left } = known;
    const { length } = message.data;
    if (message.kind === 'first') {
      if (left[from] > 0) throw wrong('ERR_RDP_TYPE', 'data within other data', from);
      if (message.total > MOST_TOTAL) throw wrong('ERR_RDP_TOO_LONG', `data of ${message.total} bytes`, from);
      left[from] = message.total - length;
    } else if (left[from] > 0) {
      if (length > left[from])
        throw wrong('ERR_RDP_LENGTH', `${length} bytes where ${left[from]} are to come`, from);
      if (length === 0) throw wrong('ERR_RDP_LENGTH', 'an empty part', from);
      left[from] -= length;
    }
    return { forward: message, on: known.name };
  }

  #close(message: DynamicMessage & { readonly kind: 'close' }, from: DynamicSide): DynamicAnswer {
    const { channel } = message;
    const known = this.#channels.get(channel);
    if (known === undefined) return DROPPED;
    switch (known.state) {
      case 'judged':
        // The client never heard of it.
        if (from === 'upstream') this.#channels.delete(channel);
        return DROPPED;
      case 'closing':
        this.#channels.delete(channel);
        return { forward: message };
      case 'asked':
      case 'open':
        known.state = 'closing';
        return { forward: message };
    }
  }
}

function capped(
  message: DynamicMessage & { readonly kind: 'capabilities' },
  from: DynamicSide,
): DynamicMessage {
  if (message.version === 0) throw wrong('ERR_RDP_VALUE', 'version 0', from);
  return { ...message, version: Math.min(message.version, NEWEST_VERSION) };
}

function wrong(
  code: 'ERR_RDP_TYPE' | 'ERR_RDP_LENGTH' | 'ERR_RDP_TOO_LONG' | 'ERR_RDP_VALUE',
  message: string,
  from: DynamicSide,
): RdpWireError {
  return new RdpWireError(code, `dynamic channel: ${message}`, from);
}
