/**
 * Preloaded into a gateway (`--import`): makes its disk fail as the file named by SALLYPORT_TEST_DISK says, for the
 * files of the audit only. No file: a healthy disk.
 */
import fs from 'node:fs';

const control = process.env['SALLYPORT_TEST_DISK'] ?? '';
const audit = new Set<number>();
const { openSync, closeSync, writeSync, fdatasync } = fs;

function failure(): string {
  try {
    return fs.readFileSync(control, 'utf8');
  } catch {
    return 'none';
  }
}

function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: the test says so`), { code });
}

fs.openSync = (path, ...rest) => {
  const fd = openSync(path, ...rest);
  if (/\/audit\/[^/]+\.jsonl$/.test(String(path))) audit.add(fd);
  return fd;
};

fs.closeSync = (fd) => {
  audit.delete(fd);
  closeSync(fd);
};

const write = (fd: number, bytes: Uint8Array, offset: number, length: number, position: number | null) => {
  const how = audit.has(fd) ? failure() : 'none';
  if (how === 'full') throw diskError('ENOSPC');
  // Half a record gets on the disk before it is full.
  if (how === 'torn') {
    if (length < 2) throw diskError('ENOSPC');
    return writeSync(fd, bytes, offset, Math.ceil(length / 2), position);
  }
  return writeSync(fd, bytes, offset, length, position);
};
fs.writeSync = write as typeof fs.writeSync;

const sync = (fd: number, done: (error: Error | null) => void): void => {
  if (audit.has(fd) && failure() === 'unsynced') process.nextTick(() => done(diskError('EIO')));
  else fdatasync(fd, done);
};
fs.fdatasync = sync as typeof fs.fdatasync;
