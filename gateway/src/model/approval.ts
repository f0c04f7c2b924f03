import type { PolicyVersion } from './decision.ts';
import type { Obligation } from './obligation.ts';
import type { Actor } from './principal.ts';

/**
 * Everything that makes two requests the same to an approver. A Grant passes exactly one of them; nothing that clients
 * choose at random (names of statements and portals, ids of sessions) is part of it.
 */
export interface ApprovalBinding {
  readonly issuer: string;
  readonly subject: string;
  readonly agent?: string | undefined;
  /** The verified chain, current actor first. */
  readonly delegation: readonly Actor[];
  /** The run that the token proves; absent: bound to principal and actor alone. */
  readonly run?: string | undefined;
  readonly resource: string;
  readonly protocol: string;
  readonly account: string;
  /** What is addressed inside of the resource: the database, the host and path, the working folder. */
  readonly target: string;
  /** What is asked, resolved: SQL with a prepared body put in, a command line, method and URL. */
  readonly text: string;
  readonly parameters: readonly BoundParameter[];
  /** What changes the meaning of the text: role, search_path, time zone… */
  readonly settings: Readonly<Record<string, string>>;
  /** Ids of the objects that the names mean now: `16384:public.orders`. Their order does not matter. */
  readonly objects: readonly string[];
}

/** A value beside the text, in the one form that its type has; `null` is SQL's NULL. */
export interface BoundParameter {
  readonly type: string;
  readonly value: string | Uint8Array | null;
}

/** What approvers are shown. It is kept on disk: a value that meets a masked column is `sensitive`. */
export interface ApprovalView {
  /** One line, no data: `UPDATE on public.orders`. */
  readonly summary: string;
  /** As the protocol records it: what meets a masked column is digested already. */
  readonly text: string;
  readonly parameters: readonly ViewedParameter[];
  /** What it would do, statement by statement, where the protocol reads that off. */
  readonly effects?: readonly StatementEffect[];
}

/** What one statement would do, as it was read: names, no values. */
export interface StatementEffect {
  readonly kind: string;
  readonly writtenTables: readonly string[];
  readonly readTables: readonly string[];
  readonly writtenColumns: readonly string[];
  readonly functions: readonly string[];
  readonly hasWhere: boolean;
  readonly boundedByKey: boolean;
  /** Whether the resource will tell how many rows it changed. */
  readonly rowChanges: 'none' | 'counted' | 'unknown';
}

/** How the rows are told: by the planner, or by running the statement and rolling it back. */
export type PreviewMode = 'estimate' | 'exact';

/** How many rows it would change: one of the three. */
export interface RowPreview {
  /** As the planner expects. */
  readonly estimate?: number;
  /** As it did: it was run and rolled back. */
  readonly exact?: number;
  /** Why nobody knows. */
  readonly unavailable?: string;
}

/** What a run did before it asked. */
export interface PriorExchange {
  readonly atMs: number;
  readonly session: string;
  readonly resource: string;
  readonly summary: string;
  readonly effect: 'permit' | 'deny';
  readonly decision: string;
}

/** A parameter as approvers are shown it. A sensitive value is neither kept nor shown. */
export interface ViewedParameter {
  readonly type: string;
  readonly value: string | null;
  readonly sensitive: boolean;
}

/** The parts of a permit decision that an approval rests on; when they change, it is void. */
export interface ApprovalGrounds {
  readonly rules: readonly string[];
  readonly obligations: readonly Obligation[];
  readonly policy: PolicyVersion;
}

/** Asks for an approval, or for the grant that came of it. */
export interface ApprovalAsk {
  readonly binding: ApprovalBinding;
  /** What the policy says now; looked at again before a grant is given out after a wait. `undefined`: no longer permitted. */
  readonly grounds: () => ApprovalGrounds | undefined;
  readonly view: ApprovalView;
  /** Asks the resource how many rows it would change; called once for a request that is new. Never rejects. */
  readonly preview?: (() => Promise<RowPreview>) | undefined;
  /** What the run did last, the last one last. */
  readonly before?: readonly PriorExchange[];
  /** Session and decision that ask, for the record. */
  readonly session: string;
  readonly decision: string;
}

/** How long the asker waits. */
export interface ApprovalWait {
  /** Milliseconds; 0 inside of a transaction; absent: what the obligations say, else the gateway's default. */
  readonly waitMs?: number;
  /** Aborted when the client has gone: it then waits no longer and is given no grant. */
  readonly signal?: AbortSignal;
}

/** The right to do once what was approved. It is used up when it is handed out. */
export interface Grant {
  readonly id: string;
  readonly request: string;
  readonly digest: string;
  /** Rules whose approval obligations it satisfies; masks, limits and denials stay. */
  readonly rules: readonly string[];
  readonly policy: PolicyVersion;
  readonly approvers: readonly string[];
}

/** What came of asking. */
export type ApprovalOutcome =
  | { readonly state: 'granted'; readonly grant: Grant }
  /** Ask again with the same; `remainingMs` until the request expires. */
  | { readonly state: 'pending'; readonly id: string; readonly remainingMs: number }
  /** Stays so for `remainingMs`. */
  | {
      readonly state: 'denied';
      readonly id: string;
      readonly comment?: string;
      readonly remainingMs: number;
    }
  /** Nobody answered in time, while this asker waited. */
  | { readonly state: 'expired'; readonly id: string }
  /** The policy changed or the request was cancelled while this asker waited: decide anew. */
  | { readonly state: 'voided'; readonly id?: string; readonly reason: string };

/** Where the gate asks. Implemented by `approvals/`. */
export interface Approvals {
  /** @throws GatewayError when a bound is reached or the audit or the store cannot be written: nothing may be forwarded. */
  ask(ask: ApprovalAsk, wait?: ApprovalWait): Promise<ApprovalOutcome>;
}

/** Somebody who has to agree: any `count` distinct people of these groups. */
export interface Quorum {
  readonly rule: string;
  readonly groups: readonly string[];
  readonly count: number;
  /** An answer of these groups without a comment does not count. */
  readonly comment?: 'required' | undefined;
}

/** Where an approval stands. */
export type ApprovalStatus = 'open' | 'approved' | 'denied' | 'expired' | 'voided' | 'consumed';

/** What happened to a request, for whoever follows. */
export type ApprovalEventType =
  | 'requested'
  | 'answered'
  | 'granted'
  | 'denied'
  | 'consumed'
  | 'expired'
  | 'voided'
  /** Access was opened in an emergency, without anybody. */
  | 'opened'
  /** Somebody else looked at that afterwards. */
  | 'reviewed'
  /** Nobody did in time. */
  | 'overdue';

/** A person who answered, as the token proved them. */
export interface Approver {
  readonly issuer: string;
  readonly subject: string;
}
