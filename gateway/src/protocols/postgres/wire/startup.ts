/**
 * The packets of the startup phase, which have no type byte: an Int32 length that counts itself, an Int32 code, a body
 * (protocol-message-formats, StartupMessage, SSLRequest, GSSENCRequest, CancelRequest).
 */
import { WireError, type WireErrorCode } from './errors.ts';
import { MessageReader } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import { readSecretKey, writeSecretKey } from './secret-key.ts';

/** PostgreSQL's own cap on a startup packet: bytes after the length word. */
export const MAX_STARTUP_PACKET_BYTES = 10_000;

/** What the first packet of a connection asks for. */
export type StartupPacket =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gssenc' }
  | CancelRequest
  | StartupMessage;

/** Asks to cancel what another connection is doing. */
export interface CancelRequest {
  readonly kind: 'cancel';
  /** Signed, as the protocol's Int32. */
  readonly processId: number;
  /** View of the packet; 4 bytes in protocol 3.0, 4 to 256 from 3.2 on. */
  readonly secretKey: Buffer;
}

/** Opens a session. */
export interface StartupMessage {
  readonly kind: 'startup';
  /** Always 3: other protocols are refused. */
  readonly major: number;
  readonly minor: number;
  /** Parameters by name, case kept: `user`, `database`, `options`, `_pq_.` extensions, settings. */
  readonly parameters: ReadonlyMap<string, string>;
}

const LENGTH_BYTES = 4;
const CODE_BYTES = 4;
const MAJOR = 3;
const CANCEL = (1234 << 16) | 5678;
const SSL = (1234 << 16) | 5679;
const GSSENC = (1234 << 16) | 5680;

/**
 * Reads one whole packet, length word included. Throws WireError: on a length that is not the packet's, a protocol
 * other than 3.x (`ERR_WIRE_VERSION`), a parameter given twice, text that is not UTF-8, or a terminator that is missing
 * or not the last byte. It does not require a `user`: that is the server role's business.
 */
export function parseStartupPacket(bytes: Buffer): StartupPacket {
  if (bytes.length < LENGTH_BYTES + CODE_BYTES || bytes.readInt32BE(0) !== bytes.length) {
    throw fail('ERR_WIRE_LENGTH', `a startup packet of ${bytes.length} bytes declares another length`);
  }
  const form = { name: 'startup packet', source: 'downstream' } as const;
  const reader = new MessageReader(bytes, { start: LENGTH_BYTES, end: bytes.length }, form, 0);
  const code = reader.int32();
  if (code === CANCEL) return readCancel(reader);
  if (code === SSL || code === GSSENC) {
    reader.finish();
    return { kind: code === SSL ? 'ssl' : 'gssenc' };
  }
  const major = code >>> 16;
  const minor = code & 0xffff;
  if (major !== MAJOR) {
    throw fail('ERR_WIRE_VERSION', `protocol ${major}.${minor} is not supported, only 3.x is`);
  }
  return { kind: 'startup', major, minor, parameters: readParameters(reader) };
}

function readCancel(reader: MessageReader): CancelRequest {
  const processId = reader.int32();
  return { kind: 'cancel', processId, secretKey: readSecretKey(reader) };
}

/** Name and value pairs until an empty name, which must be the packet's last byte. */
function readParameters(reader: MessageReader): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (let name = reader.cstring(); name !== ''; name = reader.cstring()) {
    if (parameters.has(name)) throw reader.error('ERR_WIRE_DUPLICATE', 'has a parameter twice');
    parameters.set(name, reader.cstring());
  }
  reader.finish();
  return parameters;
}

/** What {@link encodeStartup} sends. */
export interface StartupRequest {
  /** Minor version of protocol 3; 0 if absent. */
  readonly minor?: number;
  readonly parameters: Iterable<readonly [name: string, value: string]>;
}

/** Writes a StartupMessage. Throws WireError on an empty name, which would end the list early. */
export function encodeStartup(request: StartupRequest): Buffer {
  const writer = new MessageWriter().uint16(MAJOR).uint16(request.minor ?? 0);
  for (const [name, value] of request.parameters) {
    if (name === '') throw fail('ERR_WIRE_VALUE', 'a startup parameter needs a name', 'internal');
    writer.cstring(name).cstring(value);
  }
  return writer.uint8(0).finish();
}

/** Writes a CancelRequest. */
export function encodeCancelRequest(processId: number, secretKey: Uint8Array): Buffer {
  const writer = new MessageWriter().int32(CANCEL).int32(processId);
  writeSecretKey(writer, secretKey);
  return writer.finish();
}

/** Writes an SSLRequest; the server answers with one byte, `S` or `N`. */
export function encodeSslRequest(): Buffer {
  return new MessageWriter().int32(SSL).finish();
}

function fail(
  code: WireErrorCode,
  message: string,
  source: 'downstream' | 'internal' = 'downstream',
): WireError {
  return new WireError(code, message, { source, offset: 0 });
}
