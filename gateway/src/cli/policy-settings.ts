import type { Resource } from '../model/resource.ts';
import type { GroupsKnowledge } from '../policy/groups-knowledge.ts';
import { CliError } from './errors.ts';

/** What the config file contributes to the policy commands. */
export interface PolicySettings {
  /** The policy folder of the config. */
  readonly folder?: string;
  readonly groups?: GroupsKnowledge;
  readonly resources: readonly Resource[];
}

/** Reads the parts of a config file that the policy commands use; without a file there are none. */
export async function readPolicySettings(config: string | undefined): Promise<PolicySettings> {
  if (config !== undefined) {
    throw new CliError('ERR_CLI_USAGE', '`--config` is not wired yet');
  }
  return { resources: [] };
}
