import { dirname } from 'node:path';
import type { Batch } from './frame-buffer.ts';
import { type RecordingFiles, writeAll, writeAllLater } from './recording-files.ts';

/** A file whose descriptor may be closed and opened again between two writes. */
export interface LentFile {
  readonly path: string;
  /** Bytes written in full. */
  readonly size: number;
  /** A write or sync is under way: the descriptor must stay. */
  readonly isBusy: boolean;
}

/** Keeps the number of open descriptors down: the one that was used least lately is closed. */
export class Descriptors {
  readonly #files: RecordingFiles;
  readonly #most: number;
  /** The least lately used first. */
  readonly #open = new Map<LentFile, number>();

  constructor(files: RecordingFiles, most: number) {
    this.#files = files;
    this.#most = most;
  }

  /** Descriptors that are open now. */
  get count(): number {
    return this.#open.size;
  }

  /** The descriptor of a file, good until the next call. @throws what the disk throws, or when the file was changed */
  use(file: LentFile): number {
    const known = this.#open.get(file);
    if (known !== undefined) {
      this.#open.delete(file);
      this.#open.set(file, known);
      return known;
    }
    this.#makeRoom();
    const fd = this.#files.open(file.path, file.size === 0 ? 'ax' : 'a', 0o600);
    const size = this.#files.size(fd);
    if (size !== file.size) {
      this.#files.close(fd);
      throw new Error(`the file has ${size} bytes where ${file.size} were written: somebody else changed it`);
    }
    this.#open.set(file, fd);
    return fd;
  }

  /** Closes a file's descriptor, if it has one. */
  close(file: LentFile): void {
    const fd = this.#open.get(file);
    if (fd === undefined) return;
    this.#open.delete(file);
    try {
      this.#files.close(fd);
    } catch {
      // Nothing is lost: what a close could report, the write or the sync before has reported.
    }
  }

  #makeRoom(): void {
    if (this.#open.size < this.#most) return;
    for (const file of this.#open.keys()) {
      if (file.isBusy) continue;
      this.close(file);
      return;
    }
  }
}

/** What stands in the file for sure. */
export interface WrittenTo {
  readonly bytes: number;
  readonly frames: number;
  /** Payload of the last seal, hex. */
  readonly chain: string;
}

/** One recording on disk: whole batches, one write at a time. */
export class RecordingFile implements LentFile {
  readonly path: string;
  readonly #files: RecordingFiles;
  readonly #descriptors: Descriptors;
  #written: { bytes: number; frames: number; chain: Buffer } = {
    bytes: 0,
    frames: 0,
    chain: Buffer.alloc(0),
  };
  #busy = 0;
  /** The names of the file and its folder are on the device. */
  #isNamed = false;

  constructor(path: string, files: RecordingFiles, descriptors: Descriptors) {
    this.path = path;
    this.#files = files;
    this.#descriptors = descriptors;
  }

  get size(): number {
    return this.#written.bytes;
  }

  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /** What was written in full. */
  get written(): WrittenTo {
    const { bytes, frames, chain } = this.#written;
    return { bytes, frames, chain: chain.toString('hex') };
  }

  /** Writes now. @throws what the disk throws; nothing of the batch counts then */
  write(batch: Batch): void {
    writeAll(this.#files, this.#descriptors.use(this), batch.parts);
    this.#note(batch);
  }

  /** Writes by way of the thread pool; no other write may begin meanwhile. */
  async writeLater(batch: Batch): Promise<void> {
    const fd = this.#descriptors.use(this);
    this.#busy += 1;
    try {
      await writeAllLater(this.#files, fd, batch.parts);
    } finally {
      this.#busy -= 1;
    }
    this.#note(batch);
  }

  /** Puts what is written on the device, and at first the file's name. */
  async sync(): Promise<void> {
    const fd = this.#descriptors.use(this);
    this.#busy += 1;
    try {
      await this.#files.sync(fd);
      if (this.#isNamed) return;
      const folder = dirname(this.path);
      await this.#files.syncFolder(folder);
      await this.#files.syncFolder(dirname(folder));
      this.#isNamed = true;
    } finally {
      this.#busy -= 1;
    }
  }

  /** After a failed write: takes off what of it is on the disk, as far as the disk lets us. */
  undo(): void {
    try {
      this.#files.truncate(this.path, this.size);
    } catch {
      // A torn end is taken off at the next start.
    }
  }

  close(): void {
    if (!this.isBusy) this.#descriptors.close(this);
  }

  #note(batch: Batch): void {
    const { bytes, frames } = this.#written;
    this.#written = { bytes: bytes + batch.bytes, frames: frames + batch.frames, chain: batch.chain };
  }
}
