import { diskFiles, type RecordingFiles } from '../../src/recording/recording-files.ts';

/** The real disk with faults on demand. */
export class FaultyFiles implements RecordingFiles {
  /** Bytes that the disk still takes. */
  room: number = Number.POSITIVE_INFINITY;
  /** Awaited in each asynchronous write. */
  onWriteMany: () => Promise<void> = async () => {};
  onSync: () => Promise<void> = async () => {};
  writes = 0;
  readonly open: RecordingFiles['open'] = diskFiles.open;
  readonly size: RecordingFiles['size'] = diskFiles.size;
  readonly truncate: RecordingFiles['truncate'] = diskFiles.truncate;
  readonly close: RecordingFiles['close'] = diskFiles.close;
  readonly makeFolder: RecordingFiles['makeFolder'] = diskFiles.makeFolder;
  readonly touch: RecordingFiles['touch'] = diskFiles.touch;
  readonly remove: RecordingFiles['remove'] = diskFiles.remove;
  readonly syncFolder: RecordingFiles['syncFolder'] = diskFiles.syncFolder;

  write(fd: number, bytes: Uint8Array, offset: number): number {
    this.writes += 1;
    const count = Math.min(this.#take(bytes.length - offset), 1000);
    return diskFiles.write(fd, bytes.subarray(0, offset + count), offset);
  }

  async writeMany(fd: number, parts: readonly Buffer[]): Promise<number> {
    await this.onWriteMany();
    const bytes = Buffer.concat(parts);
    const count = Math.min(this.#take(bytes.length), 50_000);
    return diskFiles.write(fd, bytes.subarray(0, count), 0);
  }

  async sync(fd: number): Promise<void> {
    await this.onSync();
    await diskFiles.sync(fd);
  }

  #take(wanted: number): number {
    if (this.room <= 0)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const count = Math.min(wanted, this.room);
    this.room -= count;
    return count;
  }
}
