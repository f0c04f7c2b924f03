import { approvalDetailSchema } from '../../api/contract/approval.ts';
import { type ApiOptions, answeredNo, postToApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { printable } from '../printable.ts';
import { readApproval } from './approvals-show.ts';
import { missingOf, requesterOf } from './request-fields.ts';

/** Options of `approvals approve` and `approvals deny`. */
export interface ApprovalsAnswerOptions extends ApiOptions {
  readonly comment?: string;
  readonly digest?: string;
  readonly json?: boolean;
}

/** Answers a request: looks at it, says what is answered, and answers exactly that. */
export async function answerCommand(
  id: string,
  verdict: 'approve' | 'deny',
  options: ApprovalsAnswerOptions,
  { io, setExitCode }: CliContext,
): Promise<void> {
  const seen = await readApproval(id, options);
  if (seen === undefined) {
    io.stderr.write(`there is no request ${printable(id, 80)}, or it is not for you to see\n`);
    setExitCode(1);
    return;
  }
  const { comment, digest = seen.digest } = options;
  const body = { digest, ...(comment === undefined ? {} : { comment }) };
  const answer = await postToApi(options, `/v1/approvals/${encodeURIComponent(id)}/${verdict}`, body);
  if (!answer.ok) {
    io.stderr.write(answeredNo(answer));
    setExitCode(1);
    return;
  }
  const after = approvalDetailSchema.parse(answer.body);
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify(after)}\n`);
    return;
  }
  const what = `${printable(after.summary, 200)} by ${printable(requesterOf(after), 100)} on ${printable(after.resource, 80)}`;
  const missing = missingOf(after);
  const said = verdict === 'approve' ? 'approved' : 'denied';
  io.stdout.write(
    `${said} ${printable(id, 80)}: ${what}${missing === '' ? '' : `; it still needs ${missing}`}\n`,
  );
}
