/** PostgreSQL's own regression suite, as files: `fixtures/` beside this. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Folder of the fixtures: `sql/`, `data/`, `parallel_schedule`. */
export const SUITE: string = path.join(import.meta.dirname, 'fixtures');

const PSQL_ITSELF = 'tests psql itself, which Debian has in an older version: a `\\watch` of it never ends';

/** Scripts that do not run, with the reason. */
export const LEFT_OUT_SCRIPTS: ReadonlyMap<string, string> = new Map([
  ['psql', PSQL_ITSELF],
  ['psql_pipeline', PSQL_ITSELF],
]);

/** Names of all scripts in the order of pg_regress's schedule, its parallel groups one script after the other. */
export function scheduledScripts(): readonly string[] {
  return readFileSync(path.join(SUITE, 'parallel_schedule'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('test:'))
    .flatMap((line) => line.slice('test:'.length).trim().split(/\s+/))
    .filter((name) => !LEFT_OUT_SCRIPTS.has(name));
}

/** The file of a script. */
export function scriptFile(name: string): string {
  return path.join(SUITE, 'sql', `${name}.sql`);
}
