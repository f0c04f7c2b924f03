/** Messages of the client: what they are for, whether that is permitted, and how they go on. */

import { CLIPBOARD_CHANNEL, DYNAMIC_CHANNEL } from '../facts/desktop-facts.ts';
import { RdpRewriteError } from '../rewrite/errors.ts';
import { fromClient } from '../rewrite/from-client.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { readChunk } from '../wire/channel/chunk.ts';
import { readFastInput } from '../wire/fast-path/fast-input.ts';
import type { Frame } from '../wire/frame-splitter.ts';
import { CAPS_LOCK_TOGGLED, type InputEvent } from '../wire/input.ts';
import { type ChannelData, readDomainMessage, writeData } from '../wire/mcs/domain.ts';
import { readSecurityHeader, SECURITY } from '../wire/share/security-header.ts';
import { readSharePdus, SHARE, writeSharePdu } from '../wire/share/share-control.ts';
import type { ClipboardRelay } from './clipboard-relay.ts';
import type { DesktopRelayOptions, ShareState } from './desktop-relay.ts';
import type { DynamicRelay } from './dynamic-relay.ts';

/** What both directions share. */
export interface Sides extends DesktopRelayOptions {
  readonly state: ShareState;
  readonly clipboard: ClipboardRelay;
  readonly dynamic: DynamicRelay;
}

/** Scancode of the key. */
const CAPS_LOCK = 0x3a;

/** Takes the frames of a client. */
export class FromClientSide {
  readonly #sides: Sides;
  readonly #send: (bytes: Buffer) => void;
  #isCapsLock = false;

  constructor(sides: Sides, send: (bytes: Buffer) => void) {
    this.#sides = sides;
    this.#send = send;
  }

  /** Whether the client ends the connection. @throws RdpWireError, RdpRewriteError */
  take({ kind, bytes }: Frame): boolean {
    if (kind === 'fast-path') {
      this.#requireShare('fast path');
      if (this.#input(readFastInput(bytes))) this.#send(bytes);
      return false;
    }
    const message = readDomainMessage(bytes, 'downstream');
    if (message.kind === 'disconnect') return true;
    if (message.kind !== 'data') throw unexpected(`${message.kind} of MCS within a session`);
    this.#data(message);
    return false;
  }

  #data({ initiator, channel, data }: ChannelData): void {
    const { ids } = this.#sides.client;
    if (initiator !== ids.user) throw unexpected('data of another user');
    if (channel !== ids.io) {
      this.#channel(channel, data);
      return;
    }
    if (this.#sides.state.phase === 'licensing') {
      if ((readSecurityHeader(new ByteReader(data, 'licence', 'downstream')) & SECURITY.LICENSE) === 0)
        throw unexpected('data before the licence');
      this.#sendOn(this.#sides.target.ids.io, data);
      return;
    }
    for (const pdu of readSharePdus(data, 'downstream')) {
      const answer = fromClient(pdu);
      if (pdu.type === SHARE.CONFIRM_ACTIVE) this.#sides.state.phase = 'active';
      else this.#requireShare('data');
      if (answer.kind === 'drop') {
        this.#sides.tally.dropped += 1;
        continue;
      }
      if (answer.kind === 'input' && !this.#input(answer.events)) continue;
      const { user: source, io } = this.#sides.target.ids;
      this.#sendOn(io, writeSharePdu({ type: answer.type, source, body: answer.body }));
    }
  }

  #channel(id: number, data: Buffer): void {
    const { client, target, tally, features, clipboard, dynamic } = this.#sides;
    const name = client.ids.channels.get(id)?.name;
    if (name === undefined) throw unexpected('data on a channel that is none');
    const upstream = target.ids.channels.get(name);
    if (upstream === undefined) {
      tally.channelDropped += 1;
      return;
    }
    if (name === CLIPBOARD_CHANNEL) {
      clipboard.take(data, 'downstream');
      return;
    }
    readChunk(data, 'downstream');
    if (!features.may('CHANNEL', name)) {
      tally.channelDropped += 1;
      return;
    }
    if (name === DYNAMIC_CHANNEL) {
      dynamic.take(data, 'downstream');
      return;
    }
    tally.channel(name, data.length);
    this.#sendOn(upstream, data);
  }

  /** Counts and records what was done. Whether it goes on. */
  #input(events: readonly InputEvent[]): boolean {
    const { state, features, tally, nowMs } = this.#sides;
    state.lastInputMs = nowMs();
    if (!features.may('CONTROL')) {
      tally.inputDropped += events.length;
      return false;
    }
    for (const event of events) this.#record(event);
    return true;
  }

  #record(event: InputEvent): void {
    const { tally, record } = this.#sides;
    switch (event.kind) {
      case 'key':
        tally.keys += 1;
        if (event.code === CAPS_LOCK && !event.isUp) this.#isCapsLock = !this.#isCapsLock;
        record.key(event.code, {
          released: event.isUp,
          extended: event.prefix === 0xe0,
          extended1: event.prefix === 0xe1,
        });
        break;
      case 'unicode':
        tally.keys += 1;
        record.unicode(event.code, event.isUp);
        break;
      case 'mouse':
      case 'mouse-extended':
        tally.mouse += 1;
        record.mouse(event.flags, event.x, event.y);
        break;
      case 'synchronize':
        // A client that says that it is locked writes as if the key had been pressed; the recording has it as that.
        if (((event.toggles & CAPS_LOCK_TOGGLED) !== 0) === this.#isCapsLock) break;
        this.#isCapsLock = !this.#isCapsLock;
        for (const released of [false, true]) record.key(CAPS_LOCK, { released });
        break;
      case 'other':
        break;
    }
  }

  #requireShare(what: string): void {
    if (this.#sides.state.phase !== 'active') throw unexpected(`${what} before a share is agreed on`);
  }

  #sendOn(channel: number, data: Buffer): void {
    this.#send(writeData('upstream', { initiator: this.#sides.target.ids.user, channel, data: [data] }));
  }
}

function unexpected(what: string): RdpRewriteError {
  return new RdpRewriteError('ERR_RDP_UNEXPECTED', what, 'downstream');
}
