import type { Command } from 'commander';
import { type ApiOptions, apiOptions } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { type CredentialCreateOptions, createCredentialCommand } from './credential-create.ts';
import { type CredentialListOptions, listCredentialsCommand } from './credential-list.ts';
import { revokeCredentialCommand } from './credential-revoke.ts';

/** Sets up `sallyport credential create|list|revoke`. */
export function setupCredentialCommand(command: Command, context: CliContext): void {
  apiOptions(command.command('create <resource>'))
    .description('mint a session credential from your token and print its URL; the secret is shown this once')
    .option('--account <name>', 'default: the first that the policy lets you use')
    .option('--database <name>', 'default: that of the resource')
    .option('--expires-in <time>', '`15m`, `8h`; your token’s end at the latest', '1h')
    .option('--uses <count>', 'connections that it may open; default: any number')
    .option('--run <id>', 'recorded with its sessions; proves nothing')
    .option('--sslrootcert <file>', 'CA file for the URL; default: that of `--ca`')
    .option('--json', 'print everything as JSON')
    .action(async (resource: string, options: CredentialCreateOptions) => {
      await createCredentialCommand(resource, options, context);
    });
  apiOptions(command.command('list'))
    .description('list session credentials that have not ended; an admin sees those of everybody')
    .option('--limit <count>', 'at most this many', '100')
    .option('--json', 'print JSON')
    .action(async (options: CredentialListOptions) => {
      await listCredentialsCommand(options, context);
    });
  apiOptions(command.command('revoke <id>'))
    .description('revoke one and end its sessions at once; exit code 1 when you have none of this id')
    .option('--json', 'print JSON')
    .action(async (id: string, options: ApiOptions & { readonly json?: boolean }) => {
      await revokeCredentialCommand(id, options, context);
    });
}
