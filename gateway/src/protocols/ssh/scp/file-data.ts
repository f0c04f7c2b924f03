/** Bytes of an open file, many requests under way, counted, hashed and bounded as those of sftp are. */
import { outcomeOf } from '../sftp/carry-out.ts';
import type { FileWork } from '../sftp/file-work.ts';
import type { OpenFile } from '../sftp/open-file.ts';
import { DataFailed, readData } from '../sftp/read-data.ts';
import { writePacket } from '../sftp/wire/fields.ts';
import { STATUS, TYPE } from '../sftp/wire/numbers.ts';
import { readReply } from '../sftp/wire/replies.ts';

/** One piece: every server takes as much. */
const PIECE_BYTES = 32 * 1024;
const MOST_PIECES = 32;

/** Writes a file from its beginning on. */
export class FileWriter {
  readonly #work: FileWork;
  readonly #file: OpenFile;
  #offset = 0;
  #pending = 0;
  #failed: number | undefined;
  #wake: (() => void) | undefined;

  constructor(work: FileWork, file: OpenFile) {
    this.#work = work;
    this.#file = file;
  }

  /** Sends bytes. Rejects with SshError where they may not be sent, and with DataFailed where the machine refused some. */
  async write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      while (this.#pending >= MOST_PIECES) await this.#change();
      this.#check();
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      const stopped = this.#file.stopped() ?? this.#file.takeWrite(piece, this.#offset);
      if (stopped !== undefined) throw stopped;
      this.#send(piece);
    }
    await this.#work.server.ready();
  }

  /** Resolves when all is written. Rejects with DataFailed. */
  async end(): Promise<void> {
    while (this.#pending > 0) await this.#change();
    this.#check();
  }

  #send(piece: Buffer): void {
    const { remote, permit } = this.#file;
    const packet = writePacket(TYPE.WRITE, 0, [remote, { uint64: this.#offset }, piece]);
    this.#offset += piece.length;
    this.#pending += 1;
    this.#work.server.send(
      permit,
      packet,
      (reply) => {
        const code = reply === undefined ? STATUS.FAILURE : codeOf(reply);
        if (code !== STATUS.OK) {
          this.#file.writeFailed();
          this.#failed ??= code;
        }
        this.#pending -= 1;
        this.#wake?.();
      },
      true,
    );
  }

  #check(): void {
    if (this.#failed !== undefined) throw new DataFailed(this.#failed);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function codeOf(reply: Buffer): number {
  try {
    const read = readReply(reply);
    return read.kind === 'status' ? read.code : STATUS.FAILURE;
  } catch {
    return STATUS.FAILURE;
  }
}

/**
 * Reads `size` bytes of a file from its beginning on, and hands them out in order. Rejects with SshError where they may not be read,
 * with DataFailed where there are fewer.
 */
export async function readFile(
  work: FileWork,
  file: OpenFile,
  { size, take }: { readonly size: number; readonly take: (data: Buffer) => Promise<void> },
): Promise<void> {
  const pieces: Promise<Buffer>[] = [];
  let asked = 0;
  let taken = 0;
  while (taken < size) {
    while (asked < size && pieces.length < MOST_PIECES) {
      const piece = readPiece(work, file, asked, Math.min(PIECE_BYTES, size - asked));
      // It is looked at in its turn.
      piece.catch(() => undefined);
      pieces.push(piece);
      asked += PIECE_BYTES;
    }
    const data = await pieces.shift();
    if (data === undefined) return;
    const stopped = file.stopped() ?? file.takeRead(data, taken);
    if (stopped !== undefined) throw stopped;
    taken += data.length;
    await take(data);
  }
  file.endSeen();
}

/** One piece whole, in as many answers as the machine makes of it. */
async function readPiece(work: FileWork, file: OpenFile, offset: number, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let at = 0;
  while (at < length) {
    const data = await readData(work.server, file, offset + at, length - at);
    parts.push(data);
    at += data.length;
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

/** Closes a file, and puts it on record. */
export async function closeFile(work: FileWork, file: OpenFile): Promise<void> {
  try {
    const reply = await work.server.ask(file.permit, TYPE.CLOSE, [file.remote]);
    file.settle(outcomeOf(reply).status);
    if (reply.kind === 'status' && reply.code !== STATUS.OK) throw new DataFailed(reply.code);
  } finally {
    file.settle('error');
  }
}
