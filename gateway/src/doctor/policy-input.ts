import { readGroupKnowledge } from '../identity/group-knowledge.ts';
import { detectorNames } from '../masking/detector-names.ts';
import { type CompiledPolicy, compilePolicy } from '../policy/compile.ts';
import { connectFamily } from '../policy/connect-family.ts';
import type { PolicyErrors } from '../policy/errors.ts';
import type { GroupsKnowledge } from '../policy/groups-knowledge.ts';
import { loadPolicyFolder } from '../policy-source/policy-folder.ts';
import { protocols } from '../protocols/index.ts';
import type { DoctorContext } from './check.ts';

/** The policy as a start would compile it. @throws PolicySourceError when the folder cannot be read */
export async function compileConfigured(
  { plan, clock }: DoctorContext,
  groups: GroupsKnowledge = knowledgeOf(plan.identity.issuers),
): Promise<CompiledPolicy | PolicyErrors> {
  const loaded = await loadPolicyFolder(plan.policy.folder);
  const families = [connectFamily, ...protocols.flatMap((protocol) => protocol.families)];
  return compilePolicy(loaded.files, {
    families: [...new Map(families.map((family) => [family.name, family])).values()],
    presets: protocols.flatMap((protocol) => protocol.presets),
    version: loaded.version,
    nowMs: clock.nowMs(),
    groups,
    detectors: detectorNames(plan.masking.patterns),
  });
}

function knowledgeOf(issuers: Parameters<typeof readGroupKnowledge>[0]): GroupsKnowledge {
  const { producible, canProduce, mapped } = readGroupKnowledge(issuers);
  return { producible, canProduce, mapped: mapped.map(({ group }) => group) };
}
