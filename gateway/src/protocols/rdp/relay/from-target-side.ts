/** Messages of the target: what they draw or tell, whether that may be, and how they go on. */

import { CLIPBOARD_CHANNEL, DYNAMIC_CHANNEL } from '../facts/desktop-facts.ts';
import { MOST_UPDATE_BYTES } from '../rewrite/capabilities.ts';
import { RdpRewriteError } from '../rewrite/errors.ts';
import { type FromTarget, fastUpdateKind, fromTarget } from '../rewrite/from-target.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { readChunk } from '../wire/channel/chunk.ts';
import { readFastOutput } from '../wire/fast-path/fast-output.ts';
import { UpdateJoiner } from '../wire/fast-path/update-joiner.ts';
import type { Frame } from '../wire/frame-splitter.ts';
import { type ChannelData, readDomainMessage, writeData } from '../wire/mcs/domain.ts';
import { endsLicensing } from '../wire/share/license.ts';
import { readSecurityHeader, SECURITY } from '../wire/share/security-header.ts';
import { readSharePdus, writeSharePdu } from '../wire/share/share-control.ts';
import type { Sides } from './from-client-side.ts';

/** Takes the frames of a target. */
export class FromTargetSide {
  readonly #sides: Sides;
  readonly #send: (bytes: Buffer) => void;
  readonly #joiner = new UpdateJoiner(MOST_UPDATE_BYTES);
  /** The channels of the target, by their ids. */
  readonly #names: ReadonlyMap<number, string>;

  constructor(sides: Sides, send: (bytes: Buffer) => void) {
    this.#sides = sides;
    this.#send = send;
    this.#names = new Map([...sides.target.ids.channels].map(([name, id]) => [id, name]));
  }

  /** Whether the target ends the connection. @throws RdpWireError, RdpRewriteError */
  take({ kind, bytes }: Frame): boolean {
    if (kind === 'fast-path') {
      this.#fastPath(bytes);
      return false;
    }
    const message = readDomainMessage(bytes, 'upstream');
    if (message.kind === 'disconnect') return true;
    if (message.kind !== 'data') throw unexpected(`${message.kind} of MCS within a session`);
    this.#data(message);
    return false;
  }

  /** What is drawn goes on record before it goes to the client, and goes to it as it came. */
  #fastPath(bytes: Buffer): void {
    if (this.#sides.state.phase !== 'active') throw unexpected('fast path before a share is agreed on');
    const { record, tally } = this.#sides;
    for (const update of readFastOutput(bytes)) {
      const kind = fastUpdateKind(update.code);
      const whole = this.#joiner.push(update);
      if (whole === undefined) continue;
      if (kind === 'bitmap') {
        tally.updates += 1;
        record.bitmap(whole.data);
      } else if (kind === 'palette') record.palette(whole.data);
      else if (kind === 'pointer') record.pointer(whole.code, whole.data);
    }
    this.#send(bytes);
  }

  #data({ channel, data }: ChannelData): void {
    const { client, target, state } = this.#sides;
    if (channel !== target.ids.io) {
      this.#channel(channel, data);
      return;
    }
    if (state.phase === 'licensing') {
      const reader = new ByteReader(data, 'licence', 'upstream');
      if ((readSecurityHeader(reader) & SECURITY.LICENSE) === 0) throw unexpected('data before the licence');
      if (endsLicensing(reader.rest())) state.phase = 'demanded';
      this.#sendOn(client.ids.io, data);
      return;
    }
    for (const pdu of readSharePdus(data, 'upstream')) {
      const answer = fromTarget(pdu);
      if (answer.kind === 'drop') {
        this.#sides.tally.dropped += 1;
        continue;
      }
      this.#note(answer);
      const { type, body } = answer;
      this.#sendOn(client.ids.io, writeSharePdu({ type, source: pdu.source, body }));
    }
  }

  #note(answer: Exclude<FromTarget, { kind: 'drop' }>): void {
    const { record, state, client, tally } = this.#sides;
    switch (answer.kind) {
      case 'activate': {
        const { core } = client;
        const { width, height } = answer.screen ?? core;
        state.shareId = answer.shareId;
        record.size(width, height, core.keyboardLayout);
        break;
      }
      case 'bitmap':
        tally.updates += 1;
        record.bitmap(answer.payload);
        break;
      case 'palette':
        record.palette(answer.payload);
        break;
      case 'pointer':
        record.slowPointer(answer.payload);
        break;
      case 'forward':
        break;
    }
  }

  #channel(id: number, data: Buffer): void {
    const { client, tally, features, clipboard, dynamic } = this.#sides;
    const name = this.#names.get(id);
    if (name === undefined) throw unexpected('data on a channel that nobody asked for');
    if (name === CLIPBOARD_CHANNEL) {
      clipboard.take(data, 'upstream');
      return;
    }
    readChunk(data, 'upstream');
    if (!features.may('CHANNEL', name)) {
      tally.channelDropped += 1;
      return;
    }
    if (name === DYNAMIC_CHANNEL) {
      dynamic.take(data, 'upstream');
      return;
    }
    tally.channel(name, data.length);
    for (const [channel, wish] of client.ids.channels) if (wish.name === name) this.#sendOn(channel, data);
  }

  #sendOn(channel: number, data: Buffer): void {
    this.#send(writeData('downstream', { initiator: this.#sides.client.ids.server, channel, data: [data] }));
  }
}

function unexpected(what: string): RdpRewriteError {
  return new RdpRewriteError('ERR_RDP_UNEXPECTED', what, 'upstream');
}
