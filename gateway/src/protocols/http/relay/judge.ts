/** Decide, fulfil, admit: one request of a session before anything of it is sent. */

import type { Gate, Verdict } from '../../../enforcement/gate.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { ApprovalBinding, ApprovalView } from '../../../model/approval.ts';
import type { Obligation } from '../../../model/obligation.ts';
import { HttpError } from '../errors.ts';
import { writeTarget } from '../facts/request-form.ts';
import type { HttpSession } from '../session.ts';
import { type JudgedRequest, meaningOf } from './request.ts';

/** What came of judging: a permit, or the verdict that denies. */
export type Judged =
  | { readonly permit: Permit; readonly obligations: readonly Obligation[] }
  | { readonly denied: Verdict };

/** Judges a request and puts it on file. Waits for people where the policy says so, and holds nothing upstream meanwhile. */
export async function judge(
  request: JudgedRequest,
  session: HttpSession,
  { gate, gone }: { readonly gate: Gate; readonly gone: AbortSignal },
): Promise<Judged> {
  const access = session.access(request.facts);
  const decided = unmasked(gate.decide(access, request.asked));
  const fulfilled = await gate.fulfil({
    access,
    current: () => session.access(request.facts),
    verdict: decided,
    ask: () => approvalAsk(request, session),
    wait: { signal: AbortSignal.any([gone, session.over]) },
  });
  const verdict = unmasked(fulfilled);
  const { summary, record, writes } = request;
  const intent = { access, verdict, summary, request: record, writes };
  const [permit] = await gate.admit([intent], session.recording);
  session.exchanges += 1;
  if (permit !== undefined && verdict.decision.effect === 'permit') {
    return { permit, obligations: verdict.decision.obligations };
  }
  session.refused += 1;
  return { denied: verdict };
}

/** Shadow mode lets pass what has to be masked, and nothing masks responses here: denied, in every mode (P5). */
function unmasked(verdict: Verdict): Verdict {
  const { decision, id } = verdict;
  if (decision.effect === 'deny') return verdict;
  const mask = decision.obligations.find(({ kind }) => kind === 'mask');
  if (mask === undefined) return verdict;
  return {
    id,
    decision: {
      effect: 'deny',
      cause: 'obligation',
      rules: [mask.rule],
      subject: 'the response',
      message: 'it has to be masked, which this gateway cannot do for HTTP',
      alternatives: [],
      observed: decision.observed,
      policy: decision.policy,
    },
  };
}

function approvalAsk(
  { form, held, summary, record }: JudgedRequest,
  session: HttpSession,
): { readonly binding: ApprovalBinding; readonly view: ApprovalView } {
  if (!form.ok || !held.isComplete) {
    const message =
      'people are asked only for what can be shown whole, and its body is longer than what is looked at';
    throw new HttpError('ERR_HTTP_NOT_APPROVABLE', 403, message);
  }
  const { resource, config } = session.start.configured;
  const { issuer, subject, agent, delegation, run } = session.principal;
  const text = `${form.value.method} ${writeTarget(form.value)}`;
  const type = form.value.headers.get('content-type')?.[0] ?? '';
  const body = Buffer.concat(held.chunks);
  return {
    binding: {
      issuer,
      subject,
      agent,
      delegation,
      run,
      resource: resource.name,
      protocol: resource.protocol,
      account: config.account,
      target: form.value.authority.host,
      text,
      parameters: body.length === 0 ? [] : [{ type, value: body }],
      settings: meaningOf(form.value, config),
      objects: [],
    },
    view: {
      summary,
      // As it is recorded: without what looks like a secret.
      text: typeof record['text'] === 'string' ? record['text'] : form.value.method,
      parameters: body.length === 0 ? [] : [{ type, value: shown(body), sensitive: false }],
    },
  };
}

/** Longest body that approvers are shown, in bytes. */
const SHOWN_BYTES = 4096;

function shown(body: Buffer): string {
  const text = body.toString('utf8', 0, SHOWN_BYTES);
  return body.length > SHOWN_BYTES ? `${text}…` : text;
}
