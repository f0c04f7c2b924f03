import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { auditLayout, listSegments } from '../../audit/layout.ts';
import { readLogTail } from '../../audit/log-tail.ts';
import { loadSigningKey } from '../../audit/signing-key.ts';
import { positionFile, readPosition } from '../../audit-export/position.ts';
import type { Plan } from '../../config/schema.ts';
import type { CheckResult } from '../../model/check-result.ts';
import { type DoctorContext, doubtful, reasonOf, well, wrong } from '../check.ts';

const CHECK = 'audit';

/** The end of the trail, as a start of the gateway would verify it: newest segment, its chain and signatures. */
export async function checkAudit({ plan, isRunning }: DoctorContext): Promise<readonly CheckResult[]> {
  const layout = auditLayout(plan.dataDir);
  try {
    // Asked first: the key would be made where there is none.
    if (!existsSync(layout.privateKey) && listSegments(layout).length === 0) {
      return [well(CHECK, 'no audit yet')];
    }
    const tail = await readLogTail(layout, loadSigningKey(layout, true));
    const results = [well(CHECK, `the newest segment verifies, up to record ${tail.head.seq}`)];
    if (tail.torn !== undefined && !isRunning) {
      const message = `a crash left ${tail.torn.bytes} incomplete bytes at the end`;
      results.push(
        doubtful(CHECK, message, 'nothing: the next start cuts them off, and records that it did'),
      );
    }
    results.push(...(await checkExports(plan, tail.head.seq)));
    const { mode } = await stat(layout.auditFolder);
    if ((mode & 0o022) !== 0) {
      results.push(
        wrong(CHECK, `others may write in ${layout.auditFolder}`, `chmod 700 ${layout.auditFolder}`),
      );
    }
    return results;
  } catch (error) {
    // Text of the error says what to do.
    return [wrong(CHECK, reasonOf(error), 'run `sallyport audit verify`')];
  }
}

/** So many records behind are what a receiver that works may be. */
const MOST_BEHIND = 10_000;

/** How far each export has come, by its position on the device. */
async function checkExports({ dataDir, audit }: Plan, head: number): Promise<readonly CheckResult[]> {
  return Promise.all(
    audit.exports.map(async ({ name, to }) => {
      const { seq } = await readPosition(positionFile(dataDir, name));
      const behind = Math.max(0, head - seq);
      const message = `export ${name} (${to}) has sent up to record ${seq}, ${behind} behind`;
      if (behind <= MOST_BEHIND) return well(CHECK, message);
      return doubtful(CHECK, message, 'look at the log of the gateway for why the receiver does not take it');
    }),
  );
}
