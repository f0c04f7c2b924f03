/** What is known of the beginning of a TLS connection. */
export type ClientHello =
  /** More bytes are needed. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'none'; readonly reason: string }
  /** The name is in lower case; undefined where the client names none. */
  | { readonly kind: 'hello'; readonly serverName: string | undefined };

/** Bytes within which a ClientHello ends; with keys of several kinds they have about two thousand. */
export const MOST_HELLO_BYTES: number = 32 * 1024;

const RECORD_HEADER = 5;
const HANDSHAKE = 22;
const MOST_FRAGMENT_BYTES = 16_384;
const CLIENT_HELLO = 1;
const MESSAGE_HEADER = 4;
const VERSION_AND_RANDOM = 34;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const NAME = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;

const INCOMPLETE: ClientHello = { kind: 'incomplete' };

/**
 * Reads the server name of a ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3) from the first bytes of a connection, in
 * as many records as it comes. Whatever is not exactly one is `none`: a server could read it otherwise.
 */
export function readClientHello(bytes: Buffer): ClientHello {
  const handshake = readHandshake(bytes);
  if ('kind' in handshake) return handshake;
  const { data, isCut } = handshake;
  if (data.length > 0 && data[0] !== CLIENT_HELLO) return none('a handshake that begins with no ClientHello');
  const length = data.length < MESSAGE_HEADER ? undefined : data.readUIntBE(1, 3);
  if (length !== undefined && length > MOST_HELLO_BYTES) return none('a ClientHello that is too long');
  if (length === undefined || data.length < MESSAGE_HEADER + length) {
    return isCut && bytes.length < MOST_HELLO_BYTES ? INCOMPLETE : none('a ClientHello without end');
  }
  return readBody(new Reader(data.subarray(MESSAGE_HEADER, MESSAGE_HEADER + length)));
}

/** The data of all handshake records that are there; `isCut`: more of them may come. */
function readHandshake(bytes: Buffer): ClientHello | { readonly data: Buffer; readonly isCut: boolean } {
  const fragments: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== HANDSHAKE) {
      if (at > 0) return { data: Buffer.concat(fragments), isCut: false };
      return none('no TLS handshake');
    }
    if (bytes.length - at < RECORD_HEADER) break;
    if (bytes[at + 1] !== 3) return none('no TLS handshake');
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > MOST_FRAGMENT_BYTES) return none('a TLS record of a length that cannot be');
    const start = at + RECORD_HEADER;
    fragments.push(bytes.subarray(start, start + length));
    at = start + length;
  }
  return { data: Buffer.concat(fragments), isCut: true };
}

function readBody(body: Reader): ClientHello {
  body.skip(VERSION_AND_RANDOM);
  body.skip(body.number(1));
  body.skip(body.number(2));
  body.skip(body.number(1));
  if (body.isAtEnd) return { kind: 'hello', serverName: undefined };
  const extensions = body.part(body.number(2));
  if (!body.isAtEnd || body.isShort) return none('a ClientHello with bytes behind its extensions');
  let names: readonly string[] | undefined;
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const data = extensions.part(extensions.number(2));
    if (type !== SERVER_NAME) continue;
    if (names !== undefined) return none('a ClientHello with two lists of names');
    names = readNames(data);
  }
  if (extensions.isShort) return none('a ClientHello that is cut short');
  if (names === undefined) return { kind: 'hello', serverName: undefined };
  const [name, ...others] = names;
  if (name === undefined || others.length > 0 || !NAME.test(name)) {
    return none('a ClientHello whose server name cannot be read');
  }
  return { kind: 'hello', serverName: name.toLowerCase().replace(/\.$/, '') };
}

function readNames(data: Reader): readonly string[] {
  const list = data.part(data.number(2));
  const names: string[] = [];
  while (!list.isAtEnd) {
    const type = list.number(1);
    const name = list.part(list.number(2)).text;
    names.push(type === HOST_NAME ? name : '');
  }
  return list.isShort || data.isShort || !data.isAtEnd ? [] : names;
}

/** Cuts bytes into fields. What goes beyond the end is empty, and remembered. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  #isShort = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A field went beyond the end. */
  get isShort(): boolean {
    return this.#isShort;
  }

  get text(): string {
    return this.#bytes.toString('latin1');
  }

  number(bytes: 1 | 2): number {
    const start = this.#at;
    return this.skip(bytes) ? this.#bytes.readUIntBE(start, bytes) : 0;
  }

  part(bytes: number): Reader {
    const start = this.#at;
    return new Reader(
      this.skip(bytes) ? this.#bytes.subarray(start, start + bytes) : this.#bytes.subarray(0, 0),
    );
  }

  skip(bytes: number): boolean {
    if (this.#bytes.length - this.#at < bytes) {
      this.#isShort = true;
      this.#at = this.#bytes.length;
      return false;
    }
    this.#at += bytes;
    return true;
  }
}

function none(reason: string): ClientHello {
  return { kind: 'none', reason };
}
