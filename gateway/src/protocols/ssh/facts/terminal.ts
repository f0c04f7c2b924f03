/** A whole terminal on the machine, as rules see it: by its name, because of what is done there nothing is judged. */
import { terminalFacts } from '../../../shell/facts.ts';
import type { SshAccount } from '../config.ts';
import type { ProgramRequest } from '../transport/server-connection.ts';
import type { Command } from './command.ts';
import { surroundingsRecord } from './surroundings.ts';

/** The shell of the account. */
export function terminalCommand(
  { name }: SshAccount,
  surroundings: Pick<ProgramRequest, 'terminal' | 'environment'>,
): Command {
  const summary = 'a whole terminal, recorded and not judged';
  return {
    facts: terminalFacts(),
    canonical: undefined,
    asked: { text: summary, settings: {} },
    summary,
    record: {
      account: name,
      text: '(a whole terminal)',
      shell: 'recorded',
      ...surroundingsRecord(surroundings),
    },
  };
}
