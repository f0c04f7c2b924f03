/** Gateways as processes of their own, as they are in production: with the flags of `sallyport serve`, and a processor time that can be told. */
import { readFileSync } from 'node:fs';
import { ENVIRONMENT, type GatewaySite, prepareSite, SALLYPORT } from '../test/e2e/process/gateway-site.ts';
import type { TestPostgres } from '../test/support/postgres.ts';
import { type RunningProcess, startProcess } from '../test/support/processes.ts';

/** A gateway that serves. */
export interface BenchGateway {
  readonly site: GatewaySite;
  readonly process: RunningProcess;
  readonly port: number;
}

/** A gateway before one PostgreSQL server. */
export interface BenchGatewayOptions {
  readonly postgres: TestPostgres;
  readonly policy: string;
  /** Of the account `app` on the server. */
  readonly password: string;
  /** As the config file has them. */
  readonly recording: Readonly<Record<string, unknown>>;
  readonly durability: 'written' | 'synced';
  /** On both sides; else plaintext on loopback. */
  readonly tls: boolean;
  readonly nodeFlags?: readonly string[];
}

/** Longest that a leg may take. */
const PATIENCE_MS = 3_600_000;

/** Starts a gateway; `undo` ends it. */
export async function startBenchGateway(
  options: BenchGatewayOptions,
  undo: AsyncDisposableStack,
): Promise<BenchGateway> {
  const { postgres, policy, password, recording, durability, tls, nodeFlags = [] } = options;
  const plain = { listener: { allowLoopbackPlaintext: true }, resource: { tls: { mode: 'disable' } } };
  const site = undo.use(
    await prepareSite({
      postgres,
      policy,
      password,
      config: { recording, audit: { durability }, log: { level: 'warn' } },
      ...(tls ? {} : plain),
    }),
  );
  const args = [...nodeFlags, SALLYPORT, 'serve', '-c', site.configFile];
  const process = undo.use(
    startProcess(globalThis.process.execPath, args, {
      env: ENVIRONMENT,
      timeoutMs: PATIENCE_MS,
      cwd: site.folder,
    }),
  );
  const [line] = await process.waitForOutput(/\{"event":"ready".*\}(?=\n)/, 60_000);
  const ready = JSON.parse(line) as { readonly listeners: readonly { readonly port: number }[] };
  const [listener] = ready.listeners;
  if (listener === undefined) throw new Error('the gateway has no listener');
  return { site, process, port: listener.port };
}

/** Clock ticks of Linux's `/proc` a second, whatever the machine. */
const TICKS = 100;

/** CPU seconds that a process has used so far, all its threads; in steps of 10 ms. Linux only. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Behind the name, which may hold anything: the fields from the third on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
