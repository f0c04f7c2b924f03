import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findTool, type Tool } from '../../gateway/test/support/installed-tool.ts';

const aptTimeoutMs = 4 * 60_000;
/** Where a Debian system keeps its programs, in the form of PATH. */
export const systemFolders = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What can be done about missing tools. */
export type InstallPlan =
  | { readonly action: 'nothing' }
  | { readonly action: 'install'; readonly packages: readonly string[] }
  | { readonly action: 'tell'; readonly packages: readonly string[]; readonly reason: string };

/** Where the suites run. */
export interface Surroundings {
  readonly isRoot: boolean;
  readonly hasApt: boolean;
  /** Value of SALLYPORT_NO_APT. */
  readonly noApt: string | undefined;
}

/** Decides: install by itself only as root with apt, unless forbidden; else tell. Pure. */
export function planInstall(missing: readonly Tool[], { isRoot, hasApt, noApt }: Surroundings): InstallPlan {
  if (missing.length === 0) return { action: 'nothing' };
  const packages = [...new Set(missing.map((tool) => tool.debianPackage))];
  if (noApt === '1') return { action: 'tell', packages, reason: 'SALLYPORT_NO_APT=1 forbids it' };
  if (!hasApt) return { action: 'tell', packages, reason: 'this system has no apt-get' };
  if (!isRoot) return { action: 'tell', packages, reason: 'this is not root' };
  return { action: 'install', packages };
}

/** Installs the Debian packages of the tools that are missing, or says which command would. Never throws. */
export async function ensureTools(tools: readonly Tool[]): Promise<void> {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  const names = missing.map((tool) => tool.name).join(', ');
  const plan = planInstall(missing, {
    isRoot: process.getuid?.() === 0,
    hasApt: existsSync('/usr/bin/apt-get'),
    noApt: process.env['SALLYPORT_NO_APT'],
  });
  if (plan.action === 'nothing') return;
  const command = `apt-get install -y --no-install-recommends ${plan.packages.join(' ')}`;
  if (plan.action === 'tell') {
    console.log(
      `Missing: ${names}. Not installed, because ${plan.reason}. The tests that need them are skipped.`,
    );
    console.log(`To run them: ${command}`);
    return;
  }
  console.log(`Missing: ${names}. Installing Debian packages (SALLYPORT_NO_APT=1 forbids it): ${command}`);
  const problem = await installDebianPackages(plan.packages);
  if (problem !== undefined)
    console.log(`Installing failed, the tests that need them are skipped:\n${problem}`);
}

/**
 * Installs packages with apt-get, without starting any daemon.
 *
 * @returns what went wrong, or undefined
 */
export async function installDebianPackages(packages: readonly string[]): Promise<string | undefined> {
  const restore = forbidDaemons();
  try {
    // Old lists are better than none: the outcome of the update does not matter if the install then works.
    const update = await apt(['update']);
    const lock = '-oDPkg::Lock::Timeout=120';
    // Slim images leave out what lies in /usr/share/doc, and rdp_check of impacket does.
    const documents = '-oDPkg::Options::=--path-include=/usr/share/doc/python3-impacket/*';
    const install = await apt(['install', '-y', '--no-install-recommends', lock, documents, ...packages]);
    return install === undefined ? undefined : [update, install].filter(Boolean).join('\n');
  } finally {
    restore();
  }
}

/** Debian starts what it installs, and makes a PostgreSQL cluster that takes port 5432: neither is wanted here. */
function forbidDaemons(): () => void {
  const clusterSetting = '/etc/postgresql-common/createcluster.d/sallyport.conf';
  mkdirSync(path.dirname(clusterSetting), { recursive: true });
  writeFileSync(clusterSetting, 'create_main_cluster = false\n');
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => {
    if (isOurs) rmSync(policy, { force: true });
    rmSync(clusterSetting, { force: true });
  };
}

function apt(args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('/usr/bin/apt-get', ['-q', '-oAcquire::Retries=2', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C', PATH: systemFolders },
      timeout: aptTimeoutMs,
    });
    const lines: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : lines.join('').slice(-2000)));
  });
}
