import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { auditError, causeText } from './errors.ts';
import { MAX_LINE_BYTES } from './record.ts';

const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** A run of complete lines of a file, or its incomplete end. */
export interface LineChunk {
  /** Whole lines, each ended by a newline; without one when `torn`. Valid until the next chunk is asked for. */
  readonly bytes: Buffer;
  /** Offset of the first byte in the file. */
  readonly offset: number;
  /** What follows the last newline of the file. */
  readonly torn: boolean;
}

/** One line without its newline, and where it is. */
export interface Line {
  readonly bytes: Buffer;
  /** From 1. */
  readonly number: number;
  /** Offset of its first byte in the file. */
  readonly offset: number;
  readonly torn: boolean;
}

/**
 * Reads a file as runs of complete lines, in memory of one run.
 * @param limit stop after this many bytes of the file
 * @throws AuditError `ERR_AUDIT_UNREADABLE`, or `ERR_AUDIT_BROKEN` for a line over {@link MAX_LINE_BYTES}
 */
export async function* readChunks(
  path: string,
  limit: number = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<LineChunk> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw auditError('ERR_AUDIT_UNREADABLE', `cannot open ${path}: ${causeText(cause)}`, cause);
  });
  try {
    let buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    let held = 0;
    let offset = 0;
    for (;;) {
      if (held === buffer.length) buffer = grown(buffer, held, path, offset);
      const room = Math.min(buffer.length - held, limit - offset - held);
      const { bytesRead } = await file.read(buffer, held, Math.max(0, room), offset + held);
      if (bytesRead === 0) break;
      held += bytesRead;
      const end = buffer.lastIndexOf(NEWLINE, held - 1) + 1;
      if (end === 0) continue;
      yield { bytes: buffer.subarray(0, end), offset, torn: false };
      buffer.copyWithin(0, end, held);
      held -= end;
      offset += end;
    }
    if (held > 0) yield { bytes: buffer.subarray(0, held), offset, torn: true };
  } finally {
    await file.close();
  }
}

function grown(buffer: Buffer, held: number, path: string, offset: number): Buffer<ArrayBuffer> {
  if (held >= MAX_LINE_BYTES) {
    throw auditError('ERR_AUDIT_BROKEN', `${path} has a line over ${MAX_LINE_BYTES} bytes at byte ${offset}`);
  }
  const next = Buffer.allocUnsafeSlow(held * 2);
  buffer.copy(next, 0, 0, held);
  return next;
}

/** The lines of a chunk. @param firstNumber number of its first line */
export function* linesOf(chunk: LineChunk, firstNumber: number): Generator<Line> {
  const { bytes, torn } = chunk;
  let start = 0;
  let number = firstNumber;
  while (start < bytes.length) {
    const end = torn ? bytes.length : bytes.indexOf(NEWLINE, start);
    yield { bytes: bytes.subarray(start, end), number, offset: chunk.offset + start, torn };
    start = end + 1;
    number += 1;
  }
}

/** The end of a file of lines. */
export interface FileEnd {
  /** The last complete line, without its newline. */
  readonly last: Buffer | undefined;
  /** Size of the file up to and with its last newline. */
  readonly completeBytes: number;
  /** Size of the file. */
  readonly bytes: number;
}

/**
 * Reads the last complete line from the end of the file; a file that does not exist is empty.
 * @param limit take the file to end after this many bytes
 */
export function readLastLine(path: string, limit: number = Number.MAX_SAFE_INTEGER): FileEnd {
  const fd = openIfThere(path);
  if (fd === undefined) return { last: undefined, completeBytes: 0, bytes: 0 };
  try {
    const bytes = Math.min(limit, fstatSync(fd).size);
    for (let span = 64 * 1024; ; span *= 4) {
      const from = Math.max(0, bytes - span);
      const tail = Buffer.alloc(bytes - from);
      const read = readSync(fd, tail, 0, tail.length, from);
      const end = tail.subarray(0, read).lastIndexOf(NEWLINE);
      const start = end <= 0 ? -1 : tail.lastIndexOf(NEWLINE, end - 1);
      if (end >= 0 && (start >= 0 || from === 0)) {
        return { last: tail.subarray(start + 1, end), completeBytes: from + end + 1, bytes };
      }
      if (from === 0) return { last: undefined, completeBytes: 0, bytes };
      if (span > MAX_LINE_BYTES) {
        throw auditError('ERR_AUDIT_BROKEN', `${path} ends in a line over ${MAX_LINE_BYTES} bytes`);
      }
    }
  } finally {
    closeSync(fd);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw auditError('ERR_AUDIT_UNREADABLE', `cannot open ${path}: ${causeText(cause)}`, cause);
  }
}
