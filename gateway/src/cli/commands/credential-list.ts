import { type ApiCredential, credentialListSchema } from '../../api/contract/credential.ts';
import { type ApiOptions, getFromApi, refusedByApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { localTime, localZone } from '../local-time.ts';
import { type Column, fitted, tableHead, tableRow } from '../table.ts';

/** Options of `credential list`. */
export interface CredentialListOptions extends ApiOptions {
  readonly limit: string;
  readonly json?: boolean;
}

/** Prints the credentials that the caller may see; never a secret, which nobody has. */
export async function listCredentialsCommand(
  options: CredentialListOptions,
  { io }: CliContext,
): Promise<void> {
  const query = new URLSearchParams({ limit: options.limit });
  const answer = await getFromApi(options, `/v1/credentials?${query.toString()}`);
  if (!answer.ok) throw refusedByApi(answer);
  const { credentials, truncated } = credentialListSchema.parse(answer.body);
  io.stdout.write(
    options.json === true ? `${JSON.stringify(credentials, null, 2)}\n` : tableOf(credentials, io),
  );
  if (truncated) io.stderr.write('there are more; raise --limit\n');
}

function tableOf(credentials: readonly ApiCredential[], io: CliContext['io']): string {
  if (credentials.length === 0) return 'no session credentials\n';
  const columns: readonly Column[] = [
    { title: 'CREDENTIAL', width: 24 },
    { title: 'FOR', width: 60 },
    { title: 'OF', width: 60 },
    { title: `UNTIL (${localZone()})`, width: 40 },
    { title: 'USES', width: 17, align: 'right' },
    { title: 'SESSIONS', width: 8, align: 'right' },
    { title: 'STATE', width: 8 },
  ];
  const rows = credentials.map((one) => [
    one.id,
    `${one.account}@${one.resource} (${one.protocol})`,
    one.principal.agent === undefined || one.principal.agent === one.principal.subject
      ? one.principal.subject
      : `${one.principal.agent} for ${one.principal.subject}`,
    localTime(one.expiresAt),
    one.maxUses === undefined ? '' : `${one.uses ?? 0} of ${one.maxUses}`,
    String(one.sessions.length),
    one.state,
  ]);
  const fit = fitted(columns, rows);
  return tableHead(fit, io) + rows.map((cells) => tableRow(fit, cells)).join('');
}
