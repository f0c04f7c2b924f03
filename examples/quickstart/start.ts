/**
 * The quick start, in the order in which things have to be there: PostgreSQL with the shop, identity provider,
 * gateway, agent. They stop in the reverse order.
 */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { TRACES } from './agent/script.ts';
import { createTranscript } from './agent/transcript.ts';
import { QuickstartError } from './errors.ts';
import { startIdentityProvider } from './identity/provider.ts';
import { runAgentProcess } from './stack/agent-process.ts';
import { type ApproverOutcome, answerApproval } from './stack/approver.ts';
import { arrivalsIn, describeArrivals } from './stack/arrivals.ts';
import { createEnvironment, type QuickstartEnvironment, writeEnvironment } from './stack/environment-file.ts';
import { clearLeftovers, type Folders, foldersAt, prepareState } from './stack/folders.ts';
import { askGateway } from './stack/gateway-api.ts';
import { gatewayConfig } from './stack/gateway-config.ts';
import { type RunningGateway, startGateway } from './stack/gateway-process.ts';
import { approvalCommands, nextSteps, replayCommands } from './stack/guidance.ts';
import { acquireInstanceLock } from './stack/instance-lock.ts';
import { behindTheMask, recordStatements, type ShopResource, startShop } from './stack/shop-resource.ts';

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
  await demonstrate(stack, folders, options);
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
async function demonstrate(stack: Stack, folders: Folders, options: QuickstartOptions): Promise<void> {
  const { shop, gateway, environment } = stack;
  const { signal, print, approverPatienceMs } = options;
  print(
    '\nA scripted ReAct agent goes to work through the gateway. It has a URL, and no password of the database.\n',
  );
  const statements = await recordStatements(shop, 'app_rw');
  const desk = {
    ready: gateway.ready,
    token: environment.APPROVER_TOKEN,
    transcript: createTranscript(process.stdout),
    commands: (approval: string) => approvalCommands(folders, gateway.ready, approval),
    patienceMs: approverPatienceMs,
    signal,
  };
  const answers: Promise<ApproverOutcome>[] = [];
  const code = await runAgentProcess(environment.AGENT_PG_URL, signal, (approval) => {
    const answer = answerApproval(approval, desk);
    // Awaited below; until then a failure must not end the process.
    answer.catch(() => undefined);
    answers.push(answer);
  });
  const log = await statements.end();
  if (signal.aborted) return;
  const outcomes = await Promise.all(answers);
  if (code !== 0) {
    throw new QuickstartError('ERR_QUICKSTART_AGENT', 'the agent did not see what it had to see; read above');
  }
  checkTraces(log, outcomes.includes('approved'));
  print(`\n${describeArrivals(arrivalsIn(log))}\nNothing that was refused is in it.`);
  print(`\n${await behindTheMask(shop)}`);
  print(`\n${replayCommands(folders, await sessionOfAgent(stack))}`);
}

function checkTraces(log: string, wasApproved: boolean): void {
  const arrived = TRACES.refused.filter((trace) => trace.test(log));
  if (arrived.length === 0 && TRACES.approved.test(log) === wasApproved) return;
  throw new QuickstartError(
    'ERR_QUICKSTART_AGENT',
    arrived.length === 0
      ? `PostgreSQL has ${wasApproved ? 'not ' : ''}logged the statement that was ${wasApproved ? 'approved' : 'not approved'}`
      : `refused statements have arrived at PostgreSQL: ${arrived.join(', ')}`,
  );
}

/** The agent's session, the newest of its principal. */
async function sessionOfAgent({ gateway, environment }: Stack): Promise<string> {
  const path = '/v1/sessions?principal=agent-1&limit=1';
  const { json } = await askGateway(gateway.ready, path, { token: environment.ADMIN_TOKEN });
  const [session] = (json['sessions'] ?? []) as readonly { readonly session?: unknown }[];
  if (typeof session?.session === 'string') return session.session;
  throw new QuickstartError(
    'ERR_QUICKSTART_GATEWAY',
    "the gateway's API does not list the session of the agent",
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
