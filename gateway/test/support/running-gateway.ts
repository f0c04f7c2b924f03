/** A real gateway in this process, with a real issuer: what the suites of every protocol stand on. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseConfig } from '../../src/config/load-config.ts';
import type { Plan } from '../../src/config/schema.ts';
import { type RunningGateway, startGateway } from '../../src/main.ts';
import { protocols } from '../../src/protocols/index.ts';
import type { HostLookup } from '../../src/protocols/protocol.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { AUDIENCE, startTestIssuer, type TestIssuer } from './issuer.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

type Keys = Readonly<Record<string, unknown>>;

/** What suites of every protocol may choose. */
export interface GatewayOptions {
  /** Policy file text; each protocol has a default that lets group `agents` in. */
  readonly policy?: string;
  readonly durability?: 'synced' | 'written';
  /** Keys of the listener and of the resource. */
  readonly listener?: Keys;
  readonly resource?: Keys;
  readonly identity?: Keys;
  /** Where tokens hold what policies may ask for. */
  readonly claims?: Keys;
  /** How people log in at the issuer. */
  readonly login?: Keys;
  /** Without it, failed authentications are not bounded: suites make many from one address. */
  readonly limits?: Keys;
  readonly recording?: Keys;
  readonly approvals?: Keys;
  /** Where the audit is streamed to. */
  readonly exports?: readonly Keys[];
  /** Serves the HTTP API, on loopback unless it says where: `api: {}`, `api: { groups: { auditors: [auditors] } }`. */
  readonly api?: Keys;
  /** Of an earlier gateway, to be used again. */
  readonly dataDir?: string;
  readonly now?: () => number;
  readonly logLevel?: 'debug' | 'warn';
  /** Resolves names in place of the system. */
  readonly lookup?: HostLookup;
}

/** What a protocol adds to the config. */
export interface GatewaySetUp {
  readonly policy: string;
  readonly listener: Keys;
  /** @param folder for files of the resources */
  readonly resources: (folder: string) => readonly Keys[];
  /** Listeners beside the first. */
  readonly listeners?: readonly Keys[];
}

/** An event of the audit, as it was written. */
export type AuditRecord = Keys;

/** A gateway and what it stands on. */
export interface StartedGateway extends AsyncDisposable {
  readonly gateway: RunningGateway;
  readonly issuer: TestIssuer;
  readonly host: string;
  readonly port: number;
  readonly caFile: string;
  readonly dataDir: string;
  /** URL of the HTTP API; empty without the option `api`. */
  readonly api: string;
  readonly logLines: readonly string[];
  /** Writes the policy file anew and reloads. */
  setPolicy(text: string): Promise<void>;
  /** Reloads with other issuers, as after a change of the config file. */
  setIssuers(issuers: readonly Keys[]): Promise<void>;
  /** Audit events on file, parsed. */
  records(): readonly AuditRecord[];
  /** The events on file as soon as `isComplete` holds of them; outcomes follow their answers by some milliseconds. */
  recordsUntil(isComplete: (records: readonly AuditRecord[]) => boolean): Promise<readonly AuditRecord[]>;
}

/** Starts it with one listener, on loopback; `await using` stops it. */
export async function startRunningGateway(
  options: GatewayOptions,
  setUp: GatewaySetUp,
): Promise<StartedGateway> {
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(createTemporaryFolder('gateway')).path;
  const issuer = undo.use(await startTestIssuer());
  const policyFile = path.join(folder, 'policy', 'policy.yaml');
  mkdirSync(path.dirname(policyFile));
  writeFileSync(policyFile, options.policy ?? setUp.policy);
  const dataDir = options.dataDir ?? path.join(folder, 'data');
  const loginOf = options.login === undefined ? {} : { login: options.login };
  const claimsOf = options.claims === undefined ? {} : { claims: options.claims };
  const config = {
    dataDir,
    policy: { folder: path.dirname(policyFile) },
    audit: { durability: options.durability ?? 'written', exports: options.exports ?? [] },
    limits: { failedAuthenticationsPerMinute: 1_000_000, ...options.limits },
    identity: {
      issuers: [{ issuer: issuer.url, audience: [AUDIENCE], ...loginOf, ...claimsOf }],
      ...options.identity,
    },
    ...(options.recording === undefined ? {} : { recording: options.recording }),
    ...(options.approvals === undefined ? {} : { approvals: options.approvals }),
    ...(options.api === undefined ? {} : { api: { listen: '127.0.0.1:0', ...options.api } }),
    listeners: [
      { listen: '127.0.0.1:0', ...setUp.listener, ...options.listener },
      ...(setUp.listeners ?? []),
    ],
    resources: setUp.resources(folder),
  };
  const planOf = (keys: object): Plan => parseConfig(JSON.stringify(keys), { file: 'test.yaml', protocols });
  const logLines: string[] = [];
  const clock = { nowMs: options.now ?? (() => Date.now()) };
  const log = createLog(options.logLevel ?? 'debug', (line) => logLines.push(line), clock.nowMs);
  const lookup = options.lookup === undefined ? {} : { lookup: options.lookup };
  const gateway = await startGateway(planOf(config), { log, clock, ...lookup });
  undo.defer(() => gateway.stop('test over'));
  const [listener] = gateway.ready.listeners;
  if (listener === undefined) throw new Error('the gateway has no listener');
  const owned = undo.move();
  const auditFolder = path.join(dataDir, 'audit');
  return {
    gateway,
    issuer,
    host: listener.host,
    port: listener.port,
    caFile: gateway.ready.ca ?? '',
    dataDir,
    api: gateway.ready.api ?? '',
    logLines,
    async setPolicy(text) {
      writeFileSync(policyFile, text);
      await gateway.reload();
    },
    setIssuers: (issuers) => gateway.reload(planOf({ ...config, identity: { ...config.identity, issuers } })),
    records: () => readRecords(auditFolder),
    recordsUntil: (isComplete) => pollRecords(auditFolder, isComplete),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The events of all segments, in order. */
function readRecords(folder: string): readonly AuditRecord[] {
  return readdirSync(folder)
    .filter((name) => /^\d+\.jsonl$/.test(name))
    .sort()
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { readonly event: AuditRecord }).event);
}

async function pollRecords(
  folder: string,
  isComplete: (records: readonly AuditRecord[]) => boolean,
): Promise<readonly AuditRecord[]> {
  const until = Date.now() + 10_000;
  for (;;) {
    const records = readRecords(folder);
    if (isComplete(records)) return records;
    if (Date.now() > until)
      throw new Error(`the audit lacks something: ${JSON.stringify(records.slice(-5))}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
