/** Messages of CredSSP as they arrive on a connection: each tells its length, and nothing stands between them. */
import { readDerHeader } from '../der/der-reader.ts';
import { TAG } from '../der/tags.ts';
import { malformed, NlaFault } from '../errors.ts';

/** Longest message; a ticket of Kerberos with many groups comes near it, and nothing else does. */
export const MOST_MESSAGE_BYTES = 65_536;
/** Chunks that are held one by one: a client that sends byte by byte must not make us keep as many objects. */
const MOST_CHUNKS = 256;
/** Of a tag and a length. */
const FEWEST_BYTES = 2;

/** Cuts what arrives into messages; holds less than one message, and the last chunk. */
export class TsRequestFrames {
  #chunks: Uint8Array[] = [];
  #heldBytes = 0;
  /** With fewer there is nothing to look at: chunks of one byte are not joined again and again. */
  #wantedBytes = FEWEST_BYTES;

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(Buffer.from(bytes));
    this.#heldBytes += bytes.length;
    if (this.#chunks.length > MOST_CHUNKS) this.#join();
  }

  /** The next whole message, undefined where more has to arrive. @throws NlaFault */
  next(): Buffer | undefined {
    if (this.#heldBytes < this.#wantedBytes) return undefined;
    const held = this.#join();
    if (held[0] !== TAG.sequence) throw malformed('no message of CredSSP');
    const header = readDerHeader(held);
    const length = header === undefined ? held.length + 1 : header.headerBytes + header.contentBytes;
    if (length > MOST_MESSAGE_BYTES)
      throw new NlaFault('ERR_RDP_NLA_TOO_LONG', `a message of ${length} bytes`);
    this.#wantedBytes = length;
    if (held.length < length) return undefined;
    this.#hold(held.subarray(length));
    return held.subarray(0, length);
  }

  /** What came behind the last message. */
  takeRest(): Buffer {
    const rest = this.#join();
    this.#hold(Buffer.alloc(0));
    return rest;
  }

  #join(): Buffer {
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #hold(bytes: Buffer): void {
    this.#chunks = [bytes];
    this.#heldBytes = bytes.length;
    this.#wantedBytes = FEWEST_BYTES;
  }
}
