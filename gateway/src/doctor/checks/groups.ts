import { auditLayout, listSegments } from '../../audit/layout.ts';
import { readSegment } from '../../audit/read-audit.ts';
import type { CheckResult } from '../../model/check-result.ts';
import { type DoctorContext, doubtful, reasonOf, well } from '../check.ts';
import { compileConfigured } from '../policy-input.ts';

const CHECK = 'groups';
/** How far back the trail is read: the newest segments, and so many sessions in them. */
const MAX_SEGMENTS = 8;
const MAX_SESSIONS = 100_000;
const MAX_LISTED = 20;
/** In the sessions that were opened, and in the answers of approvers, who open none. */
const NEEDLE = Buffer.from('"groups":[');

/** Groups that rules name and nobody who came ever had: a typing error, or a mapping that is not what it was. */
export async function checkGroups(context: DoctorContext): Promise<readonly CheckResult[]> {
  try {
    const named = await groupsInRules(context);
    const { sessions, groups } = await groupsOnRecord(context.plan.dataDir);
    if (sessions === 0)
      return [well(CHECK, 'no session on record yet, so no group can be told to be unused')];
    const unseen = [...named].filter((group) => !groups.has(group)).sort();
    const since = `in the last ${sessions} session${sessions === 1 ? '' : 's'} on record`;
    if (unseen.length === 0) return [well(CHECK, `every group that rules name was seen ${since}`)];
    return unseen
      .slice(0, MAX_LISTED)
      .map((group) =>
        doubtful(
          CHECK,
          `rules name the group ${JSON.stringify(group)}, but nobody had it ${since}`,
          'compare its spelling with the identity provider and `groupMapping`; take it away if it is not used',
        ),
      );
  } catch (error) {
    return [
      doubtful(CHECK, `not checked: ${reasonOf(error)}`, 'correct what is wrong with policy or audit first'),
    ];
  }
}

async function groupsInRules(context: DoctorContext): Promise<ReadonlySet<string>> {
  const named = new Set<string>();
  // The lint asks of each group whether it can be produced: so it tells them all.
  await compileConfigured(context, {
    producible: 'any',
    mapped: [],
    canProduce: (group) => {
      named.add(group);
      return true;
    },
  });
  return named;
}

async function groupsOnRecord(
  folder: string,
): Promise<{ readonly sessions: number; readonly groups: ReadonlySet<string> }> {
  const layout = auditLayout(folder);
  const groups = new Set<string>();
  let sessions = 0;
  for (const segment of listSegments(layout).slice(-MAX_SEGMENTS).reverse()) {
    for await (const { event } of readSegment(layout, segment, NEEDLE)) {
      if (event.type === 'approval.answered') for (const group of event.groups) groups.add(group);
      if (event.type !== 'session.opened') continue;
      sessions += 1;
      for (const group of event.principal.groups) groups.add(group);
      if (sessions >= MAX_SESSIONS) return { sessions, groups };
    }
  }
  return { sessions, groups };
}
