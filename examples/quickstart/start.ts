/**
 * The quick start, in the order in which things have to be there: PostgreSQL with the shop, identity provider,
 * gateway, agent. They stop in the reverse order.
 */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { TRACES } from './agent/script.ts';
import { QuickstartError } from './errors.ts';
import { startIdentityProvider } from './identity/provider.ts';
import { runAgentProcess } from './stack/agent-process.ts';
import { createEnvironment, type QuickstartEnvironment, writeEnvironment } from './stack/environment-file.ts';
import { clearLeftovers, type Folders, foldersAt, prepareState } from './stack/folders.ts';
import { gatewayConfig } from './stack/gateway-config.ts';
import { type RunningGateway, startGateway } from './stack/gateway-process.ts';
import { nextSteps } from './stack/guidance.ts';
import { acquireInstanceLock } from './stack/instance-lock.ts';
import { recordStatements, type ShopResource, startShop } from './stack/shop-resource.ts';

/** Options of {@link runQuickstart}. */
export interface QuickstartOptions {
  /** Stop after the transcript instead of staying up. */
  readonly isReadyExit: boolean;
  /** State folder; default `.sallyport` in the repository. */
  readonly state?: string | undefined;
  /** Asks it to stop. */
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

interface Stack {
  readonly shop: ShopResource;
  readonly gateway: RunningGateway;
  readonly environment: QuickstartEnvironment;
}

/**
 * Runs the whole demo and resolves when everything has stopped. Throws {@link QuickstartError} when something does not
 * start, when the agent saw what it must not see, or when a server ends by itself.
 */
export async function runQuickstart(options: QuickstartOptions): Promise<void> {
  const { signal, print } = options;
  const folders = foldersAt(options.state);
  await using running = new AsyncDisposableStack();
  await prepareState(folders);
  const lock = await acquireInstanceLock(folders.state);
  running.defer(() => lock.release());
  await clearLeftovers(folders);

  const stack = await startStack(folders, running, options);
  if (stack === undefined) return;
  await demonstrate(stack, options);
  if (options.isReadyExit || signal.aborted) return;
  print(`\n${nextSteps(folders)}\n`);
  await untilStopped(stack, signal);
  print('Stopping …');
}

/** Starts everything; undefined when it was asked to stop meanwhile. */
async function startStack(
  folders: Folders,
  running: AsyncDisposableStack,
  { signal, print }: QuickstartOptions,
): Promise<Stack | undefined> {
  const shop = await step(print, 'PostgreSQL 18 with a sample shop', () => startShop(folders));
  running.defer(() => shop.server.stop());
  if (signal.aborted) return undefined;

  const identity = await step(print, 'OpenID provider with agents, approvers and admins', () =>
    startIdentityProvider(),
  );
  running.defer(() => identity.stop());

  await writeFile(folders.gatewayConfig, gatewayConfig(folders, shop, identity), { mode: 0o600, flag: 'wx' });
  const gateway = await step(print, 'Sallyport between them', () => startGateway(folders));
  running.defer(() => gateway.stop());
  if (signal.aborted) return undefined;

  const environment = await createEnvironment(gateway.ready, identity);
  await writeEnvironment(folders.environment, environment);
  return { shop, gateway, environment };
}

async function step<Result>(
  print: (text: string) => void,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const startedMs = performance.now();
  const result = await work();
  print(`  ${name.padEnd(52)} ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return result;
}

/** Lets the agent work, then asks PostgreSQL itself what it has received. */
async function demonstrate(
  { shop, environment }: Stack,
  { signal, print }: QuickstartOptions,
): Promise<void> {
  print('\nA scripted ReAct agent goes to work through the gateway.\n');
  const statements = await recordStatements(shop, 'app_rw');
  const code = await runAgentProcess(environment.AGENT_PG_URL);
  const log = await statements.end();
  if (signal.aborted) return;
  if (code !== 0) {
    throw new QuickstartError('ERR_QUICKSTART_AGENT', 'the agent did not see what it had to see; read above');
  }
  checkTraces(log);
  print("PostgreSQL's own log has the permitted statements and none of the refused ones.");
}

function checkTraces(log: string): void {
  const arrived = TRACES.refused.filter((trace) => trace.test(log));
  if (arrived.length === 0 && TRACES.permitted.test(log)) return;
  throw new QuickstartError(
    'ERR_QUICKSTART_AGENT',
    arrived.length === 0
      ? 'PostgreSQL has not logged the permitted statements, so its log proves nothing'
      : `refused statements have arrived at PostgreSQL: ${arrived.join(', ')}`,
  );
}

/** Resolves when asked to stop; throws when a server ends by itself. */
async function untilStopped({ shop, gateway }: Stack, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  // Nothing else keeps the process alive: the servers are other processes, and their handles do not count.
  const heartbeat = setInterval(() => undefined, 60_000);
  try {
    const ended = await Promise.race([
      once(signal, 'abort').then(() => undefined),
      gateway.ended.then(() => 'the gateway'),
      shop.server.ended.then(() => 'PostgreSQL'),
    ]);
    if (ended === undefined) return;
    throw new QuickstartError('ERR_QUICKSTART_GATEWAY', `${ended} has ended by itself; see the logs`);
  } finally {
    clearInterval(heartbeat);
  }
}
