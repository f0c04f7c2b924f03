/** Thought, action, observation: the loop every ReAct agent runs. */
import type pg from 'pg';
import { ask, type Reply } from './reply.ts';
import { type Memory, SCRIPT, type Step, TASK } from './script.ts';
import { formatRows, type Transcript } from './transcript.ts';

/** How it went. */
export interface AgentOutcome {
  readonly permitted: number;
  readonly refused: number;
  /** What was not as it had to be, one sentence each; empty when the demo holds. */
  readonly surprises: readonly string[];
}

/**
 * Runs the script on one connection. It goes on after a refusal, because the session must stay usable, and
 * stops at the first surprise, because from then on its thoughts would be wrong.
 */
export async function runAgent(client: pg.Client, transcript: Transcript): Promise<AgentOutcome> {
  transcript.say('Thought', `My task: ${TASK}`);
  let memory: Memory = { last: undefined, ticketId: undefined };
  let permitted = 0;
  let refused = 0;
  for (const plan of SCRIPT) {
    const step = plan(memory);
    transcript.say('Thought', step.thought);
    transcript.say(
      'Action',
      step.values === undefined ? step.sql : `${step.sql}\n${JSON.stringify(step.values)}`,
    );
    const reply = await ask(client, step.sql, step.values);
    transcript.say('Observation', describe(reply), reply.kind !== 'permitted');
    const surprise = surpriseOf(step, reply);
    if (surprise !== undefined) return { permitted, refused, surprises: [surprise] };
    if (reply.kind === 'permitted') permitted += 1;
    else refused += 1;
    memory = remember(memory, reply);
  }
  transcript.say('Thought', 'The spam is gone, everything else is untouched. I am done.');
  return { permitted, refused, surprises: [] };
}

function describe(reply: Reply): string {
  if (reply.kind !== 'permitted') return reply.message;
  return reply.rows.length > 0 ? formatRows(reply.rows) : `${reply.rowCount} row(s) affected`;
}

function surpriseOf(step: Step, reply: Reply): string | undefined {
  if (reply.kind !== step.expect) {
    const happened = reply.kind === 'failed' ? `failed otherwise (${reply.message})` : `was ${reply.kind}`;
    return `\`${step.sql}\` must be ${step.expect} by the gateway, but ${happened}`;
  }
  const problem = reply.kind === 'permitted' ? step.check?.(reply) : undefined;
  return problem === undefined ? undefined : `\`${step.sql}\` was permitted, but ${problem}`;
}

function remember(memory: Memory, reply: Reply): Memory {
  const row = reply.kind === 'permitted' ? reply.rows[0] : undefined;
  const isTicket = row !== undefined && 'body' in row;
  return { last: reply, ticketId: isTicket ? String(row['id']) : memory.ticketId };
}
