import { revokedCredentialSchema } from '../../api/contract/credential.ts';
import { type ApiOptions, deleteFromApi, refusedByApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { printable } from '../printable.ts';

/** Revokes a credential; exit code 1 when the caller has none of this id. */
export async function revokeCredentialCommand(
  id: string,
  options: ApiOptions & { readonly json?: boolean },
  { io, setExitCode }: CliContext,
): Promise<void> {
  const answer = await deleteFromApi(options, `/v1/credentials/${encodeURIComponent(id)}`);
  if (answer.ok) {
    const { credential, sessions } = revokedCredentialSchema.parse(answer.body);
    const text = `revoked ${printable(credential, 40)}, ended ${sessions.length} sessions\n`;
    io.stdout.write(options.json === true ? `${JSON.stringify(answer.body)}\n` : text);
    return;
  }
  if (answer.code !== 'ERR_API_UNKNOWN_CREDENTIAL') throw refusedByApi(answer);
  io.stderr.write(`${printable(answer.detail, 400)}: ${printable(id, 80)}\n`);
  setExitCode(1);
}
