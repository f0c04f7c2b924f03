import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A key of the gateway's own in a folder of the data folder. */
export interface KeyFile {
  /** The text without its line end; undefined where there is none yet. */
  read(): Promise<string | undefined>;
  /** Where to put it; the folder is there. */
  path(): Promise<string>;
}

/** The file `key` in this folder. */
export function keyFileIn(folder: string): KeyFile {
  const file = join(folder, 'key');
  return {
    async read() {
      try {
        return (await readFile(file, 'utf8')).trim();
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async path() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return file;
    },
  };
}
