/** Lets the agent work, then asks PostgreSQL, the service and the machine themselves what they have received. */
import { HTTP_TRACES } from '../agent/http-script.ts';
import { TRACES } from '../agent/script.ts';
import { SSH_TRACES } from '../agent/ssh-script.ts';
import { createTranscript } from '../agent/transcript.ts';
import { QuickstartError } from '../errors.ts';
import { type AgentEnvironment, runAgentProcess } from './agent-process.ts';
import { type ApproverOutcome, answerApproval } from './approver.ts';
import {
  arrivalsIn,
  describeArrivals,
  describeCommands,
  describeRequests,
  withoutPreviews,
} from './arrivals.ts';
import type { QuickstartEnvironment } from './environment-file.ts';
import type { Folders } from './folders.ts';
import { askGateway } from './gateway-api.ts';
import { approvalCommands, replayCommands } from './guidance.ts';
import { behindTheMask, recordStatements } from './shop-resource.ts';
import type { Stack } from './stack.ts';

/** Nobody came for the first request, so nobody is waited for long at the next. */
const NOBODY_PATIENCE_MS = 3_000;

/** How it is watched. */
export interface Watching {
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
  /** How long people may answer a request for approval before the script does, in milliseconds. */
  readonly approverPatienceMs: number;
}

/** Throws {@link QuickstartError} when the agent saw, or a resource received, what must not be. */
export async function demonstrate(stack: Stack, folders: Folders, watching: Watching): Promise<void> {
  const { shop, service, host, environment } = stack;
  const { signal, print } = watching;
  print(
    '\nA scripted ReAct agent goes to work through the gateway. It has two URLs and a login of SSH, and no password of the database, no credential of the service, no key of the machine.\n',
  );
  const statements = await recordStatements(shop, 'app_rw');
  const answers: Promise<ApproverOutcome>[] = [];
  const answer = approver(stack, folders, watching);
  const code = await runAgentProcess(agentsPart(environment), signal, (approval) => {
    const answered = answer(approval);
    // Awaited below; until then a failure must not end the process.
    answered.catch(() => undefined);
    answers.push(answered);
  });
  const log = await statements.end();
  if (signal.aborted) return;
  const [first, second] = await Promise.all(answers);
  if (code !== 0) {
    throw new QuickstartError('ERR_QUICKSTART_AGENT', 'the agent did not see what it had to see; read above');
  }
  const requests = service.api.arrivals;
  checkTraces('PostgreSQL', withoutPreviews(log), TRACES, first?.verdict === 'approved');
  checkTraces('the service', requests.join('\n'), HTTP_TRACES, second?.verdict === 'approved');
  const commands = host.machine.arrivals;
  checkTraces('the machine', commands.join('\n'), SSH_TRACES, true);
  print(`\n${describeArrivals(arrivalsIn(log))}\n\n${describeRequests(requests)}`);
  print(`\n${describeCommands(commands)}`);
  print('Nothing that was refused is in any of them.');
  print(`\n${await behindTheMask(shop)}`);
  const sessions = ['shop', 'shop-api', 'shop-host'].map((resource) => sessionOf(stack, resource));
  const [database = '', http = '', ssh = ''] = await Promise.all(sessions);
  print(`\n${replayCommands(folders, { database, http, ssh })}`);
}

/** What an agent may know, and nothing else. */
function agentsPart(environment: QuickstartEnvironment): AgentEnvironment {
  const { AGENT_PG_URL, AGENT_HTTP_URL, AGENT_TOKEN, SALLYPORT_CA } = environment;
  const { AGENT_SSH_HOST, AGENT_SSH_PORT, AGENT_SSH_USER } = environment;
  const { AGENT_SSH_PASSWORD, AGENT_SSH_KNOWN_HOSTS } = environment;
  return {
    AGENT_PG_URL,
    AGENT_HTTP_URL,
    AGENT_TOKEN,
    SALLYPORT_CA,
    AGENT_SSH_HOST,
    AGENT_SSH_PORT,
    AGENT_SSH_USER,
    AGENT_SSH_PASSWORD,
    AGENT_SSH_KNOWN_HOSTS,
  };
}

function approver(
  { gateway, environment }: Stack,
  folders: Folders,
  { signal, approverPatienceMs }: Watching,
): (approval: string) => Promise<ApproverOutcome> {
  let patienceMs = approverPatienceMs;
  return async (approval) => {
    const outcome = await answerApproval(approval, {
      ready: gateway.ready,
      token: environment.APPROVER_TOKEN,
      transcript: createTranscript(process.stdout),
      commands: (id) => approvalCommands(folders, gateway.ready, id),
      patienceMs,
      signal,
    });
    if (outcome.by === 'script') patienceMs = Math.min(patienceMs, NOBODY_PATIENCE_MS);
    return outcome;
  };
}

function checkTraces(
  place: string,
  log: string,
  traces: { readonly refused: readonly RegExp[]; readonly approved: RegExp },
  wasApproved: boolean,
): void {
  const arrived = traces.refused.filter((trace) => trace.test(log));
  if (arrived.length === 0 && traces.approved.test(log) === wasApproved) return;
  throw new QuickstartError(
    'ERR_QUICKSTART_AGENT',
    arrived.length === 0
      ? `${place} has ${wasApproved ? 'not ' : ''}received what was ${wasApproved ? 'approved' : 'not approved'}`
      : `what was refused has arrived at ${place}: ${arrived.join(', ')}`,
  );
}

/** The agent's session on a resource, the newest of its principal. */
async function sessionOf({ gateway, environment }: Stack, resource: string): Promise<string> {
  const path = `/v1/sessions?principal=agent-1&resource=${resource}&limit=1`;
  const { json } = await askGateway(gateway.ready, path, { token: environment.ADMIN_TOKEN });
  const [session] = (json['sessions'] ?? []) as readonly { readonly session?: unknown }[];
  if (typeof session?.session === 'string') return session.session;
  throw new QuickstartError(
    'ERR_QUICKSTART_GATEWAY',
    "the gateway's API does not list the session of the agent",
  );
}
