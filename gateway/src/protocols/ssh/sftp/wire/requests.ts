import { type Attributes, readAttributes } from './attributes.ts';
import { SftpWireError } from './errors.ts';
import { FieldReader } from './fields.ts';
import { MOST_DATA_BYTES, OPEN, TYPE } from './numbers.ts';

/** A request of a client, but for READ and WRITE of data, which are looked at in place. */
export type SftpRequest =
  | {
      readonly kind: 'open';
      readonly path: string;
      readonly flags: number;
      readonly attributes: Attributes;
    }
  | { readonly kind: 'close' | 'fstat' | 'readdir' | 'fstatvfs' | 'fsync'; readonly handle: Buffer }
  | { readonly kind: 'fsetstat'; readonly handle: Buffer; readonly attributes: Attributes }
  | {
      readonly kind: 'setstat' | 'mkdir' | 'lsetstat';
      readonly path: string;
      readonly attributes: Attributes;
    }
  | { readonly kind: PathKind; readonly path: string }
  | { readonly kind: 'rename' | 'posix-rename' | 'link'; readonly from: string; readonly to: string }
  | { readonly kind: 'symlink'; readonly first: string; readonly second: string }
  | { readonly kind: 'limits' }
  /** Known to be unknown: it is answered, not sent. */
  | { readonly kind: 'unsupported'; readonly name: string };

type PathKind =
  | 'lstat'
  | 'stat'
  | 'opendir'
  | 'remove'
  | 'rmdir'
  | 'realpath'
  | 'readlink'
  | 'statvfs'
  | 'expand-path';

const PATH_KINDS: ReadonlyMap<number, PathKind> = new Map([
  [TYPE.LSTAT, 'lstat'],
  [TYPE.STAT, 'stat'],
  [TYPE.OPENDIR, 'opendir'],
  [TYPE.REMOVE, 'remove'],
  [TYPE.RMDIR, 'rmdir'],
  [TYPE.REALPATH, 'realpath'],
  [TYPE.READLINK, 'readlink'],
]);

const KNOWN_FLAGS = OPEN.READ | OPEN.WRITE | OPEN.APPEND | OPEN.CREAT | OPEN.TRUNC | OPEN.EXCL;

const MOST_NAME_BYTES = 256;

/**
 * Reads a request whole: what is left over is refused.
 * @throws SftpWireError when its fields are not what its type has
 */
export function readRequest(packet: Buffer): SftpRequest {
  const reader = new FieldReader(packet);
  const request = readFields(packet.readUInt8(4), reader);
  if (request.kind !== 'unsupported') reader.end();
  return request;
}

function readFields(type: number, reader: FieldReader): SftpRequest {
  const pathKind = PATH_KINDS.get(type);
  if (pathKind !== undefined) return { kind: pathKind, path: reader.path() };
  switch (type) {
    case TYPE.OPEN:
      return readOpen(reader);
    case TYPE.CLOSE:
      return { kind: 'close', handle: reader.handle() };
    case TYPE.FSTAT:
      return { kind: 'fstat', handle: reader.handle() };
    case TYPE.READDIR:
      return { kind: 'readdir', handle: reader.handle() };
    case TYPE.FSETSTAT:
      return { kind: 'fsetstat', handle: reader.handle(), attributes: readAttributes(reader, true) };
    case TYPE.SETSTAT:
      return { kind: 'setstat', path: reader.path(), attributes: readAttributes(reader, true) };
    case TYPE.MKDIR:
      return { kind: 'mkdir', path: reader.path(), attributes: readAttributes(reader, true) };
    case TYPE.RENAME:
      return { kind: 'rename', from: reader.path(), to: reader.path() };
    case TYPE.SYMLINK:
      return { kind: 'symlink', first: reader.path(), second: reader.path() };
    case TYPE.EXTENDED:
      return readExtended(reader);
    default:
      return { kind: 'unsupported', name: `type ${type}` };
  }
}

function readOpen(reader: FieldReader): SftpRequest {
  const path = reader.path();
  const flags = reader.uint32();
  if ((flags & ~KNOWN_FLAGS) !== 0) {
    throw new SftpWireError('ERR_SFTP_MESSAGE', `unknown flags ${flags} to open a file`);
  }
  return { kind: 'open', path, flags, attributes: readAttributes(reader, true) };
}

/** Extensions of OpenSSH (its file PROTOCOL, section 4) that are served. */
function readExtended(reader: FieldReader): SftpRequest {
  const name = reader.bytes(MOST_NAME_BYTES).toString('latin1');
  switch (name) {
    case 'posix-rename@openssh.com':
      return { kind: 'posix-rename', from: reader.path(), to: reader.path() };
    case 'hardlink@openssh.com':
      return { kind: 'link', from: reader.path(), to: reader.path() };
    case 'statvfs@openssh.com':
      return { kind: 'statvfs', path: reader.path() };
    case 'fstatvfs@openssh.com':
      return { kind: 'fstatvfs', handle: reader.handle() };
    case 'fsync@openssh.com':
      return { kind: 'fsync', handle: reader.handle() };
    case 'lsetstat@openssh.com':
      return { kind: 'lsetstat', path: reader.path(), attributes: readAttributes(reader, true) };
    case 'expand-path@openssh.com':
      return { kind: 'expand-path', path: reader.path() };
    case 'limits@openssh.com':
      return { kind: 'limits' };
    default:
      return { kind: 'unsupported', name: name.replace(/[^\x21-\x7e]/g, '?').slice(0, 64) };
  }
}

/** A READ or WRITE (sections 6.4): where its handle, offset and data stand in the packet. */
export interface DataRequest {
  readonly handle: Buffer;
  readonly offset: number;
  /** Bytes that are asked for, or that are sent. */
  readonly length: number;
  /** Where the data begins, in a WRITE; where the length stands, in a READ. */
  readonly at: number;
}

/** Looks at a READ or WRITE without taking it apart. @throws SftpWireError */
export function readDataRequest(packet: Buffer): DataRequest {
  const isWrite = packet.readUInt8(4) === TYPE.WRITE;
  const reader = new FieldReader(packet);
  const handle = reader.handle();
  const offset = reader.uint64();
  const length = reader.uint32();
  const at = packet.length - reader.left;
  if (isWrite ? reader.left !== length : reader.left !== 0) {
    throw new SftpWireError('ERR_SFTP_MESSAGE', 'data of another length than is said');
  }
  if (isWrite && length > MOST_DATA_BYTES) {
    throw new SftpWireError('ERR_SFTP_MESSAGE', `${length} bytes in one write`);
  }
  return { handle, offset, length, at: isWrite ? at : at - 4 };
}
