import { type AuditFiles, writeAll } from './audit-files.ts';
import { DeviceSync } from './device-sync.ts';
import { type AuditLayout, segmentPath } from './layout.ts';

/** The segment that is being written. */
export class SegmentFile {
  readonly segment: number;
  readonly #files: AuditFiles;
  readonly #fd: number;
  readonly #syncs = new DeviceSync();
  #size = 0;
  #closed = false;

  private constructor(segment: number, files: AuditFiles, fd: number) {
    this.segment = segment;
    this.#files = files;
    this.#fd = fd;
  }

  /** Makes the file of a new segment and makes its name durable. */
  static async create(layout: AuditLayout, segment: number, files: AuditFiles): Promise<SegmentFile> {
    const file = new SegmentFile(segment, files, files.open(segmentPath(layout, segment), 'ax', 0o600));
    try {
      await files.syncFolder(layout.auditFolder);
    } catch (cause) {
      file.close();
      throw cause;
    }
    return file;
  }

  /** Bytes that were written in full. */
  get size(): number {
    return this.#size;
  }

  /** A sync has not come back yet: the file must not be closed. */
  get isSyncing(): boolean {
    return this.#syncs.isRunning;
  }

  /** Appends; on an error nothing of it counts, whatever part is on the disk. */
  append(bytes: Uint8Array): void {
    writeAll(this.#files, this.#fd, bytes);
    this.#size += bytes.length;
  }

  /** Puts what has been appended so far on the device; rejects when that fails or takes longer than `limitMs`. */
  sync(limitMs: number): Promise<void> {
    return this.#syncs.run(() => this.#files.sync(this.#fd), limitMs);
  }

  /** Closes the file. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#files.close(this.#fd);
  }
}
