import fs from 'node:fs';

/**
 * The calls by which the log changes the disk; tests put failing ones in their place.
 *
 * Writes are synchronous on purpose: into the page cache one costs about 2 µs, against 25 to 50 µs of latency and
 * five times the CPU by way of the thread pool. Syncs are asynchronous: they wait for the device.
 */
export interface AuditFiles {
  /** Opens a file; `ax` makes a new one and fails when it exists. */
  open(path: string, flags: 'ax' | 'a' | 'r+', mode: number): number;
  /** Writes at the end, or at `position`; answers the number of bytes written, which may be less than asked. */
  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number | null): number;
  /** `fdatasync`. */
  sync(fd: number): Promise<void>;
  truncate(path: string, length: number): void;
  close(fd: number): void;
  remove(path: string): void;
  /** Makes a new or removed name in the folder durable. */
  syncFolder(path: string): Promise<void>;
}

/** The real disk. */
export const diskFiles: AuditFiles = {
  open: (path, flags, mode) => fs.openSync(path, flags, mode),
  write: (fd, bytes, offset, length, position) => fs.writeSync(fd, bytes, offset, length, position),
  sync: (fd) =>
    new Promise((resolve, reject) => {
      fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
    }),
  truncate: (path, length) => fs.truncateSync(path, length),
  close: (fd) => fs.closeSync(fd),
  remove: (path) => fs.unlinkSync(path),
  syncFolder,
};

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder; NTFS journals the name by itself.
  if (process.platform === 'win32') return;
  const folder = await fs.promises.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Writes all bytes. @throws what the disk throws, or an error when it takes no more bytes */
export function writeAll(
  files: AuditFiles,
  fd: number,
  bytes: Uint8Array,
  position: number | null = null,
): void {
  let written = 0;
  while (written < bytes.length) {
    const at = position === null ? null : position + written;
    const count = files.write(fd, bytes, written, bytes.length - written, at);
    if (count <= 0) throw new Error(`the disk took ${written} of ${bytes.length} bytes`);
    written += count;
  }
}
