import type { JsonObject } from '../../../model/json.ts';
import { DYNAMIC_CHANNEL } from '../facts/desktop-facts.ts';
import type { Feature } from './features.ts';

/** What passed in one session, and what was kept back: what goes on file at its end. */
export class Tally {
  /** Frames and bytes to the client. */
  frames = 0;
  bytes = 0;
  updates = 0;
  keys = 0;
  mouse = 0;
  /** Events that were not let through. */
  inputDropped = 0;
  copies = 0;
  copiedCharacters = 0;
  copiesRefused = 0;
  /** Of those: for what is in the text. */
  copiesWithheld = 0;
  pastes = 0;
  pastedCharacters = 0;
  pastesRefused = 0;
  pastesWithheld = 0;
  /** Messages that the gateway does not pass on: caches, frames, what nobody knows. */
  dropped = 0;
  /** Chunks on channels that are denied. */
  channelDropped = 0;
  readonly #channels = new Map<string, number>();
  readonly #dynamic = new Map<string, number>();

  /** Dynamic channels that are never opened, or were too many. */
  dynamicRefused = 0;
  /** Messages on dynamic channels that are closed, or never were open. */
  dynamicDropped = 0;

  /** Bytes of a channel, in either direction. */
  channel(name: string, bytes: number): void {
    this.#channels.set(name, (this.#channels.get(name) ?? 0) + bytes);
  }

  /** Bytes of data on a dynamic channel, in either direction. */
  dynamic(name: string, bytes: number): void {
    this.#dynamic.set(name, (this.#dynamic.get(name) ?? 0) + bytes);
  }

  /** What is on file of one of the things that were permitted. */
  resultOf({ operation, channel }: Pick<Feature, 'operation' | 'channel'>): JsonObject {
    switch (operation) {
      case 'VIEW': {
        const { frames, bytes, updates, dropped, channelDropped } = this;
        return { frames, bytes, updates, dropped, channelDropped };
      }
      case 'CONTROL':
        return { keys: this.keys, mouse: this.mouse, dropped: this.inputDropped };
      case 'COPY':
        return {
          texts: this.copies,
          characters: this.copiedCharacters,
          refused: this.copiesRefused,
          withheld: this.copiesWithheld,
        };
      case 'PASTE':
        return {
          texts: this.pastes,
          characters: this.pastedCharacters,
          refused: this.pastesRefused,
          withheld: this.pastesWithheld,
        };
      case 'CHANNEL': {
        const bytes = this.#channels.get(channel) ?? 0;
        if (channel !== DYNAMIC_CHANNEL) return { bytes };
        return { bytes, refused: this.dynamicRefused, dropped: this.dynamicDropped };
      }
      case 'DYNAMIC_CHANNEL':
        return { bytes: this.#dynamic.get(channel) ?? 0 };
    }
  }
}
