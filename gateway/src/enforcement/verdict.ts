import type { AccessRequest } from '../model/access-request.ts';
import type { ApprovalBinding, ApprovalView, ApprovalWait, Grant, RowPreview } from '../model/approval.ts';
import type { ExchangeOutcome } from '../model/audit-event.ts';
import type { Decision, DenyDecision } from '../model/decision.ts';
import type { JsonObject } from '../model/json.ts';
import type { Repetition } from '../model/run-guard.ts';
import type { PreviewPermit } from './preview-permit.ts';

/** What the policy said of one request; not yet on file, so not yet a permit. */
export interface Verdict {
  /** `dec_<session>_<n>`: unique, told to the agent, found in the audit. */
  readonly id: string;
  /** The rule family of what was asked: a denial calls it a statement, a command or a request. */
  readonly family?: string | undefined;
  readonly decision: Decision;
  /** In shadow mode a denial is kept here while `decision` permits. */
  readonly shadow?: DenyDecision;
  /** Of a denial: how often the run was denied the same. */
  readonly repetition?: Repetition;
  /** The approval that was used up for it. */
  readonly grant?: Grant;
}

/** A verdict together with what has to be on file before anything is forwarded. */
export interface Intent {
  readonly access: AccessRequest;
  readonly verdict: Verdict;
  readonly summary: string;
  /** The request as the protocol records it. No secrets. */
  readonly request: JsonObject;
  /** The exchange changes something: its intent is synced whatever the configured durability (P4). */
  readonly writes: boolean;
}

/** The result of an exchange, as the protocol saw it. */
export type Outcome = Pick<ExchangeOutcome, 'status' | 'result'>;

/** A request that is about to be carried out: limits count it, and people are asked where the policy says so. */
export interface Execution {
  readonly access: AccessRequest;
  /** The same as it is at the time of the call: people may take long to answer. */
  readonly current: () => AccessRequest;
  readonly verdict: Verdict;
  /** What an approval is bound to, and what approvers see; made only where one is needed. */
  readonly ask: () => { readonly binding: ApprovalBinding; readonly view: ApprovalView };
  /** Tells the same request, with the same values, from others, as a digest; absent: no two are taken for the same. */
  readonly asked?: (() => string) | undefined;
  readonly wait: ApprovalWait;
  /** Asks the resource how many rows it would change; absent: the protocol has no way to ask. Never rejects. */
  readonly preview?: ((permit: PreviewPermit) => Promise<RowPreview>) | undefined;
}
