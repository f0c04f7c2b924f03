import { killAnswerSchema } from '../../api/contract/session.ts';
import { type ApiOptions, postToApi, refusedByApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { printable } from '../printable.ts';

/** Options of `sessions kill`. */
export interface SessionsKillOptions extends ApiOptions {
  readonly reason?: string;
  readonly json?: boolean;
}

/** Ends a live session through the API; exit code 1 when no such session runs on that gateway. */
export async function killCommand(
  session: string,
  options: SessionsKillOptions,
  { io, setExitCode }: CliContext,
): Promise<void> {
  const { reason, json } = options;
  const path = `/v1/sessions/${encodeURIComponent(session)}/kill`;
  const answer = await postToApi(options, path, reason === undefined ? {} : { reason });
  if (answer.ok) {
    const { session: killed } = killAnswerSchema.parse(answer.body);
    io.stdout.write(json === true ? `${JSON.stringify(answer.body)}\n` : `killed ${printable(killed, 80)}\n`);
    return;
  }
  if (answer.code !== 'ERR_API_UNKNOWN_SESSION') throw refusedByApi(answer);
  io.stderr.write(`${printable(answer.detail, 400)}: ${printable(session, 80)}\n`);
  setExitCode(1);
}
