import { ScpWireError } from './errors.ts';

/**
 * The legacy protocol of scp, which has no specification but its sources (rcp of 4.2BSD, OpenSSH's scp.c): lines, each
 * answered by a byte 0, or by 1 or 2 and a line of text; behind `C` the bytes of a file, and a byte 0.
 */
export type ScpLine =
  | { readonly kind: 'file'; readonly mode: number; readonly size: number; readonly name: string }
  | { readonly kind: 'folder'; readonly mode: number; readonly name: string }
  | { readonly kind: 'end' }
  /** Seconds since the epoch, of what comes next. */
  | { readonly kind: 'times'; readonly modified: number; readonly accessed: number }
  /** What went wrong on the other side; it ends where `isFatal`. */
  | { readonly kind: 'error'; readonly text: string; readonly isFatal: boolean };

/** A number of times has to fit 32 bits: SFTP has no more. */
const MOST_SECONDS = 0xffffffff;
const MOST_NAME_BYTES = 255;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a line, without its end. @throws ScpWireError */
export function readLine(bytes: Buffer): ScpLine {
  const first = bytes[0];
  if (first === 1 || first === 2) {
    const text = bytes
      .subarray(1)
      .toString('utf8')
      .replace(/\p{Cc}+/gu, ' ')
      .trim();
    return { kind: 'error', text, isFatal: first === 2 };
  }
  const line = decode(bytes);
  if (line === 'E') return { kind: 'end' };
  const times = /^T(\d{1,12}) \d{1,6} (\d{1,12}) \d{1,6}$/.exec(line);
  if (times !== null) {
    const [modified, accessed] = [Number(times[1]), Number(times[2])];
    if (modified > MOST_SECONDS || accessed > MOST_SECONDS) throw odd('times that are out of range');
    return { kind: 'times', modified, accessed };
  }
  const entry = /^([CD])([0-7]{4}) (\d{1,16}) (.+)$/su.exec(line);
  if (entry === null) throw odd('a line that is none of the protocol');
  const [, type, mode = '', digits = '', name = ''] = entry;
  const size = Number(digits);
  if (!Number.isSafeInteger(size)) throw odd('a size that is out of range');
  checkName(name);
  return type === 'C'
    ? { kind: 'file', mode: Number.parseInt(mode, 8), size, name }
    : { kind: 'folder', mode: Number.parseInt(mode, 8), name };
}

function decode(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ScpWireError('ERR_SCP_NAME', 'a name that is no UTF-8');
  }
}

/** One name inside of one folder, and nothing that leads elsewhere. @throws ScpWireError */
export function checkName(name: string): void {
  const isName =
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !/[/\0\n\r]/.test(name) &&
    Buffer.byteLength(name) <= MOST_NAME_BYTES;
  if (!isName) throw new ScpWireError('ERR_SCP_NAME', 'a name that is no plain name');
}

/** Writes a line that tells of a file or folder. @throws ScpWireError for a name that cannot stand in one */
export function writeEntry(type: 'C' | 'D', mode: number, size: number, name: string): Buffer {
  checkName(name);
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return Buffer.from(`${type}${octal} ${size} ${name}\n`);
}

/** Writes the line of the times of what comes next. */
export function writeTimes(modified: number, accessed: number): Buffer {
  return Buffer.from(`T${modified} 0 ${accessed} 0\n`);
}

/** Writes what went wrong, as one line: the transfer goes on behind it. */
export function writeError(text: string): Buffer {
  return Buffer.from(`\u0001${text.replace(/[\p{Cc}]+/gu, ' ')}\n`);
}

/** All is well; also what stands behind the bytes of a file. */
export const OK: Buffer = Buffer.of(0);

/** A folder is at its end. */
export const END: Buffer = Buffer.from('E\n');

function odd(message: string): ScpWireError {
  return new ScpWireError('ERR_SCP_LINE', message);
}
