import type { AccessEvent } from './access-event.ts';
import type { Approver, PreviewMode, Quorum } from './approval.ts';
import type { CredentialEvent } from './credential-event.ts';
import type { PolicyVersion } from './decision.ts';
import type { JsonObject } from './json.ts';
import type { Principal } from './principal.ts';
import type { RecordingEvent } from './recording-event.ts';

/**
 * What goes on the audit trail. The audit module adds sequence number, time and hash chain.
 * No event may hold a credential, a token or row data (P5, P6).
 */
export type AuditEvent =
  | GatewayStarted
  | GatewayStopped
  | PolicyLoaded
  | PolicyRejected
  | AuthenticationFailed
  | AuthenticationThrottled
  | DestinationRefused
  | SessionOpened
  | SessionClosed
  | ExchangeIntent
  | ExchangeOutcome
  | ApiAccess
  | RecordingEvent
  | CredentialEvent
  | AccessEvent
  | ApprovalPreview
  | ApprovalRequested
  | ApprovalAnswered
  | ApprovalGranted
  | ApprovalConsumed
  | ApprovalExpired
  | ApprovalVoided
  | FindingRaised
  | QuarantineLifted;

/** The process began to serve. */
export interface GatewayStarted {
  readonly type: 'gateway.started';
  readonly version: string;
  readonly durability: Durability;
}

/** The process stopped in order. */
export interface GatewayStopped {
  readonly type: 'gateway.stopped';
  readonly reason: string;
}

/** A policy took effect. */
export interface PolicyLoaded {
  readonly type: 'policy.loaded';
  readonly policy: PolicyVersion;
  readonly rules: number;
}

/** A policy was refused and the last good one kept. */
export interface PolicyRejected {
  readonly type: 'policy.rejected';
  readonly errors: readonly string[];
  readonly kept: PolicyVersion;
}

/** Somebody did not get in. */
export interface AuthenticationFailed {
  readonly type: 'authentication.failed';
  readonly protocol: string;
  readonly sourceAddress: string;
  readonly code: string;
  readonly message: string;
  /** What the client claimed, unverified: user, database… */
  readonly claimed: JsonObject;
}

/** What of one address (or, where that is empty, of many) was not recorded one by one, because it was too much. */
export interface AuthenticationThrottled {
  readonly type: 'authentication.throttled';
  readonly sourceAddress: string;
  /** Attempts that were refused before their token was looked at. */
  readonly refused: number;
  /** Attempts that failed without a record of their own. */
  readonly unrecorded: number;
  /** When it began; ISO 8601, UTC. */
  readonly since: string;
}

/** Somebody with a valid token asked a proxy for a place that no resource names. There is no session for it. */
export interface DestinationRefused {
  readonly type: 'destination.refused';
  readonly protocol: string;
  readonly principal: Principal;
  readonly sourceAddress: string;
  /** As it was asked for, `host:port`. */
  readonly destination: string;
  readonly reason: string;
}

/** A client connection was authenticated and permitted. */
export interface SessionOpened {
  readonly type: 'session.opened';
  readonly session: string;
  readonly protocol: string;
  readonly principal: Principal;
  readonly resource: string;
  readonly account: string;
  readonly sourceAddress: string;
  readonly hints: Readonly<Record<string, string>>;
  /** Protocol details: database, TLS version… */
  readonly details: JsonObject;
}

/** The connection ended. */
export interface SessionClosed {
  readonly type: 'session.closed';
  readonly session: string;
  readonly reason: string;
  readonly exchanges: number;
  readonly refused: number;
}

/** Written before anything is forwarded (P4). */
export interface ExchangeIntent {
  readonly type: 'exchange.intent';
  readonly session: string;
  /** Unique in the audit: `<session>.<n>`. */
  readonly exchange: string;
  /** What is asked, as the protocol records it: `{ text, steps, parameters }` for SQL. */
  readonly request: JsonObject;
  readonly summary: string;
  readonly effect: 'permit' | 'deny';
  readonly decision: string;
  readonly cause?: string;
  readonly rules: readonly string[];
  readonly observed?: readonly { readonly rule: string; readonly effect: string }[];
  readonly policy: PolicyVersion;
  /** How it asks about masked columns, where a rule wants that on record. */
  readonly inference?: readonly {
    readonly columns: readonly string[];
    readonly use: string;
    readonly rule: string;
  }[];
  /** Id of the grant that was used up for it. */
  readonly grant?: string;
  /** Ids of the access windows that it rests on: their terms are in `access.granted`. */
  readonly windows?: readonly string[];
}

/** Written when the exchange is over. A denied exchange has no outcome: its intent says all. */
export interface ExchangeOutcome {
  readonly type: 'exchange.outcome';
  readonly session: string;
  readonly exchange: string;
  readonly status: 'ok' | 'error' | 'cancelled' | 'unknown';
  /** Protocol result: `{ tag, rows, bytes, sqlstate }` for SQL. */
  readonly result: JsonObject;
  readonly durationMs: number;
}

