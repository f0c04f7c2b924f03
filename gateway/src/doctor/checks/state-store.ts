import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CheckResult } from '../../model/check-result.ts';
import { type DoctorContext, doubtful, reasonOf, well, wrong } from '../check.ts';

const CHECK = 'state store';
const MAX_FILES = 100;

/** The SQLite files of the data folder: whole, and private. */
export async function checkStateStore({ plan }: DoctorContext): Promise<readonly CheckResult[]> {
  const names = await readdir(plan.dataDir, { recursive: true }).catch(() => []);
  const files = names.filter((name) => /\.(sqlite|sqlite3|db)$/.test(name)).slice(0, MAX_FILES);
  if (files.length === 0) return [well(CHECK, 'no state yet')];
  const results: CheckResult[] = [];
  for (const name of files) results.push(...(await checkFile(join(plan.dataDir, name))));
  return results;
}

async function checkFile(file: string): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      results.push(doubtful(CHECK, `${file} has mode ${(mode & 0o777).toString(8)}`, `chmod 600 ${file}`));
    }
    using database = new DatabaseSync(file, { readOnly: true, timeout: 2_000 });
    const verdict = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    results.push(
      verdict === 'ok'
        ? well(CHECK, `${file} is whole`)
        : wrong(CHECK, `${file} is damaged: ${String(verdict).slice(0, 200)}`, 'restore it from a copy'),
    );
  } catch (error) {
    results.push(
      wrong(CHECK, `${file} cannot be read: ${reasonOf(error)}`, 'check owner and mode, or restore it'),
    );
  }
  return results;
}
