/** `quickstart.env`: everything a client needs, one `KEY=value` a line. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { QuickstartError } from '../errors.ts';
import type { RunningIdentityProvider } from '../identity/provider.ts';
import type { GatewayReady } from './gateway-process.ts';

/** Tokens live as long as somebody may want to play on one day. */
const TOKEN_LIFETIME_SECONDS = 8 * 3600;
/** The account the agent asks for; policy decides whether it gets it. */
const AGENT_ACCOUNT = 'app_rw';

/** The names that are always there (README: Quick start). */
export interface QuickstartEnvironment {
  readonly SALLYPORT_API?: string;
  readonly SALLYPORT_CA: string;
  readonly AGENT_TOKEN: string;
  readonly APPROVER_TOKEN: string;
  readonly ADMIN_TOKEN: string;
  readonly AGENT_PG_URL: string;
}

/** Gets the tokens from the identity provider and puts the URLs together. */
export async function createEnvironment(
  ready: GatewayReady,
  identity: RunningIdentityProvider,
): Promise<QuickstartEnvironment> {
  const options = { lifetimeSeconds: TOKEN_LIFETIME_SECONDS };
  const [agent, approver, admin] = await Promise.all([
    identity.token('agent-1', options),
    identity.token('approver', options),
    identity.token('admin', options),
  ]);
  return {
    ...(ready.api === undefined ? {} : { SALLYPORT_API: ready.api }),
    SALLYPORT_CA: ready.ca,
    AGENT_TOKEN: agent,
    APPROVER_TOKEN: approver,
    ADMIN_TOKEN: admin,
    AGENT_PG_URL: postgresUrl(ready, agent),
  };
}

/** The URL an agent connects to: account as user, token as password, resource as database. */
export function postgresUrl(ready: GatewayReady, token: string): string {
  const listener = ready.listeners.find(({ protocol }) => protocol === 'postgres');
  if (listener === undefined) {
    throw new QuickstartError('ERR_QUICKSTART_GATEWAY', 'the gateway has no listener for PostgreSQL');
  }
  // A name, because old clients compare certificates with names only.
  const host = listener.host === '127.0.0.1' ? 'localhost' : listener.host;
  const ca = encodeURIComponent(ready.ca).replaceAll('%2F', '/');
  const url = `postgresql://${AGENT_ACCOUNT}:${encodeURIComponent(token)}@${host}:${listener.port}/shop`;
  return `${url}?sslmode=verify-full&sslrootcert=${ca}`;
}

/** Replaces the file in one step; only its owner can read it, as it holds tokens. */
export async function writeEnvironment(file: string, environment: QuickstartEnvironment): Promise<void> {
  const lines = Object.entries(environment).map(([key, value]) => `${key}=${value}\n`);
  const draft = `${file}.${process.pid}`;
  await rm(draft, { force: true });
  await writeFile(draft, lines.join(''), { mode: 0o600, flag: 'wx' });
  await rename(draft, file);
}
