/** What a step of the plan is. */
import type { CommandOutput, Reply, Rows, ServiceAnswer } from './reply.ts';

/** What the agent knows so far. */
export interface Memory {
  /** The reply to the step before. */
  readonly last: Reply | undefined;
}

/** One turn of the loop. */
export type Step = SqlStep | HttpStep | SshStep;

interface Turn {
  /** The first turn of an act of the demo. */
  readonly act?: string;
  readonly thought: string;
  /** What must happen, `approved` after it was pending; anything else fails the demo. */
  readonly expect: 'permitted' | 'refused' | 'approved';
}

/** A statement. */
export interface SqlStep extends Turn {
  readonly sql: string;
  readonly values?: readonly unknown[];
  /** Further demands on a permitted reply; undefined when it is as it should be, else what is wrong. */
  readonly check?: (reply: Rows) => string | undefined;
}

/** A request to the service. */
export interface HttpStep extends Turn {
  /** `GET /customers/7`. */
  readonly request: string;
  readonly body?: object;
  /** As in {@link SqlStep}. */
  readonly check?: (reply: ServiceAnswer) => string | undefined;
}

/** A command on the machine. */
export interface SshStep extends Turn {
  readonly command: string;
  /** As in {@link SqlStep}. */
  readonly check?: (reply: CommandOutput) => string | undefined;
}

/** A plan: the steps in order; each sees what the ones before have found out. */
export type Plan = readonly ((memory: Memory) => Step)[];

/** What the reply to the step before advises. */
export function adviceOf({ last }: Memory): string {
  return last?.kind === 'refused' ? last.advice : 'no reason given';
}

/** What partial masks and redactions look like. */
const MASKED = /\*\*|^\[redacted\]$/u;

/** Names of those of `names` whose value is there as the shop keeps it: an address with a domain, digits of an id. */
export function readableIn(
  row: Readonly<Record<string, unknown>>,
  names: readonly string[],
): readonly string[] {
  return names.filter((name) => {
    const value = row[name];
    return value !== null && !(typeof value === 'string' && MASKED.test(value));
  });
}
