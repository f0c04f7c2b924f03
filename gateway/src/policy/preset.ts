/**
 * A named list of rules that a protocol brings along. It is on by default and switched off by
 * `presets: { <name>: off }` in any policy file.
 */
export interface PolicyPreset {
  /** `<purpose>/<protocol>`, for example `client-baseline/postgres`: its rules apply only to resources of that protocol. */
  readonly name: string;
  /** One sentence for people. */
  readonly description: string;
  /** A policy file with `rules:`, or a bare list of rules. Its rules get the ids `<name>#<id>`. */
  readonly yaml: string;
}

/** The protocol a preset is for: the part of its name after the last `/`; undefined when there is none. */
export function protocolOfPreset(preset: PolicyPreset): string | undefined {
  const slash = preset.name.lastIndexOf('/');
  return slash === -1 ? undefined : preset.name.slice(slash + 1);
}

/** Says whether a switch (`client-baseline` or `client-baseline/postgres`) names a preset. */
export function switchNamesPreset(name: string, preset: PolicyPreset): boolean {
  return preset.name === name || preset.name.startsWith(`${name}/`);
}
