import { didYouMean } from './did-you-mean.ts';
import type { PolicyDiagnostic } from './errors.ts';
import type { LoadedFile } from './load.ts';
import { type PolicyPreset, switchNamesPreset } from './preset.ts';

/**
 * Finds the presets that are on: all, but those that some file switches off under `presets:`. A preset that one file
 * wants by `use:` and another switches off is an error, as is the name of a preset that is not there.
 */
export function switchPresets(
  files: readonly LoadedFile[],
  presets: readonly PolicyPreset[],
  problems: PolicyDiagnostic[],
): readonly PolicyPreset[] {
  const names = presets.map((preset) => preset.name);
  const off = new Set<string>();
  for (const { file, document } of files) {
    for (const [name, state] of Object.entries(document.presets ?? {})) {
      const meant = presets.filter((preset) => switchNamesPreset(name, preset));
      if (meant.length === 0) {
        const message = `no preset \`${name}\`${didYouMean(name, names)}`;
        problems.push(file.atKey('ERR_POLICY_UNKNOWN_NAME', message, ['presets'], name));
      }
      if (state === false || state === 'off') {
        meant.forEach((preset) => off.add(preset.name));
      }
    }
  }
  for (const { file, document } of files) {
    (document.use ?? []).forEach((name, index) => {
      if (!names.includes(name)) {
        const message = `no preset \`${name}\`${didYouMean(name, names)}`;
        problems.push(file.at('ERR_POLICY_UNKNOWN_NAME', message, ['use', index]));
      } else if (off.has(name)) {
        const message = `preset \`${name}\` is used here and switched off under \`presets\``;
        problems.push(file.at('ERR_POLICY_CONTRADICTION', message, ['use', index]));
      }
    });
  }
  return presets.filter((preset) => !off.has(preset.name));
}
