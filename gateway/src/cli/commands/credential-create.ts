import { resolve } from 'node:path';
import { issuedCredentialSchema } from '../../api/contract/credential.ts';
import { type ApiOptions, postToApi, refusedByApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { localTime, localZone } from '../local-time.ts';
import { printable } from '../printable.ts';
import { secondsOf } from '../seconds.ts';

/** Options of `credential create`. */
export interface CredentialCreateOptions extends ApiOptions {
  readonly account?: string;
  readonly database?: string;
  readonly expiresIn: string;
  readonly uses?: string;
  readonly run?: string;
  readonly sslrootcert?: string;
  readonly json?: boolean;
}

/** Mints a credential. The URL goes to stdout alone, so that it can be taken into a variable; what it is to stderr. */
export async function createCredentialCommand(
  resource: string,
  options: CredentialCreateOptions,
  { io }: CliContext,
): Promise<void> {
  const { account, database, run, uses, ca, sslrootcert = ca } = options;
  const answer = await postToApi(options, '/v1/credentials', {
    resource,
    expiresIn: secondsOf(options.expiresIn, '--expires-in'),
    ...(account === undefined ? {} : { account }),
    ...(database === undefined ? {} : { database }),
    ...(run === undefined ? {} : { run }),
    ...(uses === undefined ? {} : { uses: Number(uses) }),
    ...(sslrootcert === undefined ? {} : { sslrootcert: resolve(sslrootcert) }),
  });
  if (!answer.ok) throw refusedByApi(answer);
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify(answer.body)}\n`);
    return;
  }
  const issued = issuedCredentialSchema.parse(answer.body);
  io.stdout.write(`${printable(issued.url, 8192)}\n`);
  const where = printable(`${issued.account}@${issued.resource}`, 120);
  const times = issued.maxUses === undefined ? '' : `, for ${issued.maxUses} connections`;
  io.stderr.write(
    `${printable(issued.id, 40)} for ${where} until ${localTime(issued.expiresAt)} (${localZone()})${times}; the secret is not shown again\n`,
  );
}
