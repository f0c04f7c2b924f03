/** Decide, fulfil, admit: one request of a session before anything of it is sent. */

import { denyUnfulfilled } from '../../../enforcement/deny-unfulfilled.ts';
import type { Gate, Verdict } from '../../../enforcement/gate.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { MaskTools } from '../../../masking/mask-tools.ts';
import type { AccessRequest } from '../../../model/access-request.ts';
import type { ApprovalBinding, ApprovalView } from '../../../model/approval.ts';
import type { Obligation } from '../../../model/obligation.ts';
import { HttpError } from '../errors.ts';
import { writeTarget } from '../facts/request-form.ts';
import type { FieldMasks } from '../masking/field-masks.ts';
import { permitMasks } from '../masking/permit-masks.ts';
import { createResponseMask, type ResponseMask } from '../masking/response-mask.ts';
import type { HttpSession } from '../session.ts';
import type { HeldBody } from './body-window.ts';
import { hidingBy } from './recorded-request.ts';
import { type JudgedRequest, meaningOf, recordHiding } from './request.ts';

/** What came of judging: a permit, or the verdict that denies. */
export type Judged =
  | {
      readonly permit: Permit;
      readonly obligations: readonly Obligation[];
      /** What the answer goes through; undefined where nothing is masked. */
      readonly mask: ResponseMask | undefined;
      /** All masks of the policy for who asks here. */
      readonly inScope: FieldMasks | undefined;
    }
  | { readonly denied: Verdict };

/** Judges a request and puts it on file. Waits for people where the policy says so, and holds nothing upstream meanwhile. */
export async function judge(
  request: JudgedRequest,
  session: HttpSession,
  how: { readonly gate: Gate; readonly gone: AbortSignal; readonly tools: MaskTools },
): Promise<Judged> {
  const { gate, gone, tools } = how;
  const access = session.access(request.facts);
  const inScope = permitMasks(session.masksInScope(access), tools);
  const record = inScope === undefined ? request.record : recordHiding(request, hidingBy(inScope));
  const masks = maskOf(request, tools);
  const decided = maskable(gate.decide(access, request.asked), access, request, masks);
  const fulfilled = await gate.fulfil({
    access,
    current: () => session.access(request.facts),
    verdict: decided.verdict,
    ask: () => approvalAsk({ ...request, record }, session),
    wait: {
      // Made where people are asked: few requests wait for anybody.
      get signal() {
        return AbortSignal.any([gone, session.over]);
      },
    },
  });
  // What is masked may be another thing after people were asked.
  const { verdict, mask } =
    fulfilled === decided.verdict ? decided : maskable(fulfilled, access, request, masks);
  const { summary, writes } = request;
  const intent = { access, verdict, summary, request: record, writes };
  const [permit] = await gate.admit([intent], session.recording);
  session.exchanges += 1;
  if (permit !== undefined && verdict.decision.effect === 'permit') {
    return { permit, obligations: verdict.decision.obligations, mask, inScope };
  }
  session.refused += 1;
  return { denied: verdict };
}

/** A verdict, and the mask of what it permits. */
interface Masked {
  readonly verdict: Verdict;
  readonly mask: ResponseMask | undefined;
}

type MaskOf = (obligations: readonly Obligation[]) => ResponseMask | undefined;

function maskOf({ leaves }: JudgedRequest, tools: MaskTools): MaskOf {
  return (obligations) => {
    const masks = permitMasks(obligations, tools);
    return masks === undefined ? undefined : createResponseMask(masks, { leaves });
  };
}

/** What asks for an answer that cannot be masked is denied, in shadow mode too: it would tell what no rule lets out (P5). */
function maskable(verdict: Verdict, access: AccessRequest, request: JudgedRequest, maskOf: MaskOf): Masked {
  const { decision } = verdict;
  if (decision.effect === 'deny') return { verdict, mask: undefined };
  const mask = maskOf(decision.obligations);
  const refused = mask === undefined ? undefined : whyUnmaskable(request, mask);
  if (refused === undefined) return { verdict, mask };
  const rule = decision.obligations.find(({ kind }) => kind === 'mask')?.rule ?? '';
  const denied = denyUnfulfilled(decision, access, { rule, reason: refused });
  return { verdict: { ...verdict, decision: denied }, mask: undefined };
}

function whyUnmaskable({ head, unmaskable }: JudgedRequest, mask: ResponseMask): string | undefined {
  return unmaskable ?? mask.before(head.fields.pairs())?.message;
}

function approvalAsk(
  { form, held, summary, record }: JudgedRequest,
  session: HttpSession,
): { readonly binding: ApprovalBinding; readonly view: ApprovalView } {
  const hidden = whyHidden(held);
  if (!form.ok || hidden !== undefined) {
    const message = `people are asked only for what can be shown whole, and ${hidden ?? 'it has no clear reading'}`;
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
      parameters:
        body.length === 0
          ? []
          : [{ type, value: shown(held.decoded?.ok === true ? held.decoded.value : body), sensitive: false }],
    },
  };
}

/** Why people could not see what a body says; undefined where they can. */
function whyHidden({ isComplete, decoded }: HeldBody): string | undefined {
  if (!isComplete) return 'its body is longer than what is looked at';
  return decoded?.ok === false ? `this is ${decoded.reason}` : undefined;
}

/** Longest body that approvers are shown, in bytes. */
const SHOWN_BYTES = 4096;

function shown(body: Buffer): string {
  const text = body.toString('utf8', 0, SHOWN_BYTES);
  return body.length > SHOWN_BYTES ? `${text}…` : text;
}
