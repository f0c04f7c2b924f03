import fs from 'node:fs';

/**
 * The calls by which recordings change the disk; tests put failing ones in their place. Small writes are synchronous:
 * into the page cache one costs a few microseconds, a tenth of the way through the thread pool. Large ones, by which a
 * slow disk could hold up everybody, are not.
 */
export interface RecordingFiles {
  /** Opens for appending; `ax` makes a new file and fails when it exists. */
  open(path: string, flags: 'ax' | 'a', mode: number): number;
  /** Bytes of an open file. */
  size(fd: number): number;
  /** Answers how many bytes were written, which may be less than asked. */
  write(fd: number, bytes: Uint8Array, offset: number): number;
  /** Likewise, of several buffers in order. */
  writeMany(fd: number, parts: readonly Buffer[]): Promise<number>;
  /** `fdatasync`. */
  sync(fd: number): Promise<void>;
  truncate(path: string, bytes: number): void;
  close(fd: number): void;
  makeFolder(path: string): void;
  /** Makes an empty file, whether or not it is there. */
  touch(path: string): void;
  /** Removes a file, whether or not it is there. */
  remove(path: string): void;
  /** Makes new names in a folder durable. */
  syncFolder(path: string): Promise<void>;
}

/** The real disk. */
export const diskFiles: RecordingFiles = {
  open: (path, flags, mode) => fs.openSync(path, flags, mode),
  size: (fd) => fs.fstatSync(fd).size,
  write: (fd, bytes, offset) => fs.writeSync(fd, bytes, offset, bytes.length - offset),
  writeMany: (fd, parts) =>
    new Promise((resolve, reject) => {
      fs.writev(fd, parts, (error, count) => (error === null ? resolve(count) : reject(error)));
    }),
  sync: (fd) =>
    new Promise((resolve, reject) => {
      fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
    }),
  truncate: (path, bytes) => fs.truncateSync(path, bytes),
  close: (fd) => fs.closeSync(fd),
  makeFolder: (path) => void fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  touch: (path) => fs.writeFileSync(path, '', { mode: 0o600 }),
  remove: (path) => fs.rmSync(path, { force: true }),
  async syncFolder(path) {
    // Windows cannot open a folder; NTFS journals the name by itself.
    if (process.platform === 'win32') return;
    const folder = await fs.promises.open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

/** Writes all parts without waiting. @throws what the disk throws, or an error when it takes no more */
export function writeAll(files: RecordingFiles, fd: number, parts: readonly Buffer[]): void {
  for (const part of parts) {
    let written = 0;
    while (written < part.length) {
      const count = files.write(fd, part, written);
      if (count <= 0) throw new Error(`the disk took ${written} of ${part.length} bytes`);
      written += count;
    }
  }
}

/** Writes all parts by way of the thread pool. Rejects likewise. */
export async function writeAllLater(
  files: RecordingFiles,
  fd: number,
  parts: readonly Buffer[],
): Promise<void> {
  let left = parts;
  while (left.length > 0) {
    const count = await files.writeMany(fd, left);
    if (count <= 0) throw new Error('the disk takes no more bytes');
    left = withoutFirst(left, count);
  }
}

function withoutFirst(parts: readonly Buffer[], count: number): readonly Buffer[] {
  let skip = count;
  for (const [index, part] of parts.entries()) {
    if (skip < part.length) return [part.subarray(skip), ...parts.slice(index + 1)];
    skip -= part.length;
  }
  return [];
}
