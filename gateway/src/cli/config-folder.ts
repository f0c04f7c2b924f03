/** The user's own folder: what a login leaves there nobody else may read. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { CliError } from './errors.ts';

const MOST_BYTES = 256 * 1024;

/** `$SALLYPORT_CONFIG_DIR`, or `sallyport` below `$XDG_CONFIG_HOME` or `~/.config`. @throws CliError */
export function configFolder(): string {
  const { env } = process;
  const own = env['SALLYPORT_CONFIG_DIR'];
  if (own !== undefined && own !== '') return own;
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  const base = env['XDG_CONFIG_HOME'] ?? (home === '' ? '' : join(home, '.config'));
  if (base !== '') return join(base, 'sallyport');
  throw new CliError(
    'ERR_CLI_USAGE',
    'there is no home folder: say by `SALLYPORT_CONFIG_DIR` where to keep things',
  );
}

/** Writes a file whole, for the user alone (0600), in a folder for the user alone (0700). */
export async function writeOwnFile(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    await using file = await open(temporary, 'wx', 0o600);
    await file.writeFile(text);
    await file.sync();
    await rename(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError('ERR_CLI_USAGE', `cannot write ${path}: ${reason}`);
  }
}
/** The text of such a file; undefined where there is none. @throws CliError where others may read it */
export async function readOwnFile(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name);
  try {
    await using file = await open(path, 'r');
    const { mode, size } = await file.stat();
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new CliError('ERR_CLI_USAGE', `others may read ${path}, which holds a secret: chmod 600 it`);
    }
    if (size > MOST_BYTES)
      throw new CliError('ERR_CLI_USAGE', `${path} is too long to be what was written there`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof CliError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError('ERR_CLI_USAGE', `cannot read ${path}: ${reason}`);
  }
}
