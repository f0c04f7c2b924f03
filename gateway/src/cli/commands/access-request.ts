import { accessRequestSchema } from '../../api/contract/access.ts';
import { parseDurationMs } from '../../policy/duration.ts';
import { type ApiOptions, answeredNo, postToApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { printable } from '../printable.ts';
import { statusOf } from './access-show.ts';
import { missingOf } from './request-fields.ts';

/** Options of `access request`. */
export interface AccessRequestOptions extends ApiOptions {
  readonly for: string;
  readonly why: string;
  readonly rule?: readonly string[];
  readonly only?: readonly string[];
  readonly account?: string;
  readonly start?: string;
  readonly breakGlass?: boolean;
  readonly json?: boolean;
}

/** Asks for access, and prints the request. */
export async function requestAccessCommand(
  resource: string,
  options: AccessRequestOptions,
  { io, setExitCode }: CliContext,
): Promise<void> {
  const durationMs = parseDurationMs(options.for);
  if (durationMs === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `\`--for\` wants a time such as \`4h\`, got \`${printable(options.for, 40)}\``,
    );
  }
  const { account, rule: rules, start, breakGlass, why: justification } = options;
  const answer = await postToApi(options, '/v1/access-requests', {
    resource,
    durationMs,
    justification,
    ...(account === undefined ? {} : { account }),
    ...(rules === undefined ? {} : { rules }),
    ...(start === undefined ? {} : { start }),
    ...(options.only === undefined ? {} : { only: narrowing(options.only) }),
    ...(breakGlass === true ? { breakGlass } : {}),
  });
  if (!answer.ok) {
    io.stderr.write(answeredNo(answer));
    setExitCode(1);
    return;
  }
  const asked = accessRequestSchema.parse(answer.body);
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify(asked, null, 2)}\n`);
    return;
  }
  const missing = missingOf(asked);
  io.stdout.write(
    `${asked.id}: ${statusOf(asked)}${missing === '' ? '' : `; it needs ${printable(missing, 200)}`}\n`,
  );
}

function narrowing(pairs: readonly string[]): Record<string, string[]> {
  const only: Record<string, string[]> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) {
      throw new CliError('ERR_CLI_USAGE', `\`--only\` wants \`key=pattern\`, got \`${printable(pair, 80)}\``);
    }
    const key = pair.slice(0, equals);
    only[key] = [...(only[key] ?? []), pair.slice(equals + 1)];
  }
  return only;
}
