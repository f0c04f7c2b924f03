/** Gateways as processes of their own, so that what they cost can be told, and the policy of the results leg. */
import { readFileSync } from 'node:fs';
import {
  ENVIRONMENT,
  type GatewaySite,
  prepareSite,
  SALLYPORT,
} from '../../test/e2e/process/gateway-site.ts';
import type { TestPostgres } from '../../test/support/postgres.ts';
import { type RunningProcess, startProcess } from '../../test/support/processes.ts';

/** Ten detectors of different kinds. */
const TEN = 'email, phone, card, iban, us-ssn, ip, mac, jwt, api-key, private-key';

/** One way of masking: the group of the token decides. */
export const MASKS: Readonly<Record<string, string>> = {
  'no mask': '',
  'one column null': 'mask: [{ columns: ["*.email"], with: "null" }]',
  'one column redact': 'mask: [{ columns: ["*.email"], with: redact }]',
  'one column partial': 'mask: [{ columns: ["*.email"], with: partial }]',
  'one column pseudonym': 'mask: [{ columns: ["*.email"], with: pseudonym }]',
  'ten detectors': `mask: [{ detect: [${TEN}], with: redact }]`,
};

/** The group that gets a way of masking. */
export function groupOf(mask: string): string {
  return mask.replaceAll(' ', '-');
}

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [bench] } }
${Object.entries(MASKS)
  .map(([name, mask]) => {
    const match = `{ groups: [${groupOf(name)}], resources: [shop], tables: ["public.customers"] }`;
    return `  - { id: ${groupOf(name)}, effect: allow, on: sql, match: ${match}${mask === '' ? '' : `, ${mask}`} }`;
  })
  .join('\n')}
`;

/** How sessions are recorded. */
export const RECORDINGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  off: { enabled: false },
  default: {},
  whole: { resultBytes: 1024 ** 4, sessionBytes: 1024 ** 4 },
};

/** A gateway that serves. */
export interface BenchGateway {
  readonly site: GatewaySite;
  readonly process: RunningProcess;
  readonly port: number;
}

/** Longest that the leg may take. */
const PATIENCE_MS = 3_600_000;

/** Starts a gateway; loopback without TLS on both sides. */
export async function startBenchGateway(
  postgres: TestPostgres,
  recording: string,
  undo: AsyncDisposableStack,
  nodeFlags: readonly string[] = [],
): Promise<BenchGateway> {
  const site = undo.use(
    await prepareSite({
      postgres,
      policy: POLICY,
      listener: { allowLoopbackPlaintext: true },
      resource: { tls: { mode: 'disable' } },
      config: { recording: RECORDINGS[recording] },
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
