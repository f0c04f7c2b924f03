import { join } from 'node:path';
import type { Command } from 'commander';
import { type IssuedSshCertificate, issuedSshCertificateSchema } from '../../api/contract/ssh-certificate.ts';
import {
  type Ed25519Pair,
  ed25519Blob,
  newEd25519Pair,
  privateKeyFile,
} from '../../protocols/ssh/certificate/private-key-file.ts';
import { publicKeyLine } from '../../protocols/ssh/certificate/public-key.ts';
import { type ApiOptions, apiOptions, postToApi, refusedByApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { configFolder, writeOwnFile } from '../config-folder.ts';
import { CliError } from '../errors.ts';
import { localTime, localZone } from '../local-time.ts';
import { printable } from '../printable.ts';
import { secondsOf } from '../seconds.ts';

/** Options of `ssh-cert`. */
export interface SshCertOptions extends ApiOptions {
  readonly dir?: string;
  readonly expiresIn: string;
  readonly sourceAddress?: readonly string[];
  readonly json?: boolean;
}

const KEY = 'id_ed25519';
/** A line of known_hosts or of a config takes no more than this, whatever the gateway says. */
const LINE = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** Sets up `sallyport ssh-cert`. */
export function setupSshCertCommand(command: Command, context: CliContext): void {
  setupSshCertOptions(apiOptions(command))
    .option('--json', 'print what was written as JSON')
    .action(async (options: SshCertOptions) => {
      await sshCertCommand(options, context);
    });
}

/** Adds what may be said of a certificate. */
export function setupSshCertOptions(command: Command): Command {
  return command
    .option('--dir <folder>', 'where key, certificate and config go; default: `ssh` in your config folder')
    .option('--expires-in <time>', '`5m`, `1h` at most; your token’s end at the latest', '15m')
    .option('--source-address <range...>', 'addresses that it may be used from, such as 10.1.0.0/16');
}

/** Makes a new key, has it certified, and writes what plain `ssh` needs. The private key never leaves this machine. */
export async function sshCertCommand(options: SshCertOptions, { io }: CliContext): Promise<void> {
  const pair = newEd25519Pair();
  const publicKey = publicKeyLine('ssh-ed25519', ed25519Blob(pair.publicKey), 'sallyport');
  const answer = await postToApi(options, '/v1/ssh/certificates', {
    publicKey,
    expiresIn: secondsOf(options.expiresIn, '--expires-in'),
    ...(options.sourceAddress === undefined ? {} : { sourceAddresses: options.sourceAddress }),
  });
  if (!answer.ok) throw refusedByApi(answer);
  const issued = issuedSshCertificateSchema.parse(answer.body);
  const folder = options.dir ?? join(configFolder(), 'ssh');
  const config = await writeFiles(folder, issued, { pair, publicKey });
  if (options.json === true) {
    const { certificate: _, ...told } = issued;
    io.stdout.write(`${JSON.stringify({ ...told, folder, config })}\n`);
    return;
  }
  const until = `${localTime(issued.expiresAt)} (${localZone()})`;
  io.stderr.write(`${printable(issued.id, 40)} until ${until}; its key is ${join(folder, KEY)}\n`);
  for (const user of issued.users) io.stdout.write(`ssh -F ${config} ${printable(user, 200)}@sallyport\n`);
}

async function writeFiles(
  folder: string,
  { certificate, host, port, hostAuthority }: IssuedSshCertificate,
  { pair, publicKey }: { readonly pair: Ed25519Pair; readonly publicKey: string },
): Promise<string> {
  for (const text of [certificate, host, hostAuthority]) {
    if (!LINE.test(text))
      throw new CliError('ERR_CLI_API', 'the API gave a certificate or a host that is none');
  }
  const known = await writeOwnFile(
    folder,
    'known_hosts',
    `@cert-authority [${host}]:${port} ${hostAuthority}\n`,
  );
  await writeOwnFile(folder, KEY, privateKeyFile(pair, 'sallyport'));
  await writeOwnFile(folder, `${KEY}.pub`, `${publicKey}\n`);
  await writeOwnFile(folder, `${KEY}-cert.pub`, `${certificate}\n`);
  const key = join(folder, KEY);
  return writeOwnFile(
    folder,
    'config',
    [
      '# Written by sallyport ssh-cert. Include it from ~/.ssh/config, or name it by ssh -F.',
      'Host sallyport',
      `  HostName ${host}`,
      `  Port ${port}`,
      `  IdentityFile "${key}"`,
      `  CertificateFile "${key}-cert.pub"`,
      '  IdentitiesOnly yes',
      '  PreferredAuthentications publickey',
      `  UserKnownHostsFile "${known}"`,
      '  StrictHostKeyChecking yes',
      '',
    ].join('\n'),
  );
}
