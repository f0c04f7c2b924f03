import type { Command } from 'commander';
import { loadFamilies } from '../../families/load-families.ts';
import { createPolicyJsonSchema } from '../../policy/json-schema.ts';
import type { CliContext } from '../command.ts';
import { type PolicyInput, type PolicyOptions, readPolicyInput } from '../policy-input.ts';
import { checkPolicy } from './policy-check.ts';
import { diffPolicies } from './policy-diff.ts';
import { type ExplainOptions, explainPolicy } from './policy-explain.ts';
import { testPolicy } from './policy-test.ts';

/** Sets up `sallyport policy check|test|explain|diff|schema`. */
export function setupPolicyCommand(command: Command, context: CliContext): void {
  sharedOptions(command.command('check [folder]'))
    .description('validate all policy files; exit code 1 on errors')
    .option('--strict', 'warnings are errors too')
    .action(async (folder: string | undefined, options: PolicyOptions & { readonly strict?: boolean }) => {
      checkPolicy(await input(folder, options), options, context);
    });
  sharedOptions(command.command('test [folder]'))
    .description('run the cases of all *.test.yaml files; exit code 1 when one fails')
    .action(async (folder: string | undefined, options: PolicyOptions) => {
      testPolicy(await input(folder, options), options, context);
    });
  explainOptions(sharedOptions(command.command('explain [folder]')))
    .description('say which rules decide a request, and why each other rule does not')
    .action(async (folder: string | undefined, options: ExplainOptions) => {
      explainPolicy(await input(folder, options), options, context);
    });
  sharedOptions(command.command('diff <before> [folder]'))
    .description(
      'say what a policy changes against another: rules, and what comes of all test cases; exit code 1 for a difference',
    )
    .action(async (before: string, folder: string | undefined, options: PolicyOptions) => {
      diffPolicies(await input(before, options), await input(folder, options), options, context);
    });
  command
    .command('schema')
    .description('print the JSON Schema of a policy file, for editors')
    .action(async () => {
      const families = (await loadFamilies()).map(({ family }) => family);
      context.io.stdout.write(`${JSON.stringify(createPolicyJsonSchema(families), null, 2)}\n`);
    });
}

async function input(folder: string | undefined, options: PolicyOptions): Promise<PolicyInput> {
  return readPolicyInput(folder, options, await loadFamilies());
}

function sharedOptions(command: Command): Command {
  return command
    .option(
      '-c, --config <file>',
      'config file: gives the folder, the resources and what issuers know of groups',
    )
    .option('--json', 'print JSON');
}

function explainOptions(command: Command): Command {
  return command
    .option('--as-group <group...>', 'policy groups of the principal')
    .option('--as-subject <subject>', 'subject of the token')
    .option('--as-issuer <issuer>', 'issuer of the token')
    .option('--as-agent <agent>', 'agent id')
    .option('--as-actor <subject...>', 'delegation chain, current actor first')
    .requiredOption('--resource <name>', 'name of the resource')
    .option('--protocol <protocol>', 'protocol of the resource')
    .option('--label <key=value...>', 'labels of the resource')
    .option('--account <account>', 'upstream login')
    .option('--at <time>', 'time of the request, ISO 8601 with offset; now unless said')
    .option('--from <address>', 'source address')
    .option('--opened <rule...>', 'rules that people opened to whoever asks')
    .option('--sql <text>', 'the SQL that is sent')
    .option('--connect <database>', 'ask for opening a session on a database')
    .option('--ask <family=body>', 'ask in another family; the body as in a test case, JSON or text');
}
