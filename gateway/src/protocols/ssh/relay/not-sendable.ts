import { SshError } from '../errors.ts';
import type { Command } from '../facts/command.ts';

/** What is told of a command that was let pass, and has no form in which it can be sent. */
export function notSendable({ facts }: Command): SshError {
  const reason = facts.statements.flatMap(({ opaque }) => opaque)[0] ?? 'it has no clear reading';
  return new SshError('ERR_SSH_NOT_SUPPORTED', `the command cannot be sent: ${reason}`);
}
