import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { FileCredentialConfig } from './config.ts';
import type { CredentialSource } from './credential-source.ts';
import { CredentialError } from './errors.ts';
import type { Secret } from './secret.ts';
import { MAX_SECRET_BYTES, secretFromBytes } from './secret-bytes.ts';

/** Makes a source that reads the file anew each time, so that a rotated secret takes effect by itself. */
export function createFileSource(
  config: FileCredentialConfig,
  onWarning: (message: string) => void,
): CredentialSource {
  let warned = false;
  const warnOnce = (stats: Stats): void => {
    if (warned || (stats.mode & 0o006) === 0) return;
    warned = true;
    onWarning(
      `secret file ${config.file} can be read or changed by every user of the machine; chmod it to 0600`,
    );
  };
  return {
    kind: 'file',
    read: () => readSecretFile(config.file, warnOnce),
    invalidate: () => undefined,
  };
}

async function readSecretFile(path: string, check: (stats: Stats) => void): Promise<Secret> {
  // O_NONBLOCK: opening a FIFO nobody writes to would otherwise hang a thread of the pool for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw unreadable(path, errnoOf(error));
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw unreadable(path, 'it is not a regular file');
    check(stats);
    return secretFromBytes(await readBounded(file), `file ${path}`);
  } catch (error) {
    throw error instanceof CredentialError ? error : unreadable(path, errnoOf(error));
  } finally {
    await file.close();
  }
}

/** Reads one byte more than allowed, so that too long a file is seen without reading all of it. */
async function readBounded(file: FileHandle): Promise<Uint8Array> {
  const buffer = Buffer.alloc(MAX_SECRET_BYTES + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function unreadable(path: string, why: string): CredentialError {
  return new CredentialError('ERR_CREDENTIALS_UNREADABLE', `secret file ${path} cannot be read: ${why}`);
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
