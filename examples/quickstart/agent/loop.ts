/** Thought, action, observation: the loop every ReAct agent runs. */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { ask, type Pending, type Reply } from './reply.ts';
import { type Memory, SCRIPT, type Step, TASK } from './script.ts';
import { formatRows, type Transcript } from './transcript.ts';

/** How it went. */
export interface AgentOutcome {
  readonly permitted: number;
  readonly refused: number;
  /** What was not as it had to be, one sentence each; empty when the demo holds. */
  readonly surprises: readonly string[];
}

/** What the agent needs besides a connection. */
export interface AgentSurroundings {
  readonly transcript: Transcript;
  /** Told once for each request that waits for people. */
  readonly onPending: (approval: string) => void;
  /** Between two attempts at a statement that people have not answered yet, in milliseconds. */
  readonly pauseMs?: number;
  /** How often it asks before it gives up. */
  readonly patience?: number;
}

/**
 * Runs the script on one connection. It goes on after a refusal, because the session must stay usable, and
 * stops at the first surprise, because from then on its thoughts would be wrong.
 */
export async function runAgent(client: pg.Client, surroundings: AgentSurroundings): Promise<AgentOutcome> {
  const { transcript } = surroundings;
  transcript.say('Thought', `My task: ${TASK}`);
  let memory: Memory = { last: undefined };
  let permitted = 0;
  let refused = 0;
  for (const plan of SCRIPT) {
    const step = plan(memory);
    if (step.act !== undefined) transcript.begin(step.act);
    transcript.say('Thought', step.thought);
    const first = await act(client, step, transcript);
    const wasPending = first.kind === 'pending';
    const reply = wasPending ? await untilAnswered(client, step, first, surroundings) : first;
    const surprise = surpriseOf(step, reply, wasPending);
    if (surprise !== undefined) return { permitted, refused, surprises: [surprise] };
    if (reply.kind === 'permitted') permitted += 1;
    else refused += 1;
    memory = { last: reply };
  }
  transcript.say(
    'Thought',
    'The addresses leave by no door, and I do not need them: the spam is gone, and the queue is known. I am done.',
  );
  return { permitted, refused, surprises: [] };
}

async function act(client: pg.Client, step: Step, transcript: Transcript): Promise<Reply> {
  const { sql, values } = step;
  transcript.say('Action', values === undefined ? sql : `${sql}\n${JSON.stringify(values)}`);
  const reply = await ask(client, sql, values);
  transcript.say('Observation', describe(reply), reply.kind !== 'permitted');
  return reply;
}

/** Does as it was told: sends exactly the same again, until people have answered. */
async function untilAnswered(
  client: pg.Client,
  step: Step,
  first: Pending,
  { transcript, onPending, pauseMs = 2_000, patience = 120 }: AgentSurroundings,
): Promise<Reply> {
  transcript.say(
    'Thought',
    'A person decides. I keep the statement exactly as it is and send it again in a while.',
  );
  onPending(first.approval);
  let reply: Reply = first;
  for (let attempt = 0; attempt < patience && reply.kind === 'pending'; attempt += 1) {
    await delay(pauseMs);
    reply = await ask(client, step.sql, step.values);
  }
  transcript.say('Action', `${step.sql}\n${JSON.stringify(step.values)}     (the same again)`);
  transcript.say('Observation', describe(reply), reply.kind !== 'permitted');
  return reply;
}

function describe(reply: Reply): string {
  if (reply.kind !== 'permitted') return reply.message;
  if (reply.rows.length > 0) return formatRows(reply.rows);
  return `${reply.rowCount} ${reply.rowCount === 1 ? 'row' : 'rows'} affected`;
}

function surpriseOf(step: Step, reply: Reply, wasPending: boolean): string | undefined {
  const { expect, sql } = step;
  const came = wasPending ? 'approved' : reply.kind;
  // A person who says no is no surprise.
  if (expect === 'approved' && wasPending && reply.kind === 'refused') return undefined;
  if (came !== expect || (wasPending && reply.kind !== 'permitted')) {
    const happened = reply.kind === 'failed' ? `failed otherwise (${reply.message})` : `was ${reply.kind}`;
    return `\`${sql}\` must be ${expect} by the gateway, but ${happened}`;
  }
  const problem = reply.kind === 'permitted' ? step.check?.(reply) : undefined;
  return problem === undefined ? undefined : `\`${sql}\` was permitted, but ${problem}`;
}
