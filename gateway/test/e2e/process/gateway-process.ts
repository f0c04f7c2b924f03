/** `sallyport serve` as a process of its own. */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { TestIssuer, TokenClaims } from '../../support/issuer.ts';
import { type ProcessResult, startProcess } from '../../support/processes.ts';

/** A gateway that serves, seen from outside. */
export interface GatewayProcess extends AsyncDisposable {
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  /** PEM file of the gateway's own CA. */
  readonly caFile: string;
  /** URL of the HTTP API; empty without one. */
  readonly api: string;
  readonly issuer: TestIssuer;
  /** Everything it has said so far. */
  output(): string;
  /** Resolves as soon as it has said this. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Whether it was told to end. */
  isKilled(): boolean;
  ended(): Promise<ProcessResult>;
  /** Memory in use after a collection of garbage; the process must have been started as `MEASURED`. */
  memory(): Promise<Memory>;
  /** A URL for clients; makes a token unless a password is given. */
  url(login?: ProcessLogin): Promise<string>;
  /** Connects node-postgres; a connection that breaks later is an `end` event, not an error of the test. */
  connect(login?: ProcessLogin): Promise<pg.Client>;
}

/** Who connects; `token` stands in the password. */
export interface ProcessLogin {
  readonly user?: string;
  readonly token?: string;
  readonly claims?: TokenClaims;
}

/** Bytes in use. */
export interface Memory {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

interface Ready {
  readonly listeners: readonly { readonly host: string; readonly port: number }[];
  readonly ca: string;
  readonly api?: string;
}

/** Longest that a gateway may take from its start to its ready line, and to live. */
const PATIENCE_MS = 180_000;

/** Starts Node with these arguments and waits for the ready line. */
export async function startGatewayProcess(
  args: readonly string[],
  how: { readonly env: Readonly<Record<string, string>>; readonly issuer: TestIssuer },
): Promise<GatewayProcess> {
  await using undo = new AsyncDisposableStack();
  const running = undo.use(startProcess(process.execPath, args, { env: how.env, timeoutMs: PATIENCE_MS }));
  const [line] = await running.waitForOutput(/\{"event":"ready".*\}(?=\n)/, PATIENCE_MS);
  const ready = JSON.parse(line) as Ready;
  const [listener] = ready.listeners;
  if (listener === undefined) throw new Error('the gateway has no listener');
  const owned = undo.move();
  let reports = 0;
  let isKilled = false;
  const url = async ({ user = 'app', token, claims }: ProcessLogin = {}): Promise<string> => {
    const target = new URL(`postgres://${listener.host}:${listener.port}/shop`);
    target.username = user;
    target.password = token ?? (await how.issuer.token(claims));
    target.searchParams.set('sslmode', 'verify-full');
    target.searchParams.set('sslrootcert', ready.ca);
    return target.href;
  };
  return {
    pid: running.pid,
    host: listener.host,
    port: listener.port,
    caFile: ready.ca,
    api: ready.api ?? '',
    issuer: how.issuer,
    output: () => running.output(),
    says: (pattern) => running.waitForOutput(pattern),
    kill(signal) {
      isKilled ||= signal === 'SIGKILL' || signal === 'SIGTERM';
      running.kill(signal);
    },
    isKilled: () => isKilled,
    ended: () => running.ended(),
    async memory() {
      reports += 1;
      running.kill('SIGUSR2');
      // Not anchored: the line may have come between two halves of a line of the log.
      const said = new RegExp(`\\{"event":"memory","report":${reports},[^}]*\\}`);
      const [text] = await running.waitForOutput(said, PATIENCE_MS);
      return JSON.parse(text) as Memory;
    },
    url,
    async connect(options) {
      const client = new pg.Client({ connectionString: await url(options) });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Looks again until the condition holds; the test's own time limit bounds it. */
export async function eventually<Value>(look: () => Value | Promise<Value>): Promise<NonNullable<Value>> {
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== null && value !== false) return value;
    await pause(10);
  }
}
