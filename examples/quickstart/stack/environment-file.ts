/** `quickstart.env`: everything a client needs, one `KEY=value` a line. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { QuickstartError } from '../errors.ts';
import type { RunningIdentityProvider } from '../identity/provider.ts';
import { mintAgentUrl, mintMachineUrl } from './agent-credential.ts';
import type { Folders } from './folders.ts';
import type { GatewayReady } from './gateway-process.ts';

/** Tokens live as long as somebody may want to play on one day. */
const TOKEN_LIFETIME_SECONDS = 8 * 3600;

/** The names that are always there (README: Quick start). */
export interface QuickstartEnvironment {
  readonly SALLYPORT_API?: string;
  /** The console, for a browser; who may sign in there is below. */
  readonly SALLYPORT_CONSOLE: string;
  readonly SALLYPORT_CA: string;
  readonly AGENT_TOKEN: string;
  readonly APPROVER_TOKEN: string;
  readonly ADMIN_TOKEN: string;
  readonly AGENT_PG_URL: string;
  /** Base URL of the internal service: requests go with `AGENT_TOKEN` as their Bearer token. */
  readonly AGENT_HTTP_URL: string;
  /** Somebody who approves: name and password for the console. */
  readonly CONSOLE_APPROVER: string;
  readonly CONSOLE_APPROVER_PASSWORD: string;
  /** Somebody who sees everything. */
  readonly CONSOLE_ADMIN: string;
  readonly CONSOLE_ADMIN_PASSWORD: string;
  readonly AGENT_SSH_HOST: string;
  readonly AGENT_SSH_PORT: string;
  /** Account, resource and session credential: `deploy+shop-host+cred_…`. */
  readonly AGENT_SSH_USER: string;
  /** The secret of the session credential. */
  readonly AGENT_SSH_PASSWORD: string;
  /** File with the gateway's host key. */
  readonly AGENT_SSH_KNOWN_HOSTS: string;
}

/** Gets the tokens from the identity provider, and with the agent's a session credential from the gateway. */
export async function createEnvironment(
  ready: GatewayReady,
  identity: RunningIdentityProvider,
  { knownHosts }: Pick<Folders, 'knownHosts'>,
  mint: { readonly database: typeof mintAgentUrl; readonly machine: typeof mintMachineUrl } = {
    database: mintAgentUrl,
    machine: mintMachineUrl,
  },
): Promise<QuickstartEnvironment> {
  const options = { lifetimeSeconds: TOKEN_LIFETIME_SECONDS };
  const [agent, approver, admin] = await Promise.all([
    identity.token('agent-1', options),
    identity.token('approver', options),
    identity.token('admin', options),
  ]);
  const console = `${ready.api ?? ''}/console/`;
  identity.registerConsole(`${console}callback`);
  const answering = personOf(identity, 'approvers');
  const manager = personOf(identity, 'admins');
  const machine = await mint.machine(ready, agent, TOKEN_LIFETIME_SECONDS);
  return {
    ...(ready.api === undefined ? {} : { SALLYPORT_API: ready.api }),
    SALLYPORT_CONSOLE: console,
    SALLYPORT_CA: ready.ca,
    AGENT_TOKEN: agent,
    APPROVER_TOKEN: approver,
    ADMIN_TOKEN: admin,
    AGENT_PG_URL: await mint.database(ready, agent, TOKEN_LIFETIME_SECONDS),
    AGENT_HTTP_URL: serviceUrl(ready),
    CONSOLE_APPROVER: answering.login,
    CONSOLE_APPROVER_PASSWORD: answering.password,
    CONSOLE_ADMIN: manager.login,
    CONSOLE_ADMIN_PASSWORD: manager.password,
    AGENT_SSH_HOST: machine.hostname,
    AGENT_SSH_PORT: machine.port,
    AGENT_SSH_USER: decodeURIComponent(machine.username),
    AGENT_SSH_PASSWORD: decodeURIComponent(machine.password),
    AGENT_SSH_KNOWN_HOSTS: knownHosts,
  };
}

/** Somebody of a group, who can sign in with a browser. */
function personOf(
  { people }: RunningIdentityProvider,
  group: string,
): RunningIdentityProvider['people'][number] {
  const person = people.find(({ groups }) => groups.includes(group));
  if (person !== undefined) return person;
  throw new QuickstartError(
    'ERR_QUICKSTART_TOKEN',
    `the identity provider knows nobody of the group ${group}`,
  );
}

function serviceUrl({ listeners }: GatewayReady): string {
  const listener = listeners.find(({ protocol }) => protocol === 'http');
  if (listener !== undefined) return `https://localhost:${listener.port}/shop-api`;
  throw new QuickstartError('ERR_QUICKSTART_GATEWAY', 'the gateway says nothing of a listener for HTTP');
}

/** Replaces the file in one step; only its owner can read it, as it holds tokens. */
export async function writeEnvironment(file: string, environment: QuickstartEnvironment): Promise<void> {
  const lines = Object.entries(environment).map(([key, value]) => `${key}=${value}\n`);
  const draft = `${file}.${process.pid}`;
  await rm(draft, { force: true });
  await writeFile(draft, lines.join(''), { mode: 0o600, flag: 'wx' });
  await rename(draft, file);
}
