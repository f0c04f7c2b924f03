import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { HttpUpstreamError } from './errors.ts';

/** Longest file that a resource may name: certificates, or an API description. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Reads a file of the operator's. Rejects with ERR_HTTP_UPSTREAM_CONFIGURATION. */
export async function readTextFile(path: string): Promise<string> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > MAX_BYTES) throw new Error('not a file, or too long');
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'not a file, or too long';
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CONFIGURATION', `${path} cannot be read: ${reason}`);
  }
}
