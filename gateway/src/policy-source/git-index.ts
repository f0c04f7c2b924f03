/** One file as git's index has it. */
export interface GitIndexEntry {
  /** Relative to the top of the working tree, with `/`. */
  readonly path: string;
  /** Object id of the content, hex. */
  readonly id: string;
}

const SIGNATURE = 0x44495243;
const HEADER_BYTES = 12;
const STAT_BYTES = 40;
const EXTENDED = 0x4000;

/**
 * Reads the entries of a git index, versions 2 to 4 (gitformat-index), for ids of 20 or 32 bytes. Undefined when the bytes
 * are none or are cut short.
 */
export function parseGitIndex(bytes: Uint8Array, idBytes: 20 | 32): readonly GitIndexEntry[] | undefined {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const version = view.getUint32(4);
    if (view.getUint32(0) !== SIGNATURE || version < 2 || version > 4) {
      return undefined;
    }
    return readEntries(bytes, view, { version, idBytes });
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

function readEntries(
  bytes: Uint8Array,
  view: DataView,
  format: { readonly version: number; readonly idBytes: number },
): readonly GitIndexEntry[] {
  const entries: GitIndexEntry[] = [];
  const count = view.getUint32(8);
  let at = HEADER_BYTES;
  let previous: Uint8Array = new Uint8Array();
  for (let index = 0; index < count; index++) {
    const start = at;
    const idEnd = start + STAT_BYTES + format.idBytes;
    const isExtended = (view.getUint16(idEnd) & EXTENDED) !== 0;
    const name = readName(bytes, view, {
      at: idEnd + (isExtended ? 4 : 2),
      version: format.version,
      previous,
    });
    const length = name.end - start;
    at = format.version === 4 ? name.end : start + Math.ceil(length / 8) * 8;
    previous = name.path;
    const id = Buffer.from(bytes.subarray(start + STAT_BYTES, idEnd)).toString('hex');
    entries.push({ path: new TextDecoder().decode(name.path), id });
  }
  return entries;
}

interface ReadName {
  readonly path: Uint8Array;
  /** Just past the NUL. */
  readonly end: number;
}

/** A name ends with NUL; in version 4 it begins with how much of the name before it to drop (offset-encoded varint). */
function readName(
  bytes: Uint8Array,
  view: DataView,
  place: { readonly at: number; readonly version: number; readonly previous: Uint8Array },
): ReadName {
  const { previous, version } = place;
  let at = place.at;
  let kept: Uint8Array = new Uint8Array();
  if (version === 4) {
    let byte = view.getUint8(at++);
    let dropped = byte & 0x7f;
    while ((byte & 0x80) !== 0) {
      byte = view.getUint8(at++);
      dropped = (dropped + 1) * 128 + (byte & 0x7f);
    }
    kept = previous.subarray(0, previous.length - dropped);
  }
  const end = bytes.indexOf(0, at);
  if (end === -1) {
    throw new RangeError('name without end');
  }
  return { path: Buffer.concat([kept, bytes.subarray(at, end)]), end: end + 1 };
}
