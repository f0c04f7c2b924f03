/** The clipboard's channel between both sides: its messages joined, judged, and cut into chunks anew. */
import { type ClipboardAnswer, ClipboardFilter, type ClipboardSide, WITHHELD } from '../rewrite/clipboard.ts';
import { ChunkJoiner, readChunk, writeChunks } from '../wire/channel/chunk.ts';
import { readClipboardMessage, writeClipboardMessage } from '../wire/channel/clipboard.ts';
import type { Features } from './features.ts';
import type { Tally } from './tally.ts';

/** Most bytes of one message. */
const MOST_BYTES = 1_048_576;

/** What a relay of the clipboard works with. */
export interface ClipboardRelayOptions {
  readonly features: Features;
  readonly tally: Tally;
  /** Names of the detectors that find something in a text. */
  readonly find: (text: string) => readonly string[];
  /** Sends the data of one chunk on the channel. */
  readonly send: (to: ClipboardSide, chunk: Buffer) => void;
  /** Told when a side was answered by the gateway itself: it has to read that before more is read of it. */
  readonly onReply: (to: ClipboardSide) => void;
  /** Told of text that passes. */
  readonly onText: (from: 'client' | 'resource', text: string) => void;
}

/** Carries one clipboard. */
export class ClipboardRelay {
  readonly #options: ClipboardRelayOptions;
  readonly #filter = new ClipboardFilter({ copy: false, paste: false });
  readonly #joiners = {
    downstream: new ChunkJoiner(MOST_BYTES, 'downstream'),
    upstream: new ChunkJoiner(MOST_BYTES, 'upstream'),
  };

  /** Ends with the last message that waits. */
  #waiting: Promise<void> | undefined;

  constructor(options: ClipboardRelayOptions) {
    this.#options = options;
  }

  /** Takes the data of a chunk. @throws RdpWireError */
  take(data: Buffer, from: ClipboardSide): void {
    const message = this.#joiners[from].push(readChunk(data, from));
    if (message === undefined) return;
    const { features } = this.#options;
    this.#filter.directions = { copy: features.may('COPY'), paste: features.may('PASTE') };
    const answer = this.#filter.take(readClipboardMessage(message, from), from);
    const judged = this.#judged(answer, from === 'upstream');
    // What comes behind a text that waits must not overtake it.
    if (judged instanceof Promise || this.#waiting !== undefined) this.#wait(judged, from);
    else this.#carry(judged, from);
  }

  /** Resolves when no text waits to be put on file; undefined where none does. Whoever reads on waits for it (P10). Never rejects. */
  settled(): Promise<void> | undefined {
    return this.#waiting;
  }

  #wait(judged: ClipboardAnswer | Promise<ClipboardAnswer>, from: ClipboardSide): void {
    const waiting = Promise.all([judged, this.#waiting]).then(([answer]) => this.#carry(answer, from));
    this.#waiting = waiting;
    void waiting.then(() => {
      if (this.#waiting === waiting) this.#waiting = undefined;
    });
  }

  #carry(answer: ClipboardAnswer, from: ClipboardSide): void {
    const { tally, onText } = this.#options;
    const isCopy = from === 'upstream';
    if (answer.text !== undefined) {
      if (isCopy) {
        tally.copies += 1;
        tally.copiedCharacters += answer.text.length;
      } else {
        tally.pastes += 1;
        tally.pastedCharacters += answer.text.length;
      }
      onText(isCopy ? 'resource' : 'client', answer.text);
    }
    if (answer.isRefused === true) {
      // Who asks for data refuses himself the other direction's.
      if (isCopy === (answer.reply === undefined)) tally.copiesRefused += 1;
      else tally.pastesRefused += 1;
    }
    if (answer.forward !== undefined) this.#send(isCopy ? 'downstream' : 'upstream', answer.forward);
    if (answer.reply === undefined) return;
    this.#send(from, answer.reply);
    this.#options.onReply(from);
  }

  /** Text in which something is found that the policy keeps back does not pass. */
  #judged(answer: ClipboardAnswer, isCopy: boolean): ClipboardAnswer | Promise<ClipboardAnswer> {
    const { features, tally, find } = this.#options;
    if (answer.text === undefined) return answer;
    const judged = (isOn: boolean): ClipboardAnswer => {
      if (isOn) return answer;
      if (isCopy) tally.copiesWithheld += 1;
      else tally.pastesWithheld += 1;
      return WITHHELD;
    };
    const passes = features.passes(isCopy ? 'COPY' : 'PASTE', find(answer.text));
    return typeof passes === 'boolean' ? judged(passes) : passes.then(judged);
  }

  #send(to: ClipboardSide, message: Parameters<typeof writeClipboardMessage>[0]): void {
    for (const chunk of writeChunks(writeClipboardMessage(message))) this.#options.send(to, chunk);
  }
}
