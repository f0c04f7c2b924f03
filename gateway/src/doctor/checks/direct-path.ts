import { hostname } from 'node:os';
import type { CheckResult } from '../../model/check-result.ts';
import { type DoctorContext, doubtful, well, wrong } from '../check.ts';
import type { ProbeAnswer } from '../direct-path/answer.ts';
import { challengeProblem, type ProbeQuestion } from '../direct-path/challenge.ts';
import { localAddresses } from '../direct-path/probe.ts';

const CHECK = 'direct path';
const CLOSE = 'close it with the lines below';
const AGAIN = 'run the probe again, with the command that the doctor prints without `--from`';

/** Whether a probe's answer proves that its place reaches no resource but through the gateway. */
export async function checkDirectPath(
  answer: ProbeAnswer,
  question: ProbeQuestion,
  { plan, clock }: DoctorContext,
): Promise<readonly CheckResult[]> {
  const problem = await challengeProblem(plan.dataDir, answer.challenge, clock.nowMs());
  if (problem !== undefined) return [wrong(CHECK, `the answer proves nothing: ${problem}`, AGAIN)];
  const results: CheckResult[] = [];
  const probed = new Map(answer.targets.map((target) => [target.target, target]));
  for (const target of question.targets) {
    const found = probed.get(target);
    if (found === undefined) {
      results.push(wrong(CHECK, `${target} was not probed: the config has changed since`, AGAIN));
      continue;
    }
    const message = `${target}: ${found.verdict}, ${found.detail}`;
    if (found.verdict === 'open') results.push(wrong(CHECK, message, CLOSE));
    else if (found.verdict === 'refused') {
      results.push(
        doubtful(CHECK, message, 'the account is barred; close the port as well, with the lines below'),
      );
    } else results.push(well(CHECK, message));
  }
  return [...results, ...whereItRan(answer)];
}

/** A probe that reaches nothing at all, or ran in the wrong place, proves nothing. */
function whereItRan({ place, controls, at }: ProbeAnswer): CheckResult[] {
  const results: CheckResult[] = [];
  const reached = controls.find((control) => control.reached);
  results.push(
    reached === undefined
      ? wrong(
          CHECK,
          `the probe did not reach the gateway either (${controls.map(({ address, detail }) => `${address} ${detail}`).join(', ') || 'no address is known'}): it may have no network at all`,
          'name the gateway as agents know it by `--gateway HOST:PORT`, and run the probe again',
        )
      : well(
          CHECK,
          `probed from ${place.host} (${place.addresses.join(', ') || 'loopback only'}) at ${at}, which reaches the gateway at ${reached.address}`,
        ),
  );
  const own = localAddresses();
  if (place.host === hostname() && place.addresses.join() === own.join()) {
    const message = 'the probe ran on the machine of the doctor itself';
    results.push(doubtful(CHECK, message, 'run it where the agents run'));
  }
  return results;
}
