import { accessRequestSchema } from '../../api/contract/access.ts';
import { type ApiOptions, answeredNo, postToApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { printable } from '../printable.ts';
import { readAccess, statusOf } from './access-show.ts';
import { missingOf, requesterOf } from './request-fields.ts';

/** Options of `access approve|deny|revoke|review`. */
export interface AccessActOptions extends ApiOptions {
  readonly comment?: string;
  readonly digest?: string;
  readonly json?: boolean;
}

/** Answers, revokes or reviews a request: looks at it, says what that is about, and acts on exactly that. */
export async function actOnAccessCommand(
  id: string,
  act: 'approve' | 'deny' | 'revoke' | 'review',
  options: AccessActOptions,
  { io, setExitCode }: CliContext,
): Promise<void> {
  const seen = await readAccess(id, options);
  if (seen === undefined) {
    io.stderr.write(`there is no request ${printable(id, 80)}, or it is not for you to see\n`);
    setExitCode(1);
    return;
  }
  const answer = await postToApi(
    options,
    `/v1/access-requests/${encodeURIComponent(id)}/${act}`,
    bodyOf(act, options, seen.digest),
  );
  if (!answer.ok) {
    io.stderr.write(answeredNo(answer));
    setExitCode(1);
    return;
  }
  const after = accessRequestSchema.parse(answer.body);
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify(after)}\n`);
    return;
  }
  const missing = missingOf(after);
  const what = `${printable(requesterOf(after), 100)} on ${printable(after.resource, 80)}`;
  io.stdout.write(
    `${printable(id, 80)}: ${what}: ${statusOf(after)}${missing === '' ? '' : `; it still needs ${missing}`}\n`,
  );
}

function bodyOf(act: string, { comment, digest }: AccessActOptions, seen: string): object {
  if (act === 'revoke') return {};
  if (act !== 'review') return { digest: digest ?? seen, ...(comment === undefined ? {} : { comment }) };
  if (comment === undefined) throw new CliError('ERR_CLI_USAGE', 'say what you found by `--comment`');
  return { comment };
}
