/** One end of a clipboard in a session of raw peers, which says and takes what the tests want. */
import type { PacketStream } from '../../src/protocols/rdp/packet-stream.ts';
import { ChunkJoiner, readChunk, writeChunks } from '../../src/protocols/rdp/wire/channel/chunk.ts';
import {
  CLIPBOARD,
  CLIPBOARD_RESPONSE,
  type ClipboardMessage,
  readClipboardMessage,
  UNICODE_TEXT,
  writeClipboardMessage,
  writeFormats,
} from '../../src/protocols/rdp/wire/channel/clipboard.ts';
import { readDomainMessage } from '../../src/protocols/rdp/wire/mcs/domain.ts';

type Side = 'downstream' | 'upstream';

/** An end of the channel. */
export class ClipboardEnd {
  readonly #packets: PacketStream;
  readonly #channel: number;
  readonly #from: Side;
  readonly #send: (data: Buffer) => void;
  readonly #joiner: ChunkJoiner;

  /** @param from the side whose messages are read here, which is the other end's. @param send sends data on the channel */
  constructor(packets: PacketStream, channel: number, from: Side, send: (data: Buffer) => void) {
    this.#packets = packets;
    this.#channel = channel;
    this.#from = from;
    this.#send = send;
    this.#joiner = new ChunkJoiner(1 << 20, from);
  }

  send(message: ClipboardMessage): void {
    for (const chunk of writeChunks(writeClipboardMessage(message))) this.#send(chunk);
  }

  /** Says that there is text. */
  offer(): void {
    this.send({ type: CLIPBOARD.FORMAT_LIST, flags: 0, data: writeFormats([UNICODE_TEXT], false) });
  }

  ask(): void {
    const data = Buffer.alloc(4);
    data.writeUInt32LE(UNICODE_TEXT);
    this.send({ type: CLIPBOARD.DATA_REQUEST, flags: 0, data });
  }

  answer(text: string): void {
    const data = Buffer.from(`${text}\0`, 'utf16le');
    this.send({ type: CLIPBOARD.DATA_RESPONSE, flags: CLIPBOARD_RESPONSE.OK, data });
  }

  /** Reads on to the next message of a type; rejects at the end of the connection. */
  async until(type: number): Promise<ClipboardMessage> {
    for (;;) {
      const frame = await this.#packets.next();
      if (frame === undefined) throw new Error('the connection has ended');
      if (frame.kind !== 'tpkt') continue;
      const message = readDomainMessage(frame.bytes, this.#from);
      if (message.kind !== 'data' || message.channel !== this.#channel) continue;
      const whole = this.#joiner.push(readChunk(message.data, this.#from));
      if (whole === undefined) continue;
      const clipboard = readClipboardMessage(whole, this.#from);
      if (clipboard.type === type) return clipboard;
    }
  }

  /** The text that the other end answers; undefined where it answers that there is none. */
  async text(): Promise<string | undefined> {
    const { flags, data } = await this.until(CLIPBOARD.DATA_RESPONSE);
    if ((flags & CLIPBOARD_RESPONSE.OK) === 0) return undefined;
    return data.toString('utf16le').replace(/\0$/, '');
  }

  /** Answers each request with the next of these texts. */
  async answerAll(texts: Iterable<string>): Promise<void> {
    for (const text of texts) {
      await this.until(CLIPBOARD.DATA_REQUEST);
      this.answer(text);
    }
  }
}
