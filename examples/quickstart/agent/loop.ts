/** Thought, action, observation: the loop every ReAct agent runs. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Pending, Reply } from './reply.ts';
import { TASK } from './script.ts';
import type { HttpStep, Memory, Plan, SqlStep, Step } from './step.ts';
import { formatJson, formatRows, type Transcript } from './transcript.ts';

/** What the agent can do: it knows URLs, and nothing of what stands behind them. */
export interface Tools {
  database(sql: string, values?: SqlStep['values']): Promise<Reply>;
  service(request: string, body?: HttpStep['body']): Promise<Reply>;
  machine(command: string): Promise<Reply>;
}

/** How it went. */
export interface AgentOutcome {
  readonly permitted: number;
  readonly refused: number;
  /** What was not as it had to be, one sentence each; empty when the demo holds. */
  readonly surprises: readonly string[];
}

/** What the agent needs besides its tools. */
export interface AgentSurroundings {
  readonly transcript: Transcript;
  /** Told once for each request that waits for people. */
  readonly onPending: (approval: string) => void;
  /** Between two attempts at what people have not answered yet, in milliseconds. */
  readonly pauseMs?: number;
  /** How often it asks before it gives up. */
  readonly patience?: number;
  readonly plan: Plan;
}

/**
 * Runs the script. It goes on after a refusal, because the session must stay usable, and
 * stops at the first surprise, because from then on its thoughts would be wrong.
 */
export async function runAgent(tools: Tools, surroundings: AgentSurroundings): Promise<AgentOutcome> {
  const { transcript, plan } = surroundings;
  transcript.say('Thought', `My task: ${TASK}`);
  let memory: Memory = { last: undefined };
  let permitted = 0;
  let refused = 0;
  for (const next of plan) {
    const step = next(memory);
    if (step.act !== undefined) transcript.begin(step.act);
    transcript.say('Thought', step.thought);
    const first = await act(tools, step, transcript);
    const wasPending = first.kind === 'pending';
    const reply = wasPending ? await untilAnswered(tools, step, first, surroundings) : first;
    const surprise = surpriseOf(step, reply, wasPending);
    if (surprise !== undefined) return { permitted, refused, surprises: [surprise] };
    if (reply.kind === 'permitted') permitted += 1;
    else refused += 1;
    memory = { last: reply };
  }
  transcript.say(
    'Thought',
    'The addresses leave by no door, and I do not need them: the spam is gone, ticket 96 is answered, and the disk has room. I am done.',
  );
  return { permitted, refused, surprises: [] };
}

async function act(tools: Tools, step: Step, transcript: Transcript): Promise<Reply> {
  transcript.say('Action', actionOf(step));
  const reply = await ask(tools, step);
  transcript.say('Observation', describe(reply), reply.kind !== 'permitted');
  return reply;
}

function ask(tools: Tools, step: Step): Promise<Reply> {
  if ('command' in step) return tools.machine(step.command);
  return 'sql' in step ? tools.database(step.sql, step.values) : tools.service(step.request, step.body);
}

function actionOf(step: Step): string {
  if ('command' in step) return `$ ${step.command}`;
  const [text, more] = 'sql' in step ? [step.sql, step.values] : [step.request, step.body];
  return more === undefined ? text : `${text}\n${JSON.stringify(more)}`;
}

/** Does as it was told: sends exactly the same again, until people have answered. */
async function untilAnswered(
  tools: Tools,
  step: Step,
  first: Pending,
  { transcript, onPending, pauseMs = 2_000, patience = 120 }: AgentSurroundings,
): Promise<Reply> {
  transcript.say('Thought', 'A person decides. I keep it exactly as it is and send it again in a while.');
  onPending(first.approval);
  let reply: Reply = first;
  for (let attempt = 0; attempt < patience && reply.kind === 'pending'; attempt += 1) {
    await delay(pauseMs);
    reply = await ask(tools, step);
  }
  transcript.say('Action', `${actionOf(step)}     (the same again)`);
  transcript.say('Observation', describe(reply), reply.kind !== 'permitted');
  return reply;
}

function describe(reply: Reply): string {
  if (reply.kind !== 'permitted') return reply.message;
  if (reply.tool === 'ssh') return reply.stdout.trimEnd() || '(no output)';
  if (reply.tool === 'http') return `${reply.status} ${formatJson(reply.json)}`;
  if (reply.rows.length > 0) return formatRows(reply.rows);
  return `${reply.rowCount} ${reply.rowCount === 1 ? 'row' : 'rows'} affected`;
}

function surpriseOf(step: Step, reply: Reply, wasPending: boolean): string | undefined {
  const { expect } = step;
  const name = 'sql' in step ? step.sql : 'command' in step ? step.command : step.request;
  const came = wasPending ? 'approved' : reply.kind;
  // A person who says no is no surprise.
  if (expect === 'approved' && wasPending && reply.kind === 'refused') return undefined;
  if (came !== expect || (wasPending && reply.kind !== 'permitted')) {
    const happened = reply.kind === 'failed' ? `failed otherwise (${reply.message})` : `was ${reply.kind}`;
    return `\`${name}\` must be ${expect} by the gateway, but ${happened}`;
  }
  const problem = problemOf(step, reply);
  return problem === undefined ? undefined : `\`${name}\` was permitted, but ${problem}`;
}

function problemOf(step: Step, reply: Reply): string | undefined {
  if (reply.kind !== 'permitted') return undefined;
  if ('command' in step) return reply.tool === 'ssh' ? step.check?.(reply) : 'another tool answered';
  if ('sql' in step) return reply.tool === 'sql' ? step.check?.(reply) : 'another tool answered';
  return reply.tool === 'http' ? step.check?.(reply) : 'another tool answered';
}
