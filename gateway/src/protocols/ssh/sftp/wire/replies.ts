import { type Attributes, attributeFields, readAttributes } from './attributes.ts';
import { SftpWireError } from './errors.ts';
import { decodeText, type Field, FieldReader, writePacket } from './fields.ts';
import { MOST_PACKET_BYTES, STATUS, TYPE, VERSION } from './numbers.ts';

/** An entry of a folder. */
export interface NameEntry {
  readonly name: string;
  /** A line as `ls -l` prints it. */
  readonly line: string;
  readonly attributes: Attributes;
}

/** An answer of a server, but for DATA, which is looked at in place. */
export type SftpReply =
  | { readonly kind: 'status'; readonly code: number }
  | { readonly kind: 'handle'; readonly handle: Buffer }
  | { readonly kind: 'names'; readonly entries: readonly NameEntry[]; readonly unreadable: number }
  | { readonly kind: 'attributes'; readonly attributes: Attributes }
  | { readonly kind: 'extended'; readonly body: Buffer };

/** What people read beside a code. The server's own words are not passed on. */
const WORDS: Readonly<Record<number, string>> = {
  [STATUS.OK]: 'Success',
  [STATUS.EOF]: 'End of file',
  [STATUS.NO_SUCH_FILE]: 'No such file',
  [STATUS.PERMISSION_DENIED]: 'Permission denied',
  [STATUS.FAILURE]: 'Failure',
  [STATUS.BAD_MESSAGE]: 'Bad message',
  [STATUS.OP_UNSUPPORTED]: 'Operation unsupported',
};

const MOST_ENTRIES = 10_000;

/** Reads an answer. @throws SftpWireError */
export function readReply(packet: Buffer): SftpReply {
  const reader = new FieldReader(packet);
  switch (packet.readUInt8(4)) {
    case TYPE.STATUS:
      // Servers of version 2 and some of 3 leave the words out.
      return { kind: 'status', code: reader.uint32() };
    case TYPE.HANDLE:
      return { kind: 'handle', handle: Buffer.from(reader.handle()) };
    case TYPE.NAME:
      return readNames(reader);
    case TYPE.ATTRS:
      return { kind: 'attributes', attributes: readAttributes(reader, false) };
    case TYPE.EXTENDED_REPLY:
      return { kind: 'extended', body: Buffer.from(packet.subarray(packet.length - reader.left)) };
    default:
      throw new SftpWireError('ERR_SFTP_MESSAGE', `an answer of type ${packet.readUInt8(4)}`);
  }
}

/** Names that are no UTF-8 are left out and counted: nobody could judge them. */
function readNames(reader: FieldReader): SftpReply {
  const count = reader.uint32();
  if (count > MOST_ENTRIES) throw new SftpWireError('ERR_SFTP_MESSAGE', `${count} names in one answer`);
  const entries: NameEntry[] = [];
  let unreadable = 0;
  for (let index = 0; index < count; index += 1) {
    const name = textOf(reader.bytes(MOST_PACKET_BYTES));
    const line = reader.bytes(MOST_PACKET_BYTES).toString('utf8');
    const attributes = readAttributes(reader, false);
    if (name === undefined) unreadable += 1;
    else entries.push({ name, line, attributes });
  }
  return { kind: 'names', entries, unreadable };
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return decodeText(bytes);
  } catch {
    return undefined;
  }
}

/** Where the data of a DATA message begins. @throws SftpWireError where its length is not that of the message */
export function dataAt(packet: Buffer): number {
  const reader = new FieldReader(packet);
  const length = reader.uint32();
  // RFC drafts of later versions add a flag for the end; version 3 has nothing behind the data.
  if (reader.left !== length)
    throw new SftpWireError('ERR_SFTP_MESSAGE', 'data of another length than is said');
  return packet.length - length;
}

/** STATUS with words of the gateway's. */
export function writeStatus(id: number, code: number, words?: string): Buffer {
  const known = Object.hasOwn(WORDS, code) ? code : STATUS.FAILURE;
  return writePacket(TYPE.STATUS, id, [{ uint32: known }, words ?? WORDS[known] ?? 'Failure', 'en']);
}

/** HANDLE. */
export function writeHandle(id: number, handle: Buffer): Buffer {
  return writePacket(TYPE.HANDLE, id, [handle]);
}

/** ATTRS. */
export function writeAttributes(id: number, attributes: Attributes): Buffer {
  return writePacket(TYPE.ATTRS, id, attributeFields(attributes));
}

/** NAME. */
export function writeNames(id: number, entries: readonly NameEntry[]): Buffer {
  const fields: Field[] = [{ uint32: entries.length }];
  for (const { name, line, attributes } of entries) fields.push(name, line, ...attributeFields(attributes));
  return writePacket(TYPE.NAME, id, fields);
}

/** EXTENDED_REPLY; its body is not a string. */
export function writeExtended(id: number, body: Buffer): Buffer {
  const head = writePacket(TYPE.EXTENDED_REPLY, id, []);
  head.writeUInt32BE(head.length - 4 + body.length, 0);
  return Buffer.concat([head, body]);
}

/** INIT or VERSION; extensions as names and their data. */
export function writeVersion(type: 'INIT' | 'VERSION', extensions: ReadonlyMap<string, string>): Buffer {
  return writePacket(
    TYPE[type],
    VERSION,
    [...extensions].flatMap(([name, data]) => [name, data]),
  );
}

const MOST_EXTENSIONS = 64;
const MOST_EXTENSION_BYTES = 1024;

/** Reads INIT or VERSION. @throws SftpWireError for another message, or a version below 3 */
export function readVersion(packet: Buffer, type: 'INIT' | 'VERSION'): ReadonlyMap<string, string> {
  if (packet.readUInt8(4) !== TYPE[type]) {
    throw new SftpWireError('ERR_SFTP_VERSION', 'the first message is no INIT or VERSION');
  }
  const reader = new FieldReader(packet, 5);
  const version = reader.uint32();
  // A client may know later versions; it gets the lower one (section 4).
  if (version < VERSION || (type === 'VERSION' && version > VERSION)) {
    throw new SftpWireError('ERR_SFTP_VERSION', `version ${version}, only ${VERSION} is spoken`);
  }
  const extensions = new Map<string, string>();
  while (reader.left > 0) {
    if (extensions.size >= MOST_EXTENSIONS)
      throw new SftpWireError('ERR_SFTP_VERSION', 'too many extensions');
    const name = reader.bytes(MOST_EXTENSION_BYTES).toString('latin1');
    extensions.set(name, reader.bytes(MOST_EXTENSION_BYTES).toString('latin1'));
  }
  return extensions;
}
