import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type IssuedCredential, issuedCredentialSchema } from '../../api/contract/credential.ts';
import { rdpFileText } from '../../protocols/rdp/client-file/rdp-file.ts';
import { type ApiOptions, apiOptions, postToApi, refusedByApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { localTime, localZone } from '../local-time.ts';
import { printable } from '../printable.ts';
import { secondsOf } from '../seconds.ts';

/** Options of `rdp`. */
export interface RdpOptions extends ApiOptions {
  readonly account?: string;
  readonly expiresIn: string;
  readonly uses?: string;
  readonly run?: string;
  readonly output?: string;
  readonly clipboard?: boolean;
  readonly drives?: boolean;
  readonly json?: boolean;
}

/** Sets up `sallyport rdp`. */
export function setupRdpCommand(command: Command, context: CliContext): void {
  apiOptions(command)
    .argument('<resource>')
    .option('--account <name>', 'default: the first that the policy lets you use')
    .option('--expires-in <time>', '`15m`, `8h`; your token’s end at the latest', '1h')
    .option('--uses <count>', 'connections that it may open; default: any number')
    .option('--run <id>', 'recorded with its sessions; proves nothing')
    .option('--output <file>', 'where the file goes; default: the name of the resource and `.rdp`, here')
    .option('--clipboard', 'have the client offer its clipboard; the policy decides')
    .option('--drives', 'have the client offer its drives; the policy decides')
    .option('--json', 'print everything as JSON')
    .action(async (resource: string, options: RdpOptions) => {
      await rdpCommand(resource, options, context);
    });
}

/** Mints a session credential and writes the file. The secret goes to stdout alone, and never into the file. */
export async function rdpCommand(resource: string, options: RdpOptions, { io }: CliContext): Promise<void> {
  const { account, run, uses } = options;
  const answer = await postToApi(options, '/v1/credentials', {
    resource,
    protocol: 'rdp',
    expiresIn: secondsOf(options.expiresIn, '--expires-in'),
    ...(account === undefined ? {} : { account }),
    ...(run === undefined ? {} : { run }),
    ...(uses === undefined ? {} : { uses: Number(uses) }),
  });
  if (!answer.ok) throw refusedByApi(answer);
  const issued = issuedCredentialSchema.parse(answer.body);
  const file = await writeRdpFile(issued, options);
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify({ ...issued, file })}\n`);
    return;
  }
  io.stdout.write(`${printable(issued.secret, 200)}\n`);
  const times = issued.maxUses === undefined ? '' : `, for ${issued.maxUses} connections`;
  const until = `${localTime(issued.expiresAt)} (${localZone()})`;
  io.stderr.write(
    `${file} opens ${printable(`${issued.account}@${issued.resource}`, 120)} until ${until}${times}; the client asks for the secret above, which is not shown again\n`,
  );
}

async function writeRdpFile(issued: IssuedCredential, options: RdpOptions): Promise<string> {
  const { host, port, user, resource } = issued;
  const { clipboard = false, drives = false } = options;
  const text = rdpFileText({ host, port, user, clipboard, drives });
  if (text === undefined)
    throw new CliError('ERR_CLI_API', 'the API gave a host or a user that no file may name');
  const file = resolve(options.output ?? `${resource.replace(/[^\w.-]/g, '_')}.rdp`);
  try {
    await writeFile(file, text, { mode: 0o600 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown failure';
    throw new CliError('ERR_CLI_USAGE', `cannot write ${file}: ${reason}`);
  }
  return file;
}
