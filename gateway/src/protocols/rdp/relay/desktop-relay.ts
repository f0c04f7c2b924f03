/** A desktop under way: messages of both sides, judged, rewritten, recorded, sent. */

import type { AttachedClient } from '../downstream/attach.ts';
import { RdpError } from '../errors.ts';
import { CLIPBOARD_CHANNEL, DYNAMIC_CHANNEL } from '../facts/desktop-facts.ts';
import type { PacketStream } from '../packet-stream.ts';
import type { DesktopRecord } from '../recording/desktop-record.ts';
import type { TargetDesktop } from '../upstream/dial.ts';
import { writeData } from '../wire/mcs/domain.ts';
import { ClipboardRelay } from './clipboard-relay.ts';
import { DynamicRelay } from './dynamic-relay.ts';
import type { Features } from './features.ts';
import { FromClientSide } from './from-client-side.ts';
import { FromTargetSide } from './from-target-side.ts';
import type { Tally } from './tally.ts';

/** What a relay works with. */
export interface DesktopRelayOptions {
  readonly client: AttachedClient & { readonly packets: PacketStream };
  readonly target: TargetDesktop;
  readonly features: Features;
  readonly record: DesktopRecord;
  readonly tally: Tally;
  /** Names of the detectors that find something in a text. */
  readonly find: (text: string) => readonly string[];
  readonly nowMs: () => number;
}

/** How a desktop ended that nobody stopped. */
export interface RelayEnd {
  readonly by: 'client' | 'resource';
}

/** Where both sides stand. */
export interface ShareState {
  /** Licences are exchanged; a share is agreed on; or nothing but licences may come yet. */
  phase: 'licensing' | 'demanded' | 'active';
  shareId: number;
  lastInputMs: number;
}

/** Both directions of one desktop. */
export class DesktopRelay {
  readonly state: ShareState;
  readonly #options: DesktopRelayOptions;
  readonly #clipboard: ClipboardRelay;
  readonly #fromClient: FromClientSide;
  readonly #fromTarget: FromTargetSide;
  /** Sides that the gateway itself has answered: who floods it with questions has to read the answers (P10). */
  readonly #answered = new Set<'downstream' | 'upstream'>();
  readonly #broken = Promise.withResolvers<never>();

  constructor(options: DesktopRelayOptions) {
    this.#options = options;
    const { target, features, tally, record } = options;
    this.state = { phase: 'licensing', shareId: 0, lastInputMs: options.nowMs() };
    const clipboard = new ClipboardRelay({
      features,
      tally,
      find: options.find,
      send: (to, chunk) => this.#sendOn(CLIPBOARD_CHANNEL, to, chunk),
      onReply: (to) => this.#answered.add(to),
      onText: (from, text) => record.clipboard(from, text),
    });
    this.#clipboard = clipboard;
    const dynamic = new DynamicRelay({
      features,
      tally,
      record,
      send: (to, chunk) => this.#sendOn(DYNAMIC_CHANNEL, to, chunk),
      onReply: (to) => this.#answered.add(to),
      onFailed: this.#broken.reject,
    });
    // It is awaited only while the desktop runs.
    this.#broken.promise.catch(() => undefined);
    const sides = { ...options, state: this.state, clipboard, dynamic };
    this.#fromClient = new FromClientSide(sides, (bytes) => target.packets.write(bytes));
    this.#fromTarget = new FromTargetSide(sides, (bytes) => this.#show(bytes));
  }

  /**
   * Sends to the client, by whatever channel.
   * @throws RdpError where a rule bounds it: nothing beyond the bound is sent; and what the recording failed by: nothing is shown behind
   * what could not be recorded, also of what came in one piece with it (P5)
   */
  #show(bytes: Buffer): void {
    const { client, features, record, tally } = this.#options;
    if (record.failed !== undefined) throw record.failed;
    const bound = features.limits?.bytes;
    if (bound !== undefined && tally.bytes + bytes.length > bound.allowed) {
      throw new RdpError(
        'ERR_RDP_LIMIT',
        `the desktop has sent more than the ${bound.allowed} bytes of rule ${bound.rule}`,
      );
    }
    tally.frames += 1;
    tally.bytes += bytes.length;
    client.packets.write(bytes);
  }

  /** Resolves when one side ends it; rejects with what may not go on. The caller ends both connections. */
  async run(): Promise<RelayEnd> {
    return Promise.race([this.#runClient(), this.#runTarget(), this.#broken.promise]);
  }

  async #runClient(): Promise<RelayEnd> {
    const { client, target } = this.#options;
    for (;;) {
      for (let frame = client.packets.take(); frame !== undefined; frame = client.packets.take()) {
        if (this.#fromClient.take(frame)) return { by: 'client' };
      }
      await this.#clipboard.settled();
      await target.packets.drained();
      if (this.#answered.delete('downstream')) await client.packets.drained();
      if (!(await client.packets.fill())) return { by: 'client' };
    }
  }

  async #runTarget(): Promise<RelayEnd> {
    const { client, target, record } = this.#options;
    for (;;) {
      for (let frame = target.packets.take(); frame !== undefined; frame = target.packets.take()) {
        if (this.#fromTarget.take(frame)) return { by: 'resource' };
      }
      await this.#clipboard.settled();
      await client.packets.drained();
      if (this.#answered.delete('upstream')) await target.packets.drained();
      await record.drained();
      if (!(await target.packets.fill())) return { by: 'resource' };
    }
  }

  /** Sends a chunk that the gateway cut itself. */
  #sendOn(channelName: string, to: 'downstream' | 'upstream', chunk: Buffer): void {
    const { client, target, tally } = this.#options;
    tally.channel(channelName, chunk.length);
    if (to === 'upstream') {
      const channel = target.ids.channels.get(channelName);
      if (channel === undefined) return;
      target.packets.write(writeData('upstream', { initiator: target.ids.user, channel, data: [chunk] }));
      return;
    }
    try {
      for (const [channel, { name }] of client.ids.channels) {
        if (name !== channelName) continue;
        this.#show(writeData('downstream', { initiator: client.ids.server, channel, data: [chunk] }));
      }
    } catch (error) {
      // Whoever sends here may have waited for the policy, and has nobody to tell.
      this.#broken.reject(error);
    }
  }
}