/** Somebody with a valid token used the HTTP API. On file before the answer leaves the gateway. */
export interface ApiAccess {
  readonly type: 'api.access';
  readonly principal: Principal;
  readonly sourceAddress: string;
  readonly method: string;
  /** Template of the path, not the path: `/v1/sessions/{id}`. */
  readonly route: string;
  readonly outcome: 'permit' | 'deny';
  /** What was asked for: validated ids and filters, nothing for a denial. */
  readonly details: JsonObject;
}

/** Before people are asked, the gateway asks the resource itself what a request would do. On the device before it does. */
export interface ApprovalPreview {
  readonly type: 'approval.preview';
  readonly session: string;
  readonly decision: string;
  readonly resource: string;
  readonly summary: string;
  /** `exact`: it is run, and rolled back. */
  readonly mode: PreviewMode;
}

/** Somebody's request is held until people agreed. On the device before anybody is asked. */
export interface ApprovalRequested {
  readonly type: 'approval.requested';
  readonly approval: string;
  /** What the approval is bound to: SHA-256, hex. */
  readonly digest: string;
  /** Session and decision that asked first; the exchange's intent has the text. */
  readonly session: string;
  readonly decision: string;
  readonly requester: ApprovalRequester;
  readonly resource: string;
  readonly account: string;
  readonly target: string;
  readonly summary: string;
  readonly quorums: readonly Quorum[];
  readonly policy: PolicyVersion;
  readonly windowMs: number;
}

/** Whose request it is, as a verified token proved them. */
export type ApprovalRequester = Pick<Principal, 'issuer' | 'subject' | 'delegation'> & {
  readonly agent?: string | undefined;
  readonly run?: string | undefined;
};

/** A person agreed or refused. On the device before it counts. */
export interface ApprovalAnswered {
  readonly type: 'approval.answered';
  readonly approval: string;
  readonly digest: string;
  readonly verdict: 'approve' | 'deny';
  readonly approver: Approver;
  /** Tells the token of the answer from others of the same person. */
  readonly tokenDigest: string;
  /** By which groups they may. */
  readonly groups: readonly string[];
  readonly comment?: string | undefined;
}

/** All quorums agreed: a grant exists from here on. */
export interface ApprovalGranted {
  readonly type: 'approval.granted';
  readonly approval: string;
  readonly digest: string;
  readonly grant: string;
  readonly rules: readonly string[];
  readonly approvers: readonly Approver[];
  readonly policy: PolicyVersion;
  readonly expiresAtMs: number;
}

/** The grant was given out, once: what it allowed is forwarded after this, or never. */
export interface ApprovalConsumed {
  readonly type: 'approval.consumed';
  readonly approval: string;
  readonly digest: string;
  readonly grant: string;
  readonly session: string;
  readonly decision: string;
}

/** Time was over: for an answer, or for using the grant. */
export interface ApprovalExpired {
  readonly type: 'approval.expired';
  readonly approval: string;
  readonly digest: string;
  /** The grant that nobody used, if there was one. */
  readonly grant?: string | undefined;
}

/** The request, and its grant if there was one, is worth nothing any more. */
export interface ApprovalVoided {
  readonly type: 'approval.voided';
  readonly approval: string;
  readonly digest: string;
  readonly grant?: string | undefined;
  readonly reason: string;
  /** Who cancelled it; absent where the policy changed. */
  readonly by?: Approver | undefined;
}

/** Something that people should look at. */
export interface FindingRaised {
  readonly type: 'finding.raised';
  readonly finding: string;
  /** A run was denied the same again and again, or asked too much about masked columns. */
  readonly kind: 'repeated-denials' | 'probe-limit';
  readonly principal: ApprovalRequester;
  readonly session: string;
  readonly resource: string;
  /** How often the same was denied so far, or how much was asked. */
  readonly count: number;
  /** SHA-256 of the statement, normalised; hex. Absent for a `probe-limit`: whoever has it could try values out. */
  readonly statement?: string;
  /** Until when all statements of the run are denied. */
  readonly quarantinedUntilMs?: number | undefined;
}

/** An administrator ended a quarantine. */
export interface QuarantineLifted {
  readonly type: 'quarantine.lifted';
  readonly finding: string;
  readonly by: Approver;
}

/** `synced` waits for fdatasync, `written` for the write (P4). */
export type Durability = 'synced' | 'written';

/** Where the gate puts events. Implemented by `audit/`. */
export interface AuditLog {
  /**
   * Puts the events on file in order and resolves when they are as durable as asked (default: the configured
   * durability). Rejects when they cannot be: nothing may then be forwarded.
   */
  append(events: readonly AuditEvent[], durability?: Durability): Promise<void>;
  /** Puts an event on file with the next flush, without waiting. A failure makes later appends reject. */
  enqueue(event: AuditEvent): void;
}
