/** A real gateway in this process, in front of a real sshd, with a real issuer. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseConfig } from '../../src/config/load-config.ts';
import { type RunningGateway, startGateway } from '../../src/main.ts';
import { protocols } from '../../src/protocols/index.ts';
import { createLog } from '../../src/telemetry/log.ts';
import type { AuditRecord } from './gateway.ts';
import { AUDIENCE, startTestIssuer, type TestIssuer } from './issuer.ts';
import type { TestSshd } from './sshd.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** Lets group `agents` open sessions and run a few programs. */
export const SOME_COMMANDS = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: harmless
    effect: allow
    on: shell
    match: { groups: [agents], argv: ['echo **', 'cat **', 'true', 'false', 'sleep *', 'seq **', 'head **', 'wc **', 'id', 'env', 'printf **', 'wait'] }
`;

/** Options of {@link startSshGateway}. */
export interface SshGatewayOptions {
  readonly sshd: Pick<TestSshd, 'host' | 'port' | 'user' | 'keyFile' | 'fingerprint'>;
  /** Policy file text; default {@link SOME_COMMANDS}. */
  readonly policy?: string;
  /** Keys of the listener, of the resource, and of its one account. */
  readonly listener?: Readonly<Record<string, unknown>>;
  readonly resource?: Readonly<Record<string, unknown>>;
  readonly account?: Readonly<Record<string, unknown>>;
  readonly identity?: Readonly<Record<string, unknown>>;
  /** How people log in at the issuer. */
  readonly login?: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly recording?: Readonly<Record<string, unknown>>;
  readonly approvals?: Readonly<Record<string, unknown>>;
  readonly api?: Readonly<Record<string, unknown>>;
  /** Of an earlier gateway, to be used again. */
  readonly dataDir?: string;
}

/** A gateway and what it stands on. */
export interface SshGateway extends AsyncDisposable {
  readonly gateway: RunningGateway;
  readonly issuer: TestIssuer;
  readonly host: string;
  readonly port: number;
  readonly caFile: string;
  readonly dataDir: string;
  /** URL of the API; empty without the option `api`. */
  readonly api: string;
  readonly logLines: readonly string[];
  setPolicy(text: string): Promise<void>;
  records(): readonly AuditRecord[];
  /** The events on file as soon as `isComplete` holds of them. */
  recordsUntil(isComplete: (records: readonly AuditRecord[]) => boolean): Promise<readonly AuditRecord[]>;
}

/** Starts everything but sshd; `await using` stops it. The resource is `box`, its account `deploy`. */
export async function startSshGateway(options: SshGatewayOptions): Promise<SshGateway> {
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(createTemporaryFolder('ssh-gateway'));
  const issuer = undo.use(await startTestIssuer());
  const policyFile = path.join(folder.path, 'policy', 'policy.yaml');
  mkdirSync(path.dirname(policyFile));
  writeFileSync(policyFile, options.policy ?? SOME_COMMANDS);
  const dataDir = options.dataDir ?? path.join(folder.path, 'data');
  const { sshd } = options;
  const loginOf = options.login === undefined ? {} : { login: options.login };
  const config = {
    dataDir,
    policy: { folder: path.dirname(policyFile) },
    audit: { durability: 'written' },
    limits: { failedAuthenticationsPerMinute: 1_000_000, ...options.limits },
    identity: { issuers: [{ issuer: issuer.url, audience: [AUDIENCE], ...loginOf }], ...options.identity },
    ...(options.recording === undefined ? {} : { recording: options.recording }),
    ...(options.approvals === undefined ? {} : { approvals: options.approvals }),
    ...(options.api === undefined ? {} : { api: { listen: '127.0.0.1:0', ...options.api } }),
    listeners: [{ protocol: 'ssh', listen: '127.0.0.1:0', ...options.listener }],
    resources: [
      {
        name: 'box',
        protocol: 'ssh',
        host: sshd.host,
        port: sshd.port,
        hostKeys: [sshd.fingerprint],
        accounts: [{ name: 'deploy', user: sshd.user, key: { file: sshd.keyFile }, ...options.account }],
        ...options.resource,
      },
    ],
  };
  const logLines: string[] = [];
  const clock = { nowMs: (): number => Date.now() };
  const log = createLog('debug', (line) => logLines.push(line), clock.nowMs);
  const plan = parseConfig(JSON.stringify(config), { file: 'test.yaml', protocols });
  const gateway = await startGateway(plan, { log, clock });
  undo.defer(() => gateway.stop('test over'));
  const [listener] = gateway.ready.listeners;
  if (listener === undefined) throw new Error('no listener');
  const owned = undo.move();
  const records = (): readonly AuditRecord[] => readRecords(path.join(dataDir, 'audit'));
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
    records,
    async recordsUntil(isComplete) {
      const until = Date.now() + 10_000;
      for (;;) {
        const found = records();
        if (isComplete(found)) return found;
        if (Date.now() > until)
          throw new Error(`the audit lacks something: ${JSON.stringify(found.slice(-5))}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function readRecords(folder: string): readonly AuditRecord[] {
  return readdirSync(folder)
    .filter((name) => /^\d+\.jsonl$/.test(name))
    .sort()
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { readonly event: AuditRecord }).event);
}
