/** Private keys of the gateway's own, each in a file that nobody else may read. */
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tightenMode } from './certificate-authority.ts';
import { readPemFile } from './certificates.ts';
import { writeFileDurably } from './private-files.ts';

/** Where protocols keep keys that clients know the gateway by. */
export interface KeyFiles {
  /** The text of a key, which is made when there is none yet, and never again. @throws ListenerError */
  open(name: string, make: () => string): Promise<string>;
  /** The text of a key that the operator brings. @throws ListenerError */
  read(path: string): Promise<string>;
}

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** Keeps them in one folder, made when the first key is. */
export function createKeyFiles(directory: string): KeyFiles {
  // Two listeners may ask at once: the second must not make another key.
  const opened = new Map<string, Promise<string>>();

  async function load(name: string, make: () => string): Promise<string> {
    const path = join(directory, name);
    if (await exists(path)) {
      await tightenMode(path);
      return readPemFile(path);
    }
    await mkdir(directory, { recursive: true, mode: PRIVATE_FOLDER });
    const text = make();
    await writeFileDurably(path, text, PRIVATE_FILE);
    return text;
  }

  return {
    open(name, make) {
      const known = opened.get(name);
      if (known !== undefined) return known;
      const loading = load(name, make);
      opened.set(name, loading);
      return loading;
    },
    read: (path) => readPemFile(path),
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
