import type { Resource } from '../model/resource.ts';
import type { GroupsKnowledge } from '../policy/groups-knowledge.ts';

/** What the config file contributes to the policy commands. */
export interface PolicySettings {
  /** The policy folder of the config. */
  readonly folder?: string;
  readonly groups?: GroupsKnowledge;
  readonly resources: readonly Resource[];
  /** Names that `detect:` of a mask may use. */
  readonly detectors: readonly string[];
}

/** Reads the parts of a config file that the policy commands use; without a file there are none. */
export async function readPolicySettings(config: string | undefined): Promise<PolicySettings> {
  const { detectorNames } = await import('../masking/detector-names.ts');
  if (config === undefined) {
    return { resources: [], detectors: detectorNames() };
  }
  const [{ loadConfig }, { readGroupKnowledge }, { protocols }] = await Promise.all([
    import('../config/load-config.ts'),
    import('../identity/group-knowledge.ts'),
    import('../protocols/index.ts'),
  ]);
  const plan = await loadConfig(config, protocols);
  const { producible, canProduce, mapped } = readGroupKnowledge(plan.identity.issuers);
  return {
    folder: plan.policy.folder,
    detectors: detectorNames(plan.masking.patterns),
    groups: { producible, canProduce, mapped: mapped.map(({ group }) => group) },
    resources: plan.resources.map(({ name, protocol, labels, mode }) => ({ name, protocol, labels, mode })),
  };
}
