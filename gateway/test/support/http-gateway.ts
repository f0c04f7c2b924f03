/** A real gateway in this process, in front of a real HTTP server in it, with a real issuer. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { parseConfig } from '../../src/config/load-config.ts';
import { type RunningGateway, startGateway } from '../../src/main.ts';
import { protocols } from '../../src/protocols/index.ts';
import type { HostLookup } from '../../src/protocols/protocol.ts';
import { createLog } from '../../src/telemetry/log.ts';
import type { AuditRecord } from './gateway.ts';
import { AUDIENCE, startTestIssuer, type TestIssuer } from './issuer.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** The secret that the service asks for, and no client may see. */
export const SERVICE_SECRET = 'service-secret-0123456789';

/** What clients see where the service repeats a secret in a body: that it was there. */
export function hidden(secret: string = SERVICE_SECRET): string {
  return '*'.repeat(secret.length);
}

/** Lets group `agents` open sessions and do everything. */
export const ALLOW_ALL_HTTP = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: http, match: { groups: [agents] } }
`;

/** Options of {@link startHttpGateway}. */
export interface HttpGatewayOptions {
  /** The service behind it. */
  readonly service: RequestListener;
  /** Policy file text; default {@link ALLOW_ALL_HTTP}. */
  readonly policy?: string;
  /** Keys of the listener and of the resource. */
  readonly listener?: Readonly<Record<string, unknown>>;
  readonly resource?: Readonly<Record<string, unknown>>;
  /** Beside it. */
  readonly resources?: readonly Readonly<Record<string, unknown>>[];
  /** Resolves names in place of the system. */
  readonly lookup?: HostLookup;
  readonly identity?: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly recording?: Readonly<Record<string, unknown>>;
  readonly approvals?: Readonly<Record<string, unknown>>;
  readonly api?: Readonly<Record<string, unknown>>;
  readonly now?: () => number;
}

/** A gateway and what it stands on. */
export interface HttpGateway extends AsyncDisposable {
  readonly gateway: RunningGateway;
  readonly issuer: TestIssuer;
  readonly service: Server;
  readonly host: string;
  readonly port: number;
  readonly caFile: string;
  readonly dataDir: string;
  /** URL of the API; empty without the option `api`. */
  readonly api: string;
  /** The base URL of the resource, which clients use in place of the service's own. */
  readonly url: string;
  readonly logLines: readonly string[];
  setPolicy(text: string): Promise<void>;
  records(): readonly AuditRecord[];
  /** The events on file as soon as `isComplete` holds of them. */
  recordsUntil(isComplete: (records: readonly AuditRecord[]) => boolean): Promise<readonly AuditRecord[]>;
}

/** Starts everything; `await using` stops it. Listens with TLS, and plaintext on loopback where the listener says so. */
export async function startHttpGateway(options: HttpGatewayOptions): Promise<HttpGateway> {
  await using undo = new AsyncDisposableStack();
  const service = createServer(options.service);
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  undo.defer(
    () =>
      new Promise<void>((resolve) => {
        service.closeAllConnections();
        service.close(() => resolve());
      }),
  );
  const folder = undo.use(createTemporaryFolder('http-gateway'));
  const issuer = undo.use(await startTestIssuer());
  const policyFile = path.join(folder.path, 'policy', 'policy.yaml');
  mkdirSync(path.dirname(policyFile));
  writeFileSync(policyFile, options.policy ?? ALLOW_ALL_HTTP);
  const secretFile = path.join(folder.path, 'secret');
  writeFileSync(secretFile, SERVICE_SECRET, { mode: 0o600 });
  const dataDir = path.join(folder.path, 'data');
  const config = {
    dataDir,
    policy: { folder: path.dirname(policyFile) },
    audit: { durability: 'written' },
    limits: { failedAuthenticationsPerMinute: 1_000_000, ...options.limits },
    identity: { issuers: [{ issuer: issuer.url, audience: [AUDIENCE] }], ...options.identity },
    ...(options.recording === undefined ? {} : { recording: options.recording }),
    ...(options.approvals === undefined ? {} : { approvals: options.approvals }),
    ...(options.api === undefined ? {} : { api: { listen: '127.0.0.1:0', ...options.api } }),
    listeners: [{ protocol: 'http', listen: '127.0.0.1:0', ...options.listener }],
    resources: [
      {
        name: 'shop',
        protocol: 'http',
        url: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
        credential: { bearer: { file: secretFile } },
        ...options.resource,
      },
      ...(options.resources ?? []),
    ],
  };
  const lookup = options.lookup === undefined ? {} : { lookup: options.lookup };
  const logLines: string[] = [];
  const clock = { nowMs: options.now ?? (() => Date.now()) };
  const log = createLog('debug', (line) => logLines.push(line), clock.nowMs);
  const plan = parseConfig(JSON.stringify(config), { file: 'test.yaml', protocols });
  const gateway = await startGateway(plan, { log, clock, ...lookup });
  undo.defer(() => gateway.stop('test over'));
  const [listener] = gateway.ready.listeners;
  if (listener === undefined || gateway.ready.ca === undefined) throw new Error('no listener');
  const { host, port } = listener;
  const caFile = gateway.ready.ca;
  const owned = undo.move();
  const records = (): readonly AuditRecord[] => readRecords(path.join(dataDir, 'audit'));
  return {
    gateway,
    issuer,
    service,
    host,
    port,
    caFile,
    dataDir,
    api: gateway.ready.api ?? '',
    url: `https://${host}:${port}/shop`,
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
