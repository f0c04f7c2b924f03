/** What the quick start tells people. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { QuickstartEnvironment } from './environment-file.ts';
import type { Folders } from './folders.ts';
import type { GatewayReady } from './gateway-process.ts';

/** As short as it can be typed from here, quoted where a shell wants it. */
function here(file: string): string {
  const shown = relativeOf(file);
  return /^[\w@%+=:,./-]+$/u.test(shown) ? shown : quoted(shown);
}

function relativeOf(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** How to answer a request for approval, in another terminal. */
export function approvalCommands(folders: Folders, ready: GatewayReady, approval: string): string {
  return `In another terminal:
  export SALLYPORT_API=${ready.api} SALLYPORT_CA=${here(ready.ca)}
  export SALLYPORT_TOKEN="$(sed -n s/^APPROVER_TOKEN=//p ${here(folders.environment)})"
  npx sallyport approvals show ${approval}
  npx sallyport approvals approve ${approval}`;
}

/** How to see again what has just happened. */
export function replayCommands(
  folders: Folders,
  sessions: { readonly database: string; readonly http: string; readonly ssh: string },
): string {
  const config = `-c ${here(folders.gatewayConfig)}`;
  return `All of it is on record. See it again, search it, prove it:
  npx sallyport sessions replay ${sessions.database} --no-wait ${config}
  npx sallyport sessions replay ${sessions.http} --no-wait ${config}
  npx sallyport sessions replay ${sessions.ssh} --no-wait ${config}
  npx sallyport sessions export ${sessions.http} --har ${config} > ${here(path.join(folders.state, 'agent.har'))}
  npx sallyport sessions search payment_details ${config}
  npx sallyport audit verify ${config}`;
}

/** Where to go from here. */
export function nextSteps(folders: Folders, people: QuickstartEnvironment): string {
  const {
    AGENT_HTTP_URL: httpUrl,
    AGENT_SSH_PORT: sshPort,
    AGENT_SSH_USER: sshUser,
    SALLYPORT_CA: ca,
  } = people;
  const environment = here(folders.environment);
  return `Everything is up. Ctrl-C stops it.

See in the console what has just happened (its certificate is of a CA that was made here: ${here(ca)}):
  ${people.SALLYPORT_CONSOLE}
  as ${people.CONSOLE_ADMIN}, who sees everything: ${people.CONSOLE_ADMIN_PASSWORD}     as ${people.CONSOLE_APPROVER}, who approves: ${people.CONSOLE_APPROVER_PASSWORD}

Be the agent yourself${hasPsql() ? '' : ' (psql is not installed here: on Debian it is in postgresql-client)'}:
  export AGENT_PG_URL="$(sed -n s/^AGENT_PG_URL=//p ${environment})"
  psql "$AGENT_PG_URL" -c 'SELECT full_name, email FROM customers LIMIT 3'
  psql "$AGENT_PG_URL" -c 'DROP TABLE orders'
  ${curlCommand(folders, httpUrl, ca)}
  ${sshCommand(folders, sshUser, sshPort)}     asks for AGENT_SSH_PASSWORD
  npx node --env-file=${environment} ${here(fileURLToPath(new URL('../agent.ts', import.meta.url)))}     the agent again, while there is spam

Change the rules while it runs, they take effect at the next statement: ${here(folders.policy)}/
Put it before a database of your own: docs/protect-your-database.md

URLs and tokens: ${environment}   config: ${here(folders.gatewayConfig)}   log: ${here(folders.gatewayLog)}`;
}

/** Works as printed, from the folder in which it is printed. */
export function curlCommand(folders: Folders, url: string, ca: string): string {
  const token = `$(sed -n s/^AGENT_TOKEN=//p ${here(folders.environment)})`;
  return `curl -sS --cacert ${here(ca)} --header "Authorization: Bearer ${token}" ${url}/customers/173`;
}

/** Works as printed, too: OpenSSH asks for the password. */
export function sshCommand(folders: Folders, user: string, port: string): string {
  // OpenSSH splits what it is told at blanks, but for double quotes.
  const known = `UserKnownHostsFile="${relativeOf(folders.knownHosts)}"`;
  return `ssh -o ${quoted(known)} -p ${port} ${user}@127.0.0.1 'tail -n 3 logs/app.log'`;
}

function hasPsql(): boolean {
  return spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;
}
