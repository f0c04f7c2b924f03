import { open } from 'node:fs/promises';
import type { Sink } from './sink.ts';

/** Appends to a file, which is opened anew for each batch: whoever rotates it need tell nobody. On the device when it resolves. */
export function createFileSink(path: string): Sink {
  return {
    async send(lines) {
      const file = await open(path, 'a', 0o600);
      try {
        await file.appendFile(lines.map(({ text }) => `${text}\n`).join(''));
        await file.datasync();
      } finally {
        await file.close();
      }
    },
  };
}
