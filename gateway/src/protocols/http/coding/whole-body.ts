/**
 * The coding of a body undone that is there as a whole, where every reader undoes it alike. What readers disagree about is refused: a
 * service could otherwise be asked for something else than was judged.
 */
import { brotliDecompress, crc32, inflate, inflateRaw, type ZlibOptions, zstdDecompress } from 'node:zlib';
import { type Reading, read, unread } from '../../../documents/reading.ts';
import { type Coding, ZSTD_OPTIONS } from './codings.ts';

const LONGER = 'a body that expands to more than is looked at';
const BROKEN = 'a body that is not in the content coding that it names';
const BEHIND = 'a body with something behind its end, which some services read and others do not';
const TWOFOLD = 'a body in a form of its content coding that not every service reads alike';

/**
 * Undoes one coding. Never rejects; no more than `mostBytes` and a piece of 16 KiB are decoded.
 * @param mostBytes of what comes out
 */
export function decodeWhole(coding: Coding, body: Buffer, mostBytes: number): Promise<Reading<Buffer>> {
  switch (coding) {
    case 'gzip':
      return decodeGzip(body, mostBytes);
    case 'deflate':
      return decodeDeflate(body, mostBytes);
    case 'br':
      return exactly(brotliDecompress as Decompress, body, mostBytes);
    case 'zstd':
      return decodeZstd(body, mostBytes);
  }
}

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b, 8]);
const GZIP_HEADER_BYTES = 10;
const GZIP_TRAILER_BYTES = 8;
const FLAG_TEXT = 1;
const FLAG_NAME = 8;

/**
 * One member (RFC 1952). Of several some services read the first alone, and what stands behind some ignore. By hand, because zlib
 * goes on by itself where another member follows, and does not tell.
 */
async function decodeGzip(body: Buffer, mostBytes: number): Promise<Reading<Buffer>> {
  const flags = body[3] ?? 0;
  if (body.length < GZIP_HEADER_BYTES + GZIP_TRAILER_BYTES || !body.subarray(0, 3).equals(GZIP_MAGIC)) {
    return unread(BROKEN);
  }
  // Extra fields, comments and checksums of headers are what no client sends and some services cannot read.
  if ((flags & ~(FLAG_TEXT | FLAG_NAME)) !== 0) return unread(TWOFOLD);
  const nameEnd = (flags & FLAG_NAME) === 0 ? GZIP_HEADER_BYTES - 1 : body.indexOf(0, GZIP_HEADER_BYTES);
  if (nameEnd === -1) return unread(BROKEN);
  const start = nameEnd + 1;
  const member = await decompress(inflateRaw as Decompress, body.subarray(start), mostBytes);
  if (typeof member === 'string') return unread(member);
  const trailer = start + member.consumed;
  if (body.length < trailer + GZIP_TRAILER_BYTES) return unread(BROKEN);
  if (body.length > trailer + GZIP_TRAILER_BYTES) return unread(BEHIND);
  const isIntact =
    body.readUInt32LE(trailer) === crc32(member.bytes) &&
    body.readUInt32LE(trailer + 4) === member.bytes.length % 2 ** 32;
  return isIntact ? read(member.bytes) : unread(BROKEN);
}

const ZLIB_METHOD_AND_WINDOW = 0x78;
const FLAG_DICTIONARY = 0x20;

/** The zlib format (RFC 1950), which `deflate` means. Some services take it for bare DEFLATE first: nothing may be both. */
async function decodeDeflate(body: Buffer, mostBytes: number): Promise<Reading<Buffer>> {
  if (body[0] !== ZLIB_METHOD_AND_WINDOW || ((body[1] ?? 0) & FLAG_DICTIONARY) !== 0) return unread(TWOFOLD);
  const bare = await decompress(inflateRaw as Decompress, body, mostBytes);
  if (bare !== BROKEN) return unread(TWOFOLD);
  return exactly(inflate as Decompress, body, mostBytes);
}

const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** One frame (RFC 8878 section 3.1): of several, and of frames to skip, some services read the first alone. */
async function decodeZstd(body: Buffer, mostBytes: number): Promise<Reading<Buffer>> {
  if (!body.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC)) return unread(BROKEN);
  return exactly(zstdDecompress as Decompress, body, mostBytes, ZSTD_OPTIONS);
}

async function exactly(
  engine: Decompress,
  body: Buffer,
  mostBytes: number,
  options: object = {},
): Promise<Reading<Buffer>> {
  const decoded = await decompress(engine, body, mostBytes, options);
  if (typeof decoded === 'string') return unread(decoded);
  return decoded.consumed === body.length ? read(decoded.bytes) : unread(BEHIND);
}

/** What Node's own functions answer with the option `info`, which its types do not say. */
interface WithInfo {
  readonly buffer: Buffer;
  /** `bytesWritten`: to the engine, as far as it took them. */
  readonly engine: { readonly bytesWritten: number };
}

type Decompress = (
  body: Buffer,
  options: ZlibOptions & { readonly info: true },
  done: (error: (Error & { readonly code?: string }) | null, result: unknown) => void,
) => void;

interface Decompressed {
  readonly bytes: Buffer;
  readonly consumed: number;
}

function decompress(
  engine: Decompress,
  body: Buffer,
  mostBytes: number,
  options: object = {},
): Promise<Decompressed | string> {
  return new Promise((resolve) => {
    // It wants at least one byte.
    const maxOutputLength = Math.max(1, mostBytes);
    engine(body, { ...options, maxOutputLength, info: true }, (error, result) => {
      if (error !== null) {
        resolve(error.code === 'ERR_BUFFER_TOO_LARGE' ? LONGER : BROKEN);
        return;
      }
      const { buffer, engine: used } = result as WithInfo;
      resolve(buffer.length > mostBytes ? LONGER : { bytes: buffer, consumed: used.bytesWritten });
    });
  });
}
