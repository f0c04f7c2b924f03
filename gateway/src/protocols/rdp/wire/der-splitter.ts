/** Cuts a stream into DER elements: the messages of CredSSP ([MS-CSSP] 2.2.1), which have no other frame. */
import { RdpWireError, type RdpWireSource } from './errors.ts';
import { StreamBuffer } from './stream-buffer.ts';

/** Most bytes of one element: NTLM messages have some hundred, SPNEGO with certificates some thousand. */
const MOST_ELEMENT_BYTES = 32_768;
const SEQUENCE = 0x30;

/** Cuts SEQUENCEs, one after the other; what is behind the last one stays for whoever reads on. */
export class DerSplitter {
  readonly #source: RdpWireSource;
  readonly #held = new StreamBuffer();

  constructor(source: RdpWireSource) {
    this.#source = source;
  }

  push(chunk: Buffer): void {
    this.#held.push(chunk);
  }

  /**
   * The next element, its tag and length included; undefined while it is not whole.
   * @throws RdpWireError for one that is no SEQUENCE, has no definite length, or is too long
   */
  next(): Buffer | undefined {
    const held = this.#held;
    if (held.length === 0) return undefined;
    if (held.at(0) !== SEQUENCE) throw this.#error('ERR_RDP_TYPE', `an element of tag ${held.at(0)}`);
    if (held.length < 2) return undefined;
    const length = this.#length();
    if (length === undefined || held.length < length) return undefined;
    return held.take(length);
  }

  /** Takes what is behind the last element. */
  rest(): Buffer {
    return this.#held.take(this.#held.length);
  }

  #length(): number | undefined {
    const held = this.#held;
    const first = held.at(1);
    if (first < 0x80) return 2 + first;
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw this.#error('ERR_RDP_LENGTH', `a length of ${count} bytes`);
    if (held.length < 2 + count) return undefined;
    let value = 0;
    for (let index = 0; index < count; index += 1) value = value * 256 + held.at(2 + index);
    if (value > MOST_ELEMENT_BYTES) throw this.#error('ERR_RDP_TOO_LONG', `an element of ${value} bytes`);
    return 2 + count + value;
  }

  #error(code: 'ERR_RDP_TYPE' | 'ERR_RDP_LENGTH' | 'ERR_RDP_TOO_LONG', what: string): RdpWireError {
    return new RdpWireError(code, what, this.#source);
  }
}
