import { basename } from 'node:path';
import { type AuditFiles, diskFiles } from '../../src/audit/audit-files.ts';

/** One change of the disk. */
export type DiskOperation =
  | { readonly kind: 'create' | 'remove' | 'sync' | 'syncFolder'; readonly name: string }
  | {
      readonly kind: 'write';
      readonly name: string;
      readonly bytes: Buffer;
      readonly position: number | null;
    }
  | { readonly kind: 'truncate'; readonly name: string; readonly length: number };

/** What goes wrong with a write: an error, or only so many bytes being taken. */
export type WriteFault = Error | number | undefined;

/** The real disk, with a list of all that was done to it and faults on demand. Syncs cost nothing. */
export class FakeDisk implements AuditFiles {
  readonly operations: DiskOperation[] = [];
  /** Asked before each write. */
  onWrite: (name: string, length: number) => WriteFault = () => undefined;
  /** Awaited in each sync; throws to let it fail. */
  onSync: (name: string) => Promise<void> | void = () => {};
  readonly #names = new Map<number, string>();

  open(path: string, flags: 'ax' | 'a' | 'r+', mode: number): number {
    const fd = diskFiles.open(path, flags, mode);
    this.#names.set(fd, basename(path));
    if (flags !== 'r+') this.operations.push({ kind: 'create', name: basename(path) });
    return fd;
  }

  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number | null): number {
    const name = this.#name(fd);
    const fault = this.onWrite(name, length);
    if (fault instanceof Error) throw fault;
    const count = diskFiles.write(fd, bytes, offset, Math.min(length, fault ?? length), position);
    this.operations.push({
      kind: 'write',
      name,
      bytes: Buffer.from(bytes.subarray(offset, offset + count)),
      position,
    });
    return count;
  }

  async sync(fd: number): Promise<void> {
    const name = this.#name(fd);
    // What is written while the sync runs need not be on the device afterwards.
    const at = this.operations.length;
    await this.onSync(name);
    this.operations.splice(at, 0, { kind: 'sync', name });
  }

  truncate(path: string, length: number): void {
    diskFiles.truncate(path, length);
    this.operations.push({ kind: 'truncate', name: basename(path), length });
  }

  close(fd: number): void {
    this.#names.delete(fd);
    diskFiles.close(fd);
  }

  remove(path: string): void {
    diskFiles.remove(path);
    this.operations.push({ kind: 'remove', name: basename(path) });
  }

  async syncFolder(path: string): Promise<void> {
    this.operations.push({ kind: 'syncFolder', name: basename(path) });
    await Promise.resolve();
  }

  /** Number of operations of a kind on a file whose name ends so. */
  count(kind: DiskOperation['kind'], ending: string): number {
    return this.operations.filter((operation) => operation.kind === kind && operation.name.endsWith(ending))
      .length;
  }

  #name(fd: number): string {
    const name = this.#names.get(fd);
    if (name === undefined) throw Object.assign(new Error('EBADF: bad file descriptor'), { code: 'EBADF' });
    return name;
  }
}

/** An error as the disk throws it. */
export function diskError(code: 'ENOSPC' | 'EIO' | 'EROFS'): Error {
  const text = { ENOSPC: 'no space left on device', EIO: 'i/o error', EROFS: 'read-only file system' }[code];
  return Object.assign(new Error(`${code}: ${text}, write`), { code });
}
