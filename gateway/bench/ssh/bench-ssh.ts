/**
 * SSH through the gateway against OpenSSH alone and behind a relay: `npm run bench -- --legs ssh`, or
 * `node gateway/bench/ssh/bench-ssh.ts [--rounds N] [--connections N] [--megabytes N] [--only NAME] [--node FLAG]`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findTool, tools } from '../../test/support/installed-tool.ts';
import { startTestIssuer } from '../../test/support/issuer.ts';
import { startTestSshd } from '../../test/support/sshd.ts';
import { startTcpRelay } from '../../test/support/tcp-relay.ts';
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts';
import { cpuSecondsOf } from '../gateway-process.ts';
import { gatewayPeer, loginBy, type SshPeer } from './peers.ts';

/** What one way took: medians over the rounds, and of the rounds' ratios to the direct way. */
export interface SshCell {
  readonly peer: string;
  /** `ssh HOST true`, from the start of the client to its end. */
  readonly setUpMs: number;
  readonly setUpToDirect: number;
  /** The same over a connection that is there. */
  readonly execMs: number;
  readonly addedExecMs: number;
  readonly megabytesPerSecond: number;
  readonly bulkToDirect: number;
  /** CPU of the gateway: for each connection, and each MB of bulk. */
  readonly cpuMsPerConnection: number | undefined;
  readonly cpuMsPerMegabyte: number | undefined;
}

/** How much and how often. */
export interface SshBenchOptions {
  readonly rounds: number;
  /** Connections, and commands on one, of each round. */
  readonly connections: number;
  readonly megabytes: number;
  readonly note: (line: string) => void;
  /** Part of the names of the ways that are measured beside the direct one. */
  readonly only?: string;
  readonly nodeFlags?: readonly string[];
}

const MASK =
  'mask: [{ detect: [email, phone, card, iban, us-ssn, ip, mac, jwt, api-key, private-key], with: redact }]';

interface Round {
  readonly setUpMs: number;
  readonly execMs: number;
  readonly bulk: number;
  readonly cpuMsPerConnection: number | undefined;
  readonly cpuMsPerMegabyte: number | undefined;
}

/** Measures all ways in turn; undefined where OpenSSH is not installed. */
export async function benchSsh(options: SshBenchOptions): Promise<readonly SshCell[] | undefined> {
  const { only, nodeFlags = [] } = options;
  const [ssh, sshdProgram, sshKeygen] = [tools.ssh, tools.sshd, tools.sshKeygen].map(findTool);
  if (ssh === undefined || sshdProgram === undefined || sshKeygen === undefined) {
    options.note('OpenSSH is not installed (Debian: openssh-client, openssh-server): skipped');
    return undefined;
  }
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(createTemporaryFolder('bench-ssh')).path;
  const sshd = undo.use(await startTestSshd(sshdProgram));
  const file = path.join(sshd.folder, 'bulk');
  writeFileSync(file, bulkText(options.megabytes));
  const relay = undo.use(await startTcpRelay(sshd));
  const issuer = undo.use(await startTestIssuer());
  const direct: SshPeer = { name: 'direct', login: loginBy(sshd.keyFile, sshd), pid: undefined };
  const relayed: SshPeer = {
    name: 'TCP relay in Node',
    login: loginBy(sshd.keyFile, { port: relay.port, user: sshd.user }),
    pid: undefined,
  };
  const ways: SshPeer[] = [direct, ...(isWanted(relayed.name, only) ? [relayed] : [])];
  for (const { name, recording, mask } of [
    { name: 'sallyport', recording: {}, mask: '' },
    { name: 'sallyport, unrecorded', recording: { enabled: false }, mask: '' },
    { name: 'sallyport, ten detectors', recording: {}, mask: MASK },
  ]) {
    if (!isWanted(name, only)) continue;
    const peer = await gatewayPeer(sshd, { sshKeygen }, { name, folder, issuer, recording, mask, nodeFlags });
    undo.use(peer.process);
    ways.push(peer);
  }
  const rounds: Map<string, Round>[] = [];
  // The first round warms up and counts for nothing.
  for (let round = 0; round <= options.rounds; round += 1) {
    const measured = new Map<string, Round>();
    for (const way of ways) {
      options.note(`round ${round}, ${way.name}`);
      measured.set(way.name, await measure(ssh, way, { file, folder, options, round }));
    }
    if (round > 0) rounds.push(measured);
  }
  return ways.map(({ name }) => cellOf(name, rounds));
}

function isWanted(name: string, only: string | undefined): boolean {
  return only === undefined || name.includes(only);
}

async function measure(
  ssh: string,
  { login, pid }: SshPeer,
  how: {
    readonly file: string;
    readonly folder: string;
    readonly options: SshBenchOptions;
    readonly round: number;
  },
): Promise<Round> {
  const { connections, megabytes } = how.options;
  const cpuMs = (): number => (pid === undefined ? 0 : cpuSecondsOf(pid) * 1000);
  const before = cpuMs();
  const setUps: number[] = [];
  for (let index = 0; index < connections; index += 1) setUps.push(await run(ssh, [...login, 'true']));
  const connected = cpuMs();
  const execMs = await execTime(ssh, login, { connections, control: path.join(how.folder, 'control') });
  const began = cpuMs();
  const seconds = (await run(ssh, [...login, 'cat', how.file])) / 1000;
  const ended = cpuMs();
  return {
    setUpMs: median(setUps),
    execMs,
    bulk: megabytes / seconds,
    cpuMsPerConnection: pid === undefined ? undefined : (connected - before) / connections,
    cpuMsPerMegabyte: pid === undefined ? undefined : (ended - began) / megabytes,
  };
}

