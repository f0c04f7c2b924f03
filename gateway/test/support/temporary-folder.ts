import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder that is gone when its scope ends. */
export interface TemporaryFolder extends Disposable {
  readonly path: string;
}

/** Makes a folder in the system's temporary one: `using folder = createTemporaryFolder('audit')`. */
export function createTemporaryFolder(purpose: string): TemporaryFolder {
  const folder = mkdtempSync(path.join(os.tmpdir(), `sallyport-${purpose}-`));
  return { path: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
