/** What a client of scp is told: one line for each thing that went wrong. */
import { GatewayError } from '../../../model/gateway-error.ts';
import { denialOf } from '../refusal.ts';
import type { Refused } from '../sftp/file-work.ts';
import { DataFailed } from '../sftp/read-data.ts';
import { STATUS } from '../sftp/wire/numbers.ts';
import type { SftpReply } from '../sftp/wire/replies.ts';

/** Words for an answer that is none of success. */
export function wordsOf(reply: SftpReply): string {
  return reply.kind === 'status' ? wordsOfCode(reply.code) : 'Failure';
}

function wordsOfCode(code: number): string {
  if (code === STATUS.NO_SUCH_FILE) return 'No such file or directory';
  return code === STATUS.PERMISSION_DENIED ? 'Permission denied' : 'Failure';
}

/** Words for a denial. */
export function wordsOfRefused({ verdict }: Refused): string {
  return denialOf(verdict).text;
}

/** Words for what failed; undefined where the transfer cannot go on. */
export function wordsOfFailure(error: unknown): string | undefined {
  if (error instanceof DataFailed) return wordsOfCode(error.code);
  if (error instanceof GatewayError && error.code === 'ERR_SSH_PATH_CHANGED') return error.publicMessage;
  return undefined;
}
