/** A gateway before one desktop, as a process of its own, so that its memory and what it costs can be told. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ENVIRONMENT, SALLYPORT } from '../../test/e2e/process/gateway-site.ts';
import { AUDIENCE, type TestIssuer } from '../../test/support/issuer.ts';
import { startProcess } from '../../test/support/processes.ts';
import { WHOLE_DESKTOP } from '../../test/support/rdp-gateway.ts';

/** A desktop to log in to. */
export interface SoakMachine {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Keys of the resource: how the gateway logs in there. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** A gateway that serves. */
export interface SoakGateway extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** URL of the API. */
  readonly api: string;
  /** PEM file of its CA. */
  readonly ca: string;
  readonly dataDir: string;
  output(): string;
}

/** Of one session; far more than an hour of scrolling needs. */
const SESSION_BYTES = 64 * 1024 ** 3;

/** Starts it in a folder that is the caller's. Settings are the defaults, but for the bound of a recording. */
export async function startSoakGateway(
  machine: SoakMachine,
  how: { readonly folder: string; readonly issuer: TestIssuer; readonly timeoutMs: number },
): Promise<SoakGateway> {
  const at = (name: string): string => path.join(how.folder, name);
  mkdirSync(at('policy'), { recursive: true });
  writeFileSync(at('policy/policy.yaml'), WHOLE_DESKTOP);
  writeFileSync(at('desk-password'), machine.password, { mode: 0o600 });
  const { host, port, user, resource } = machine;
  const accounts = [{ name: 'svc', user, password: { file: at('desk-password') } }];
  const config = {
    dataDir: at('data'),
    policy: { folder: at('policy') },
    log: { level: 'warn' },
    identity: { issuers: [{ issuer: how.issuer.url, audience: [AUDIENCE] }] },
    recording: { sessionBytes: SESSION_BYTES },
    api: { listen: '127.0.0.1:0', groups: { viewers: ['staff'] } },
    listeners: [{ protocol: 'rdp', security: 'tls', listen: '127.0.0.1:0' }],
    resources: [{ name: 'desk', protocol: 'rdp', host, port, accounts, ...resource }],
  };
  writeFileSync(at('sallyport.yaml'), JSON.stringify(config));
  const running = startProcess(process.execPath, [SALLYPORT, 'serve', '-c', at('sallyport.yaml')], {
    env: ENVIRONMENT,
    timeoutMs: how.timeoutMs,
    cwd: how.folder,
  });
  const [line] = await running.waitForOutput(/\{"event":"ready".*\}(?=\n)/, 120_000);
  const ready = JSON.parse(line) as Ready;
  return {
    pid: running.pid,
    port: ready.listeners[0]?.port ?? 0,
    api: ready.api,
    ca: ready.ca,
    dataDir: config.dataDir,
    output: () => running.output(),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

interface Ready {
  readonly listeners: readonly { readonly port: number }[];
  readonly api: string;
  readonly ca: string;
}
