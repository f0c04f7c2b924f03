/** What goes on the audit trail of access that people open for a time. */
import type { AccessWindow } from './access-window.ts';
import type { Approver, Quorum } from './approval.ts';
import type { ApprovalRequester } from './audit-event.ts';
import type { PolicyVersion } from './decision.ts';

/** Events of access requests. */
export type AccessEvent =
  | AccessRequested
  | AccessAnswered
  | AccessGranted
  | AccessEnded
  | AccessRevoked
  | AccessReviewed
  | AccessReviewOverdue
  | SlackLinked
  | SlackUnlinked;

/** Somebody asked for a window. On the device before anybody is asked. */
export interface AccessRequested {
  readonly type: 'access.requested';
  readonly access: string;
  readonly digest: string;
  readonly requester: ApprovalRequester;
  readonly resource: string;
  readonly account: string;
  readonly rules: readonly string[];
  readonly only: AccessWindow['only'];
  readonly durationMs: number;
  /** When it is to begin, in milliseconds since the epoch; absent: at the approval. */
  readonly startMs?: number | undefined;
  readonly justification: string;
  /** In an emergency, without anybody. */
  readonly breakGlass: boolean;
  readonly quorums: readonly Quorum[];
  readonly policy: PolicyVersion;
  readonly windowMs: number;
}

/** A person agreed or refused. On the device before it counts. */
export interface AccessAnswered {
  readonly type: 'access.answered';
  readonly access: string;
  readonly digest: string;
  readonly verdict: 'approve' | 'deny';
  readonly approver: Approver;
  readonly tokenDigest: string;
  readonly groups: readonly string[];
  readonly comment?: string | undefined;
}

/** The window is there. All that a decision under it depends on, so that it can be made again (P7). */
export interface AccessGranted {
  readonly type: 'access.granted';
  readonly access: string;
  readonly digest: string;
  readonly window: AccessWindow;
  readonly approvers: readonly Approver[];
  readonly policy: PolicyVersion;
  /** It was opened without anybody; a review is due by then. Milliseconds since the epoch. */
  readonly reviewDueMs?: number | undefined;
}

/** Time was over: for an answer, or for the window. */
export interface AccessEnded {
  readonly type: 'access.ended';
  readonly access: string;
  readonly digest: string;
  readonly grant?: string | undefined;
}

/** It was withdrawn, or the policy changed. */
export interface AccessRevoked {
  readonly type: 'access.revoked';
  readonly access: string;
  readonly digest: string;
  readonly grant?: string | undefined;
  readonly reason: string;
  readonly by?: Approver | undefined;
}

/** Somebody else looked at what was done in an emergency. */
export interface AccessReviewed {
  readonly type: 'access.reviewed';
  readonly access: string;
  readonly digest: string;
  readonly by: Approver;
  readonly tokenDigest: string;
  readonly groups: readonly string[];
  readonly comment: string;
}

/** Nobody did in time. It stays open. */
export interface AccessReviewOverdue {
  readonly type: 'access.review-overdue';
  readonly access: string;
  readonly digest: string;
  readonly requester: ApprovalRequester;
  readonly resource: string;
  readonly dueMs: number;
}

/** Somebody in Slack is from now on a person of the identity provider, for answers. */
export interface SlackLinked {
  readonly type: 'slack.linked';
  readonly team: string;
  readonly user: string;
  readonly principal: Approver;
  readonly tokenDigest: string;
  readonly untilMs: number;
}

/** Is so no more. */
export interface SlackUnlinked {
  readonly type: 'slack.unlinked';
  readonly principal: Approver;
}
