/** An approval request as it is kept, and what it is made of. */
import type { AccessWindow, OpenedRule } from '../model/access-window.ts';
import type {
  ApprovalStatus,
  Approver,
  PriorExchange,
  Quorum,
  RowPreview,
  StatementEffect,
} from '../model/approval.ts';
import type { PolicyVersion } from '../model/decision.ts';
import type { Actor } from '../model/principal.ts';

/** Whose request it is, as a verified token proved them. */
export interface Requester {
  readonly issuer: string;
  readonly subject: string;
  readonly agent?: string | undefined;
  readonly delegation: readonly Actor[];
  readonly run?: string | undefined;
}

/** What approvers see, cut to size. Sensitive values are not in it. */
export interface KeptView {
  readonly summary: string;
  readonly text: string;
  /** Characters of the whole text; more than `text` has when it was cut. */
  readonly textLength: number;
  readonly parameters: readonly KeptParameter[];
  /** How many parameters there are beyond those. */
  readonly furtherParameters: number;
  /** What each statement would do, where that was read off. */
  readonly effects?: readonly StatementEffect[] | undefined;
  /** How many rows it would change, where the resource was asked. */
  readonly rows?: RowPreview | undefined;
  /** What the run did last before it asked, the last one last. */
  readonly before?: readonly PriorExchange[] | undefined;
}

/** A parameter as it is kept. */
export interface KeptParameter {
  readonly type: string;
  /** Absent for a sensitive one; `null` for NULL. */
  readonly value?: string | null;
  readonly sensitive: boolean;
  /** The value was cut. */
  readonly truncated: boolean;
}

/** What a person said. One entry a person: the last one counts. */
export interface Answer {
  readonly by: Approver;
  /** Those of the person's groups that a quorum asks for, at that time. */
  readonly groups: readonly string[];
  readonly verdict: 'approve' | 'deny';
  readonly comment?: string | undefined;
  readonly atMs: number;
}

/** Access for a time, as it was asked for. */
export interface AskedAccess {
  readonly rules: readonly AskedRule[];
  /** Narrows the rules: dimension → patterns. */
  readonly only: AccessWindow['only'];
  readonly durationMs: number;
  /** When it is to begin, in milliseconds since the epoch; absent: at the approval. */
  readonly startMs?: number | undefined;
  readonly justification: string;
  readonly breakGlass: boolean;
  /** The window, once there is one; milliseconds since the epoch. */
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Of what was opened in an emergency. */
  readonly review?: Review | undefined;
}

/** A rule to open, with its text at that time. */
export interface AskedRule extends OpenedRule {
  /** What it permits, in a few words. */
  readonly phrase: string;
}

/** The look at an emergency that somebody else owes. */
export interface Review {
  /** Milliseconds since the epoch. */
  readonly dueMs: number;
  readonly isOverdue: boolean;
  readonly closed?: { readonly by: Approver; readonly comment: string; readonly atMs: number } | undefined;
}

/** An approval request. Values, never changed: each step of its life is a new one with the next version. */
export interface ApprovalRequest {
  /** `apr_`, or `acc_` of access for a time, and 24 characters that nobody can guess. */
  readonly id: string;
  /** What it is bound to. */
  readonly digest: string;
  /** The decision that it rests on. */
  readonly grounds: string;
  readonly status: ApprovalStatus;
  readonly requester: Requester;
  readonly resource: string;
  readonly protocol: string;
  readonly account: string;
  readonly target: string;
  readonly view: KeptView;
  /** Access for a time is asked for; absent: one exchange. */
  readonly access?: AskedAccess | undefined;
  readonly quorums: readonly Quorum[];
  readonly policy: PolicyVersion;
  /** Session and decision that asked first; empty where access for a time is asked for. */
  readonly session: string;
  readonly decision: string;
  readonly createdMs: number;
  /** End of the window; of the grant, once there is one. Milliseconds since the epoch. */
  readonly expiresMs: number;
  /** Length of the window, in milliseconds. */
  readonly windowMs: number;
  /** What was left of it when this was written: a clock that was set back in between gives nothing back. */
  readonly remainingMs: number;
  readonly answers: readonly Answer[];
  /** Id of the grant, once all quorums agreed. */
  readonly grant?: string | undefined;
  readonly closedMs?: number | undefined;
  /** Why it was voided. */
  readonly reason?: string | undefined;
  /** Counts the steps; a step from a version that is no longer there is refused. */
  readonly version: number;
}

/** Still of use: it can be answered, or its grant used. */
export function isLive({ status }: Pick<ApprovalRequest, 'status'>): boolean {
  return status === 'open' || status === 'approved';
}
