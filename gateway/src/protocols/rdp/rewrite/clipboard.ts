/** The clipboard between client and target: text only, and only in the directions that are allowed. */

import { ByteReader } from '../wire/byte-reader.ts';
import {
  CLIPBOARD,
  CLIPBOARD_CAPABILITY,
  CLIPBOARD_RESPONSE,
  type ClipboardMessage,
  readClipboardCapabilities,
  readFormatIds,
  TEXT_FORMATS,
  writeClipboardCapabilities,
  writeFormats,
} from '../wire/channel/clipboard.ts';

/** One end of the clipboard. */
export type ClipboardSide = 'downstream' | 'upstream';

/** Which directions are open. */
export interface ClipboardDirections {
  /** From the target to the client. */
  readonly copy: boolean;
  /** From the client to the target. */
  readonly paste: boolean;
}

/** What becomes of a message. */
export interface ClipboardAnswer {
  /** To the other side. */
  readonly forward?: ClipboardMessage;
  /** Back to the side that it came from. */
  readonly reply?: ClipboardMessage;
  /** Text that passes on. */
  readonly text?: string;
  /** Something was kept back. */
  readonly isRefused?: boolean;
}

/** What is known of one side. */
interface Side {
  capabilities: number;
  /** Formats that it offered, and the other side was told of. */
  offered: ReadonlySet<number>;
  /** Format that the other side has asked it for, and waits. */
  asked: number | undefined;
}

const UNICODE_TEXT = 13;
const LOCALE = 16;
const NOTHING: ClipboardAnswer = {};
const REFUSED: ClipboardAnswer = { isRefused: true };

/** Follows one clipboard channel. */
export class ClipboardFilter {
  directions: ClipboardDirections;
  readonly #sides: Readonly<Record<ClipboardSide, Side>> = { downstream: newSide(), upstream: newSide() };

  constructor(directions: ClipboardDirections) {
    this.directions = directions;
  }

  /** Judges a message. @throws RdpWireError */
  take(message: ClipboardMessage, from: ClipboardSide): ClipboardAnswer {
    switch (message.type) {
      case CLIPBOARD.MONITOR_READY:
      case CLIPBOARD.FORMAT_LIST_RESPONSE:
        return { forward: message };
      case CLIPBOARD.CAPABILITIES:
        return this.#capabilities(message, from);
      case CLIPBOARD.FORMAT_LIST:
        return this.#formats(message, from);
      case CLIPBOARD.DATA_REQUEST:
        return this.#request(message, from);
      case CLIPBOARD.DATA_RESPONSE:
        return this.#response(message, from);
      case CLIPBOARD.FILE_REQUEST:
      case CLIPBOARD.FILE_RESPONSE:
        return REFUSED;
      default:
        // Folders, locks, and what nobody knows.
        return NOTHING;
    }
  }

  /** Whether data may go on that this side offers. */
  #isOpen(from: ClipboardSide): boolean {
    return from === 'upstream' ? this.directions.copy : this.directions.paste;
  }

  #capabilities(message: ClipboardMessage, from: ClipboardSide): ClipboardAnswer {
    // Files, and locks for them, are not offered.
    const general = readClipboardCapabilities(message.data, from) & CLIPBOARD_CAPABILITY.LONG_NAMES;
    this.#sides[from].capabilities = general;
    return { forward: { ...message, data: writeClipboardCapabilities(general) } };
  }

  #formats(message: ClipboardMessage, from: ClipboardSide): ClipboardAnswer {
    const { downstream, upstream } = this.#sides;
    const isLong = (downstream.capabilities & upstream.capabilities & CLIPBOARD_CAPABILITY.LONG_NAMES) !== 0;
    const offered = readFormatIds(message.data, isLong, from);
    const passing = this.#isOpen(from) ? offered.filter((id) => TEXT_FORMATS.has(id)) : [];
    this.#sides[from].offered = new Set(passing);
    // An empty list goes on too: what the other side has offered before is gone.
    const forward = { type: message.type, flags: 0, data: writeFormats(passing, isLong) };
    return { forward, isRefused: passing.length < offered.length };
  }

  /** `from` asks the other side for data. */
  #request(message: ClipboardMessage, from: ClipboardSide): ClipboardAnswer {
    const owner = from === 'downstream' ? 'upstream' : 'downstream';
    const reader = new ByteReader(message.data, 'data request', from);
    const format = reader.uint32();
    reader.end();
    const side = this.#sides[owner];
    if (!this.#isOpen(owner) || !side.offered.has(format) || side.asked !== undefined) {
      const flags = CLIPBOARD_RESPONSE.FAIL;
      return { reply: { type: CLIPBOARD.DATA_RESPONSE, flags, data: Buffer.alloc(0) }, isRefused: true };
    }
    side.asked = format;
    return { forward: { ...message, flags: 0 } };
  }

  #response(message: ClipboardMessage, from: ClipboardSide): ClipboardAnswer {
    const side = this.#sides[from];
    const format = side.asked;
    if (format === undefined) return REFUSED;
    side.asked = undefined;
    if ((message.flags & CLIPBOARD_RESPONSE.OK) === 0) return { forward: message };
    if (!this.#isOpen(from)) {
      // Closed since it was asked: the other side still waits for an answer.
      const flags = CLIPBOARD_RESPONSE.FAIL;
      return { forward: { type: message.type, flags, data: Buffer.alloc(0) }, isRefused: true };
    }
    return format === LOCALE
      ? { forward: message }
      : { forward: message, text: textOf(message.data, format) };
  }
}

function newSide(): Side {
  return { capabilities: 0, offered: new Set(), asked: undefined };
}

function textOf(data: Buffer, format: number): string {
  const text = data.toString(format === UNICODE_TEXT ? 'utf16le' : 'latin1');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
