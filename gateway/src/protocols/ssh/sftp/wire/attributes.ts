import { SftpWireError } from './errors.ts';
import type { Field, FieldReader } from './fields.ts';
import { ATTRIBUTE } from './numbers.ts';

/** Attributes of a file (section 5), as far as they are told or asked for. */
export interface Attributes {
  readonly size?: number;
  readonly owner?: { readonly user: number; readonly group: number };
  /** Type and permission bits of POSIX. */
  readonly permissions?: number;
  /** Seconds since the epoch, of 32 bits. */
  readonly times?: { readonly accessed: number; readonly modified: number };
}

const KNOWN = ATTRIBUTE.SIZE + ATTRIBUTE.OWNER + ATTRIBUTE.PERMISSIONS + ATTRIBUTE.TIMES + ATTRIBUTE.EXTENDED;

/** A server may tell more than is passed on. */
const MOST_EXTENDED = 64;
const MOST_EXTENDED_BYTES = 4096;

/**
 * Reads attributes. Extended ones are read over.
 * @param strict refuses them: nobody judges what they would set
 */
export function readAttributes(reader: FieldReader, strict: boolean): Attributes {
  const flags = reader.uint32();
  if ((flags & ~KNOWN) !== 0 || (strict && (flags & ATTRIBUTE.EXTENDED) !== 0)) {
    throw new SftpWireError('ERR_SFTP_MESSAGE', `attributes of an unknown kind, flags ${flags}`);
  }
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const attributes: Attributes = {
    ...(has(ATTRIBUTE.SIZE) ? { size: reader.uint64() } : {}),
    ...(has(ATTRIBUTE.OWNER) ? { owner: { user: reader.uint32(), group: reader.uint32() } } : {}),
    ...(has(ATTRIBUTE.PERMISSIONS) ? { permissions: reader.uint32() } : {}),
    ...(has(ATTRIBUTE.TIMES) ? { times: { accessed: reader.uint32(), modified: reader.uint32() } } : {}),
  };
  if (has(ATTRIBUTE.EXTENDED)) {
    const count = reader.uint32();
    if (count > MOST_EXTENDED) throw new SftpWireError('ERR_SFTP_MESSAGE', `${count} extended attributes`);
    for (let index = 0; index < count; index += 1) {
      reader.bytes(MOST_EXTENDED_BYTES);
      reader.bytes(MOST_EXTENDED_BYTES);
    }
  }
  return attributes;
}

/** Attributes as fields of a message. */
export function attributeFields({ size, owner, permissions, times }: Attributes): readonly Field[] {
  const flags =
    (size === undefined ? 0 : ATTRIBUTE.SIZE) +
    (owner === undefined ? 0 : ATTRIBUTE.OWNER) +
    (permissions === undefined ? 0 : ATTRIBUTE.PERMISSIONS) +
    (times === undefined ? 0 : ATTRIBUTE.TIMES);
  return [
    { uint32: flags },
    ...(size === undefined ? [] : [{ uint64: size }]),
    ...(owner === undefined ? [] : [{ uint32: owner.user }, { uint32: owner.group }]),
    ...(permissions === undefined ? [] : [{ uint32: permissions }]),
    ...(times === undefined ? [] : [{ uint32: times.accessed }, { uint32: times.modified }]),
  ];
}

/** What a file is, by the bits of POSIX. */
export type FileType = 'file' | 'folder' | 'link' | 'special' | 'unknown';

const TYPE_BITS = 0o170000;

/** By its permissions; `unknown` where a server does not tell. */
export function fileTypeOf({ permissions }: Attributes): FileType {
  if (permissions === undefined) return 'unknown';
  switch (permissions & TYPE_BITS) {
    case 0o100000:
      return 'file';
    case 0o040000:
      return 'folder';
    case 0o120000:
      return 'link';
    case 0:
      return 'unknown';
    default:
      return 'special';
  }
}
