/** What the quick start tells people. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Folders } from './folders.ts';

/** Where to go from here, after the transcript. */
export function nextSteps(folders: Folders): string {
  const here = (file: string): string => path.relative(process.cwd(), file) || '.';
  const environment = here(folders.environment);
  const load = `export "$(grep ^AGENT_PG_URL= ${environment})"`;
  return `Everything is up. Ctrl-C stops it.

Be the agent yourself${hasPsql() ? '' : ' (psql is not installed here: on Debian it is in postgresql-client)'}:
  ${load}
  psql "$AGENT_PG_URL"                      then: DROP TABLE orders;
  npx node ${here(fileURLToPath(new URL('../agent.ts', import.meta.url)))}     the transcript again, for as long as there is spam

Change the rules while it runs, they take effect at the next statement:
  ${here(folders.policy)}/

See what was recorded:
  npx sallyport sessions list -c ${here(folders.gatewayConfig)}
  npx sallyport audit verify -c ${here(folders.gatewayConfig)}

All URLs and tokens: ${environment}   config: ${here(folders.gatewayConfig)}   log: ${here(folders.gatewayLog)}`;
}

function hasPsql(): boolean {
  return spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;
}
