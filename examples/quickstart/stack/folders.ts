/** Where everything of the quick start lives: one folder that git ignores, and that may be deleted when it is down. */
import { chmod, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** Absolute paths of the state folder and of what is in it. */
export interface Folders {
  readonly state: string;
  /** Audit trail, CA and certificates of the gateway: kept from start to start. */
  readonly gatewayData: string;
  readonly gatewayConfig: string;
  readonly gatewayLog: string;
  /** Passwords of the upstream accounts: readable for the gateway, never for agents. */
  readonly credentials: string;
  /** CA and certificate of PostgreSQL. */
  readonly postgresCertificates: string;
  /** Home of the login on the machine. */
  readonly machine: string;
  /** The gateway's host key, and a file by which clients of SSH know it. */
  readonly hostKey: string;
  readonly knownHosts: string;
  readonly environment: string;
  /** The example policy, in the repository. */
  readonly policy: string;
  /** The `sallyport` command. */
  readonly sallyport: string;
}

/** The paths for a state folder; `.sallyport` in the repository when none is given. */
export function foldersAt(state: string = path.join(ROOT, '.sallyport')): Folders {
  const at = (...names: readonly string[]): string => path.join(path.resolve(state), ...names);
  return {
    state: at(),
    gatewayData: at('gateway'),
    gatewayConfig: at('sallyport.yaml'),
    gatewayLog: at('gateway.log'),
    credentials: at('credentials'),
    postgresCertificates: at('postgres-tls'),
    machine: at('machine'),
    hostKey: at('ssh_host_key'),
    knownHosts: at('known_hosts'),
    environment: at('quickstart.env'),
    policy: path.join(ROOT, 'examples/quickstart/policy'),
    sallyport: path.join(ROOT, 'gateway/bin/sallyport.js'),
  };
}

/** Makes the state folder, closed to others. */
export async function prepareState(folders: Folders): Promise<void> {
  await mkdir(folders.state, { recursive: true, mode: 0o700 });
  await chmod(folders.state, 0o700);
}

/** Removes what the last start left behind: all of it is made anew. */
export async function clearLeftovers(folders: Folders): Promise<void> {
  for (const stale of [folders.environment, folders.gatewayConfig, folders.credentials, folders.gatewayLog]) {
    await rm(stale, { recursive: true, force: true });
  }
}
