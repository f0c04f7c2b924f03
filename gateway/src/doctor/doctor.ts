/** `sallyport doctor`: all checks of a configured gateway, in the order in which one thing stands on another. */
import { existsSync } from 'node:fs';
import { isDataFolderLocked } from '../audit/data-folder-lock.ts';
import { auditLayout } from '../audit/layout.ts';
import type { Plan } from '../config/schema.ts';
import type { CheckResult } from '../model/check-result.ts';
import type { Clock } from '../model/clock.ts';
import type { ClosingLines } from '../protocols/protocol.ts';
import { type Check, type DoctorContext, doubtful, reasonOf, wrong } from './check.ts';
import { checkAudit } from './checks/audit.ts';
import { checkCertificate } from './checks/certificate.ts';
import { checkDataFolder } from './checks/data-folder.ts';
import { checkDirectPath } from './checks/direct-path.ts';
import { checkGroups } from './checks/groups.ts';
import { checkIssuers } from './checks/issuers.ts';
import { checkListeners } from './checks/listeners.ts';
import { checkPolicy } from './checks/policy.ts';
import { examineResources } from './checks/resources.ts';
import { checkReviews } from './checks/reviews.ts';
import { checkStateStore } from './checks/state-store.ts';
import type { ProbeAnswer } from './direct-path/answer.ts';
import { makeChallenge } from './direct-path/challenge.ts';
import { questionOf } from './direct-path/question.ts';

/** All checks but those of resources and of the way to them. */
const CHECKS: readonly Check[] = [
  checkDataFolder,
  checkAudit,
  checkStateStore,
  checkReviews,
  checkCertificate,
  checkListeners,
  checkPolicy,
  checkGroups,
  checkIssuers,
];

/** What the doctor was told beside the config. */
export interface DoctorOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What a probe at the agent's place answered. */
  readonly answer?: ProbeAnswer;
  /** Addresses of the gateway as agents know them, `host:port`. */
  readonly gateway?: readonly string[];
}

/** What the doctor found. */
export interface DoctorReport {
  /** Nothing fails. */
  readonly ok: boolean;
  readonly results: readonly CheckResult[];
  /** What closes the direct ways to the resources. */
  readonly closing: readonly ClosingLines[];
  /** For the probe at the agent's place; absent where its answer was given. */
  readonly challenge?: string;
}

/** Runs all checks; none keeps the others from running. */
export async function runDoctor(plan: Plan, options: DoctorOptions): Promise<DoctorReport> {
  const { clock, signal, answer } = options;
  const context = { plan, clock, signal, isRunning: isRunning(plan) };
  const results: CheckResult[] = [];
  for (const check of CHECKS) results.push(...(await guarded(check, context)));
  const { results: ofResources, closing } = await examineResources(context);
  results.push(...ofResources);
  const question = await questionOf(plan, options.gateway ?? []);
  let challenge: string | undefined;
  if (answer === undefined) {
    try {
      challenge = await makeChallenge(plan.dataDir, question, clock.nowMs());
      const message = 'not proved that agents cannot reach the resources without the gateway';
      results.push(
        doubtful(
          'direct path',
          message,
          'run the probe where the agents run, and give its answer by `--from`',
        ),
      );
    } catch (error) {
      results.push(
        doubtful('direct path', reasonOf(error), 'make the data folder, or start the gateway once'),
      );
    }
  } else {
    results.push(...(await checkDirectPath(answer, question, context)));
  }
  const ok = results.every(({ level }) => level !== 'fail');
  return { ok, results, closing, ...(challenge === undefined ? {} : { challenge }) };
}

function isRunning({ dataDir }: Plan): boolean {
  try {
    return existsSync(dataDir) && isDataFolderLocked(auditLayout(dataDir));
  } catch {
    // The check of the audit says why.
    return false;
  }
}

async function guarded(check: Check, context: DoctorContext): Promise<readonly CheckResult[]> {
  try {
    return await check(context);
  } catch (error) {
    return [wrong(check.name, reasonOf(error), 'see docs/errors.md')];
  }
}
