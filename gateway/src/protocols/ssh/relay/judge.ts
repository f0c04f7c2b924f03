/** Decide, fulfil, admit: one command of a session before anything of it is sent. */
import { denyUnfulfilled } from '../../../enforcement/deny-unfulfilled.ts';
import type { Gate, Verdict } from '../../../enforcement/gate.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { FindingMasks } from '../../../masking/finding-masks.ts';
import type { MaskTools } from '../../../masking/mask-tools.ts';
import type { AccessRequest } from '../../../model/access-request.ts';
import type { ApprovalBinding, ApprovalView } from '../../../model/approval.ts';
import type { Obligation } from '../../../model/obligation.ts';
import { bindingOf } from '../../../model/opening-ask.ts';
import { withoutTokens } from '../../../session/login-name.ts';
import { SshError } from '../errors.ts';
import type { Command } from '../facts/command.ts';
import { findingMasks, withDigests } from '../masking/command-masks.ts';
import type { SshSession } from '../session.ts';
import { recordHiding, verdictHiding } from './hiding.ts';

/** What came of judging: a permit, or the verdict that denies. */
export type Judged =
  | {
      readonly permit: Permit;
      readonly obligations: readonly Obligation[];
      /** People agreed to the text, and to nothing that may come on its standard input. */
      readonly isApproved: boolean;
      /** What the output goes through; undefined where nothing is masked. */
      readonly masks: FindingMasks | undefined;
      /** All masks of the policy for who asks here: what goes on record of the input. */
      readonly inScope: FindingMasks | undefined;
    }
  | { readonly denied: Verdict };

/** Longest text that people are asked for, in bytes: they have to see all of it. */
const MOST_SHOWN_BYTES = 16 * 1024;

/** Judges a command and puts it on file. Waits for people where the policy says so, and holds nothing upstream meanwhile. */
export async function judge(
  command: Command,
  session: SshSession,
  how: { readonly gate: Gate; readonly gone: AbortSignal; readonly tools: MaskTools },
): Promise<Judged> {
  const { gate, gone, tools } = how;
  const { facts, summary } = command;
  const access = session.access(facts);
  const inScope = findingMasks(session.masksInScope(access), tools);
  const record = recordHiding(command.record, inScope);
  const asked = typeof record['text'] === 'string' ? record['text'] : summary;
  const fulfilled = await gate.fulfil({
    access,
    current: () => session.access(facts),
    verdict: maskable(gate.decide(access, asked), access, tools),
    ask: () => approvalAsk(command, access, inScope),
    wait: {
      // Made where people are asked: few commands wait for anybody.
      get signal() {
        return AbortSignal.any([gone, session.over]);
      },
    },
  });
  const verdict = maskable(fulfilled, access, tools);
  // Nobody knows what a command changes.
  const intent = { access, verdict: verdictHiding(verdict, inScope), summary, request: record, writes: true };
  const [permit] = await gate.admit([intent], session.recording);
  session.exchanges += 1;
  if (permit !== undefined && verdict.decision.effect === 'permit') {
    const { obligations } = verdict.decision;
    const masks = findingMasks(obligations, tools);
    return { permit, obligations, isApproved: verdict.grant !== undefined, masks, inScope };
  }
  session.refused += 1;
  return { denied: verdict };
}

/** What asks for output that cannot be masked is denied, in shadow mode too, where masks of others come along (P5). */
function maskable(verdict: Verdict, access: AccessRequest, tools: MaskTools): Verdict {
  const { decision } = verdict;
  if (decision.effect === 'deny') return verdict;
  const rule = findingMasks(decision.obligations, tools)?.unfulfilled;
  if (rule === undefined) return verdict;
  const reason = 'output of commands has no columns: a mask of it names what to detect, and nothing else';
  return { ...verdict, decision: denyUnfulfilled(decision, access, { rule, reason }) };
}

function approvalAsk(
  { asked, summary }: Command,
  access: AccessRequest,
  inScope: FindingMasks | undefined,
): { readonly binding: ApprovalBinding; readonly view: ApprovalView } {
  if (asked === undefined || Buffer.byteLength(asked.text) > MOST_SHOWN_BYTES) {
    const message = 'people are asked only for what can be shown whole, and this command is too long';
    throw new SshError('ERR_SSH_NOT_APPROVABLE', message);
  }
  return {
    binding: { ...bindingOf(access, asked.text), settings: asked.settings },
    view: { summary, text: withDigests(withoutTokens(asked.text), inScope), parameters: [] },
  };
}
