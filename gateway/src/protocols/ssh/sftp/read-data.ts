/** Pieces of a file, read for whoever may have them: with what stands around them, where contents are looked through. */
import { SshUpstreamError } from '../upstream/errors.ts';
import type { FileServer } from './file-server.ts';
import type { OpenFile } from './open-file.ts';
import { writePacket } from './wire/fields.ts';
import { STATUS, TYPE } from './wire/numbers.ts';
import { dataAt, readReply } from './wire/replies.ts';

/** Longest value that is seen wherever pieces meet. */
export const AROUND_BYTES: number = 8 * 1024;
/** Longest piece that is looked through at once. */
const MOST_SCANNED_BYTES = 128 * 1024;

/** The machine refused a piece of data. */
export class DataFailed extends Error {
  readonly code: number;

  constructor(code: number) {
    super('the machine refused data');
    this.code = code;
  }
}

/**
 * Bytes of a file from `offset` on, at least one and `length` at most. Rejects with DataFailed, whose code is EOF behind the end; with
 * SshError where something was found in or across them that must not leave.
 */
export function readData(
  server: FileServer,
  file: OpenFile,
  offset: number,
  length: number,
): Promise<Buffer> {
  return file.isScanned ? readScanned(server, file, offset, length) : readOnce(server, file, offset, length);
}

/** No part of a value is handed out before the whole of it was seen. */
async function readScanned(
  server: FileServer,
  file: OpenFile,
  offset: number,
  length: number,
): Promise<Buffer> {
  const from = Math.max(0, offset - AROUND_BYTES);
  const wanted = Math.min(length, MOST_SCANNED_BYTES);
  const until = offset + wanted + AROUND_BYTES;
  const parts: Buffer[] = [];
  let at = from;
  while (at < until) {
    const data = await readOnce(server, file, at, Math.min(until - at, MOST_SCANNED_BYTES)).catch(
      (error: unknown) => {
        if (error instanceof DataFailed && error.code === STATUS.EOF) return undefined;
        throw error;
      },
    );
    if (data === undefined) break;
    parts.push(data);
    at += data.length;
  }
  const start = offset - from;
  const window = Buffer.concat(parts);
  const end = Math.min(window.length, start + wanted);
  if (end <= start) throw new DataFailed(STATUS.EOF);
  const found = file.scan(window, start, end);
  if (found !== undefined) throw found;
  return window.subarray(start, end);
}

function readOnce(server: FileServer, file: OpenFile, offset: number, length: number): Promise<Buffer> {
  const packet = writePacket(TYPE.READ, 0, [file.remote, { uint64: offset }, { uint32: length }]);
  return new Promise((resolve, reject) => {
    server.send(
      file.permit,
      packet,
      (reply) => {
        try {
          resolve(dataOf(reply, length));
        } catch (error) {
          reject(error instanceof Error ? error : new DataFailed(STATUS.FAILURE));
        }
      },
      true,
    );
  });
}

function dataOf(reply: Buffer | undefined, most: number): Buffer {
  if (reply === undefined) {
    throw new SshUpstreamError('ERR_SSH_UPSTREAM_PROTOCOL', 'the file server ended');
  }
  if (reply.readUInt8(4) === TYPE.DATA) {
    const data = reply.subarray(dataAt(reply));
    // None would go on for ever.
    if (data.length > 0 && data.length <= most) return data;
    throw new DataFailed(STATUS.FAILURE);
  }
  const read = readReply(reply);
  throw new DataFailed(read.kind === 'status' ? read.code : STATUS.FAILURE);
}
