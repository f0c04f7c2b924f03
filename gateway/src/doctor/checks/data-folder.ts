import { randomUUID } from 'node:crypto';
import { open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckResult } from '../../model/check-result.ts';
import { type DoctorContext, doubtful, reasonOf, well, wrong } from '../check.ts';

const CHECK = 'data folder';
const MEBIBYTE = 1024 * 1024;
const FAIL_FREE_BYTES = 256 * MEBIBYTE;
const WARN_FREE_BYTES = 2048 * MEBIBYTE;

/** The folder of audit, keys and state: there, private, with room, and a disk that writes through. */
export async function checkDataFolder({ plan }: DoctorContext): Promise<readonly CheckResult[]> {
  const { dataDir } = plan;
  const found = await stat(dataDir).catch(() => undefined);
  if (found === undefined) return [well(CHECK, `${dataDir} is made at the first start`)];
  if (!found.isDirectory()) return [wrong(CHECK, `${dataDir} is no folder`, 'set `dataDir` to one')];
  return [...modes(dataDir, found.mode), ...(await writes(dataDir)), ...(await room(dataDir))];
}

function modes(folder: string, mode: number): CheckResult[] {
  const text = (mode & 0o777).toString(8);
  if ((mode & 0o002) !== 0) {
    return [wrong(CHECK, `every user may write in ${folder} (mode ${text})`, `chmod 700 ${folder}`)];
  }
  if ((mode & 0o077) === 0) return [];
  return [doubtful(CHECK, `others may look into ${folder} (mode ${text})`, `chmod 700 ${folder}`)];
}

async function writes(folder: string): Promise<CheckResult[]> {
  const probe = join(folder, `.doctor-${randomUUID()}`);
  const remedy = 'check owner, mode, mount options and quota';
  try {
    await using file = await open(probe, 'wx', 0o600);
    await file.writeFile('sallyport doctor\n');
    await file.datasync();
    await file.sync();
    return [well(CHECK, `${folder} can be written, and flushed to the device`)];
  } catch (error) {
    return [wrong(CHECK, `${folder} cannot be written: ${reasonOf(error)}`, remedy)];
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

async function room(folder: string): Promise<CheckResult[]> {
  const { bavail, bsize, files, ffree } = await statfs(folder);
  const free = bavail * bsize;
  const message = `${Math.floor(free / MEBIBYTE)} MiB are free`;
  const remedy = 'make room: when the audit cannot be written, nothing is forwarded';
  if (files > 0 && ffree < 1_000) return [wrong(CHECK, `${ffree} files can still be made`, remedy)];
  if (free < FAIL_FREE_BYTES) return [wrong(CHECK, message, remedy)];
  return [free < WARN_FREE_BYTES ? doubtful(CHECK, message, remedy) : well(CHECK, message)];
}
