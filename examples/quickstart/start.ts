/**
 * The quick start, in the order in which things have to be there: PostgreSQL and the identity provider, the shop's internal
 * service and machine, the gateway while the shop is filled, agent. They stop in the reverse order.
 */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { QuickstartError } from './errors.ts';
import { startIdentityProvider } from './identity/provider.ts';
import { ensureConsole } from './stack/console-build.ts';
import { demonstrate } from './stack/demonstration.ts';
import { createEnvironment, writeEnvironment } from './stack/environment-file.ts';
import { clearLeftovers, type Folders, foldersAt, prepareState } from './stack/folders.ts';
import { gatewayConfig } from './stack/gateway-config.ts';
import { startGateway } from './stack/gateway-process.ts';
import { nextSteps } from './stack/guidance.ts';
import { acquireInstanceLock } from './stack/instance-lock.ts';
import { startMachineResource } from './stack/machine-resource.ts';
import { startService } from './stack/service-resource.ts';
import { startShop } from './stack/shop-resource.ts';
import type { Stack } from './stack/stack.ts';

/** Options of {@link runQuickstart}. */
export interface QuickstartOptions {
  /** Stop after the transcript instead of staying up. */
  readonly isReadyExit: boolean;
  /** State folder; default `.sallyport` in the repository. */
  readonly state?: string | undefined;
  /** How long people may answer the agent's request for approval before the script does, in milliseconds. */
  readonly approverPatienceMs: number;
  /** Asks it to stop. */
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
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
  await demonstrate(stack, folders, options);
  if (options.isReadyExit || signal.aborted) return;
  print(`\n${nextSteps(folders, stack.environment)}\n`);
  await untilStopped(stack, signal);
  print('Stopping …');
}

/** Starts everything; undefined when it was asked to stop meanwhile. */
async function startStack(
  folders: Folders,
  running: AsyncDisposableStack,
  { signal, print }: QuickstartOptions,
): Promise<Stack | undefined> {
  const identityStart = startedLater(
    running,
    step(print, 'OpenID provider with agents, approvers and admins', () => startIdentityProvider()),
  );
  const consoleStart = step(print, 'the console', () => ensureConsole());
  // Awaited before the gateway; until then a failure must not end the process.
  consoleStart.catch(() => undefined);
  const shop = await step(print, 'PostgreSQL 18', () => startShop(folders));
  running.defer(() => shop.server.stop());
  const identity = await identityStart;
  if (signal.aborted) return undefined;

  const service = await startService(folders, shop);
  running.defer(() => service.api.stop());
  const host = await startMachineResource(folders);
  running.defer(() => host.machine.stop());
  const config = gatewayConfig(folders, { shop, service, host }, identity);
  await writeFile(folders.gatewayConfig, config, { mode: 0o600, flag: 'wx' });
  await consoleStart;
  const gatewayStart = startedLater(
    running,
    step(print, 'Sallyport between them and the agent', () => startGateway(folders)),
  );
  await step(print, 'a sample shop in it, and an internal service on it', () => shop.fill());
  const gateway = await gatewayStart;
  if (signal.aborted) return undefined;

  const environment = await createEnvironment(gateway.ready, identity, folders);
  await writeEnvironment(folders.environment, environment);
  return { shop, service, host, gateway, environment };
}

/** What starts while other things do: it is stopped in its turn, and a failure is told where it is awaited. */
function startedLater<Part extends { stop(): Promise<void> }>(
  running: AsyncDisposableStack,
  start: Promise<Part>,
): Promise<Part> {
  const started = start.catch(() => undefined);
  running.defer(async () => (await started)?.stop());
  return start;
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
