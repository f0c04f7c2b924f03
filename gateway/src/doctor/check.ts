import type { Plan } from '../config/schema.ts';
import type { CheckResult } from '../model/check-result.ts';
import type { Clock } from '../model/clock.ts';

/** What a check works with. */
export interface DoctorContext {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A gateway runs on the data folder at this moment. */
  readonly isRunning: boolean;
}

/** One check. It changes nothing of the gateway's, and does not reject: what goes wrong is a result. */
export type Check = (context: DoctorContext) => Promise<readonly CheckResult[]>;

/** All is well. */
export function well(check: string, message: string): CheckResult {
  return { check, level: 'ok', message };
}

/** Something that may come to be wrong. */
export function doubtful(check: string, message: string, remedy: string): CheckResult {
  return { check, level: 'warn', message, remedy };
}

/** Something is wrong. */
export function wrong(check: string, message: string, remedy: string): CheckResult {
  return { check, level: 'fail', message, remedy };
}

/** Text of an error, for a result. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
