/** What clients of SSH do before they ask for anything; a preset, so that a policy can switch it off. */
import type { PolicyPreset } from '../../policy/preset.ts';

/** Beginning to work with files touches none: each request is judged by itself. */
export const clientBaseline: PolicyPreset = {
  name: 'client-baseline/ssh',
  description: 'What clients of SSH do before they ask for anything: beginning a transfer of files.',
  yaml: `
rules:
  - id: files-start
    effect: allow
    on: files
    match: { operations: [START] }
`,
};
