/** PostgreSQL's own regression suite, as files: `fixtures/` beside this. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Folder of the fixtures: `sql/`, `data/`, `parallel_schedule`. */
export const SUITE: string = path.join(import.meta.dirname, 'fixtures');

/** Scripts that test psql itself, which Debian's older one never ends: it takes `\\watch c=3` for a pause without an end. */
const NEEDS_NEWER_PSQL: ReadonlySet<string> = new Set(['psql', 'psql_pipeline']);

/** Names of all scripts in the order of pg_regress's schedule, its parallel groups one script after the other. */
export function scheduledScripts(): readonly string[] {
  return readFileSync(path.join(SUITE, 'parallel_schedule'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('test:'))
    .flatMap((line) => line.slice('test:'.length).trim().split(/\s+/))
    .filter((name) => !NEEDS_NEWER_PSQL.has(name));
}

/** The file of a script. */
export function scriptFile(name: string): string {
  return path.join(SUITE, 'sql', `${name}.sql`);
}
