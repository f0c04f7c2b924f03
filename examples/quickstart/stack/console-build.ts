/** The pages of the console are built here, once, and again when they change. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { QuickstartError } from '../errors.ts';

const SCRIPT = fileURLToPath(new URL('../../../console/build/main.ts', import.meta.url));
const PATIENCE_MS = 300_000;

/** Builds the console unless it is built. @throws QuickstartError `ERR_QUICKSTART_CONSOLE` */
export async function ensureConsole(): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [SCRIPT], { timeout: PATIENCE_MS });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new QuickstartError('ERR_QUICKSTART_CONSOLE', `the console could not be built: ${said}`);
  }
}
