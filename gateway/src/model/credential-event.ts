import type { PolicyVersion } from './decision.ts';
import type { Principal } from './principal.ts';

/** What the audit tells of session credentials, and of principals that change. No event holds a secret or a verifier (P6). */
export type CredentialEvent =
  | CredentialIssued
  | CredentialDenied
  | CredentialRevoked
  | CredentialUsed
  | ForwardingRefused
  | SessionRegrouped;

/** What was asked for, by whom, and what the policy said. */
interface CredentialRequest {
  readonly principal: Principal;
  readonly sourceAddress: string;
  readonly protocol: string;
  readonly resource: string;
  readonly account: string;
  readonly decision: string;
  readonly rules: readonly string[];
  readonly policy: PolicyVersion;
}

/** A session credential was minted from a token. On file before anybody is told its secret. */
export interface CredentialIssued extends CredentialRequest {
  readonly type: 'credential.issued';
  readonly credential: string;
  /** The run that the caller named; unverified. */
  readonly run?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
  readonly maxUses?: number;
  /** Where it is a certificate: its number, and the fingerprint of its key. */
  readonly certificate?: { readonly serial: string; readonly key: string };
}

/** The policy does not let the caller connect there, so there is no credential for it. */
export interface CredentialDenied extends CredentialRequest {
  readonly type: 'credential.denied';
  readonly cause: string;
}

/** A session credential was revoked, and its sessions ended. */
export interface CredentialRevoked {
  readonly type: 'credential.revoked';
  readonly credential: string;
  /** Who revoked it. */
  readonly principal: Principal;
  readonly sourceAddress: string;
  /** Sessions on this gateway that ended with it. */
  readonly sessions: readonly string[];
}

/** A client proved the secret of a session credential. Beside it stands the session that it opened. */
export interface CredentialUsed {
  readonly type: 'credential.used';
  readonly credential: string;
  readonly session: string;
  readonly sourceAddress: string;
}

/** A client of SSH wanted a tunnel, a listener, an agent or a display that nobody may have here. */
export interface ForwardingRefused {
  readonly type: 'forwarding.refused';
  readonly session: string;
  /** `direct-tcpip`, `tcpip-forward`, `agent`, … */
  readonly kind: string;
  /** Where to, as the client said; unverified. */
  readonly target: string;
}

/** The group mapping was changed, and with it the groups of a session's principal: later decisions go by these. */
export interface SessionRegrouped {
  readonly type: 'session.regrouped';
  readonly session: string;
  readonly groups: readonly string[];
  /** Whether the session may still be open; if not, it is ended. */
  readonly effect: 'permit' | 'deny';
  readonly decision: string;
  readonly rules: readonly string[];
  readonly policy: PolicyVersion;
}
