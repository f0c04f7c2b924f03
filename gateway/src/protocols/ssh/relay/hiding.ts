/** Values that masks look for do not stand on record as they are (P5). */
import type { Intent, Verdict } from '../../../enforcement/verdict.ts';
import type { FindingMasks } from '../../../masking/finding-masks.ts';
import type { JsonObject } from '../../../model/json.ts';
import { withDigests } from '../masking/command-masks.ts';

/** An intent with digests in place of what the masks find in it. */
export function hiding(intent: Intent, masks: FindingMasks | undefined): Intent {
  if (masks?.scanner === undefined) return intent;
  return {
    ...intent,
    summary: withDigests(intent.summary, masks),
    request: recordHiding(intent.request, masks),
    verdict: verdictHiding(intent.verdict, masks),
  };
}

/** A record likewise. */
export function recordHiding(record: JsonObject, masks: FindingMasks | undefined): JsonObject {
  if (masks?.scanner === undefined) return record;
  const hidden = Object.entries(record).map(([name, value]) => [
    name,
    typeof value === 'string' ? withDigests(value, masks) : value,
  ]);
  return Object.fromEntries(hidden) as JsonObject;
}

/** What a denial names may be a file whose name is a value. */
export function verdictHiding(verdict: Verdict, masks: FindingMasks | undefined): Verdict {
  const { decision } = verdict;
  if (decision.effect === 'permit') return verdict;
  return { ...verdict, decision: { ...decision, subject: withDigests(decision.subject, masks) } };
}
