import type { CliCommand } from '../command.ts';

/** All commands, in the order `--help` shows them. A further command is a file here and an entry in this list. */
export const commands: readonly CliCommand[] = [
  {
    name: 'policy',
    summary: 'check, test and explain policy files',
    load: async () => (await import('./policy.ts')).setupPolicyCommand,
  },
];
