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
  UNICODE_TEXT,
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

const NOTHING: ClipboardAnswer = {};
const RESPONSE_FLAGS = CLIPBOARD_RESPONSE.OK | CLIPBOARD_RESPONSE.FAIL;
const REFUSED: ClipboardAnswer = { isRefused: true };
const NO_DATA = Buffer.alloc(0);
/** A response without data, to whoever waits for one. */
const FAILURE: ClipboardMessage = {
  type: CLIPBOARD.DATA_RESPONSE,
  flags: CLIPBOARD_RESPONSE.FAIL,
  data: NO_DATA,
};
/** What becomes of text that may not pass. */
export const WITHHELD: ClipboardAnswer = { forward: FAILURE, isRefused: true };

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
        // They have no data: what stands there all the same would pass unseen.
        return { forward: { ...message, flags: message.flags & RESPONSE_FLAGS, data: NO_DATA } };
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
      return { reply: FAILURE, isRefused: true };
    }
    side.asked = format;
    return { forward: { ...message, flags: 0 } };
  }

  #response(message: ClipboardMessage, from: ClipboardSide): ClipboardAnswer {
    const side = this.#sides[from];
    const format = side.asked;
    if (format === undefined) return REFUSED;
    side.asked = undefined;
    if ((message.flags & CLIPBOARD_RESPONSE.OK) === 0) return { forward: FAILURE };
    // Closed since it was asked: the other side still waits for an answer.
    if (!this.#isOpen(from)) return WITHHELD;
    const { text, data } = textOf(message.data, format);
    return { forward: { ...message, flags: CLIPBOARD_RESPONSE.OK, data }, text };
  }
}

function newSide(): Side {
  return { capabilities: 0, offered: new Set(), asked: undefined };
}

/** The text, and the data of it alone: what stands behind its terminator would pass unseen. */
function textOf(data: Buffer, format: number): { readonly text: string; readonly data: Buffer } {
  if (format === UNICODE_TEXT) {
    const whole = data.toString('utf16le');
    const end = whole.indexOf('\0');
    const text = end < 0 ? whole : whole.slice(0, end);
    return { text, data: Buffer.concat([data.subarray(0, text.length * 2), Buffer.alloc(2)]) };
  }
  const end = data.indexOf(0);
  const bytes = end < 0 ? data : data.subarray(0, end);
  // Of no said code page; machines that are no Windows send UTF-8.
  const decoded = bytes.toString('utf8');
  const text = Buffer.from(decoded).equals(bytes) ? decoded : bytes.toString('latin1');
  return { text, data: Buffer.concat([bytes, Buffer.alloc(1)]) };
}