/** Commands over one connection, which OpenSSH shares between its own processes. */
async function execTime(
  ssh: string,
  login: readonly string[],
  { connections, control }: { readonly connections: number; readonly control: string },
): Promise<number> {
  const shared = ['-o', `ControlPath=${control}`];
  const master = spawn(ssh, ['-M', '-N', ...shared, ...login], { stdio: 'ignore' });
  const ended = once(master, 'exit');
  try {
    const until = Date.now() + 30_000;
    while ((await run(ssh, ['-O', 'check', ...shared, ...login]).catch(() => -1)) < 0) {
      if (Date.now() > until) throw new Error('no connection to share');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const times: number[] = [];
    for (let index = 0; index < connections; index += 1)
      times.push(await run(ssh, [...shared, ...login, 'true']));
    return median(times);
  } finally {
    master.kill();
    await ended;
  }
}

/** Milliseconds that a client takes; its output goes nowhere. Rejects where it fails. */
async function run(ssh: string, args: readonly string[]): Promise<number> {
  const began = performance.now();
  const child = spawn(ssh, [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`ssh ended with ${code}: ${said.slice(0, 400)}`);
  return performance.now() - began;
}

function cellOf(name: string, rounds: readonly ReadonlyMap<string, Round>[]): SshCell {
  const own = rounds.flatMap((round) => round.get(name) ?? []);
  const ratios = (of: (round: Round) => number): number =>
    median(
      rounds.flatMap((round) => {
        const [mine, theirs] = [round.get(name), round.get('direct')];
        return mine === undefined || theirs === undefined ? [] : [of(mine) / of(theirs)];
      }),
    );
  const added = rounds.flatMap((round) => {
    const [mine, theirs] = [round.get(name), round.get('direct')];
    return mine === undefined || theirs === undefined ? [] : [mine.execMs - theirs.execMs];
  });
  const cpu = (of: (round: Round) => number | undefined): number | undefined => {
    const known = own.flatMap((round) => of(round) ?? []);
    return known.length === 0 ? undefined : median(known);
  };
  return {
    peer: name,
    setUpMs: median(own.map(({ setUpMs }) => setUpMs)),
    setUpToDirect: ratios(({ setUpMs }) => setUpMs),
    execMs: median(own.map(({ execMs }) => execMs)),
    addedExecMs: median(added),
    megabytesPerSecond: median(own.map(({ bulk }) => bulk)),
    bulkToDirect: ratios(({ bulk }) => bulk),
    cpuMsPerConnection: cpu(({ cpuMsPerConnection }) => cpuMsPerConnection),
    cpuMsPerMegabyte: cpu(({ cpuMsPerMegabyte }) => cpuMsPerMegabyte),
  };
}

/** A log, as agents read them: an e-mail address in one line of fifty. */
function bulkText(megabytes: number): string {
  const lines = Array.from(
    { length: 500 },
    (_, line) =>
      `2026-11-27T10:${10 + (line % 50)}:${10 + (line % 49)}Z INFO shop.http GET /orders/${line} took ${line} ms${line % 50 === 7 ? ` user=alice.${line}@example.com` : ''}\n`,
  ).join('');
  return lines.repeat(Math.ceil((megabytes * 1e6) / lines.length)).slice(0, megabytes * 1e6);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Rows of a table. */
export function formatSsh(cells: readonly SshCell[]): readonly Record<string, string | number>[] {
  return cells.map((cell) => ({
    way: cell.peer,
    'set-up ms': cell.setUpMs.toFixed(1),
    'set-up ÷ direct': cell.setUpToDirect.toFixed(2),
    'exec ms': cell.execMs.toFixed(1),
    'added exec ms': cell.addedExecMs.toFixed(1),
    'MB/s': Math.round(cell.megabytesPerSecond),
    'MB/s ÷ direct': cell.bulkToDirect.toFixed(2),
    'CPU ms/connection': cell.cpuMsPerConnection?.toFixed(1) ?? '',
    'CPU ms/MB': cell.cpuMsPerMegabyte?.toFixed(2) ?? '',
  }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '10' },
      megabytes: { type: 'string', default: '300' },
      only: { type: 'string' },
      node: { type: 'string', multiple: true, default: [] },
    },
  });
  const cells = await benchSsh({
    rounds: Number(values.rounds),
    connections: Number(values.connections),
    megabytes: Number(values.megabytes),
    note: (line) => console.error(`  ${line}`),
    ...(values.only === undefined ? {} : { only: values.only }),
    nodeFlags: values.node,
  });
  if (cells !== undefined) console.table(formatSsh(cells));
}
