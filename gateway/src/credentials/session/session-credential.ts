import type { Principal } from '../../model/principal.ts';

/** A short-lived credential minted from a token: never its secret, nor what the secret is checked with. */
export interface SessionCredential {
  /** `cred_` and 16 characters. No secret: it is part of the user name. */
  readonly id: string;
  /** The one protocol it opens sessions of. */
  readonly protocol: string;
  readonly resource: string;
  readonly account: string;
  /** Who minted it, as the token proved them then; `expiresAtMs` is the token's end. */
  readonly principal: Principal;
  /** The run that the caller named: recorded as unverified, unless the token proved it (P11). */
  readonly run?: string;
  readonly issuedAtMs: number;
  /** Never later than the end of the token. */
  readonly expiresAtMs: number;
  /** Connections that it may open; absent: any number until it ends. */
  readonly maxUses?: number;
  /** Connections that it has opened; counted only where there is a maximum. */
  readonly uses: number;
  readonly revokedAtMs?: number;
}

/** A credential as it is stored. */
export interface StoredCredential extends SessionCredential {
  /** What the protocol checks the secret with; in a form of the protocol's own, from which the secret cannot be found. */
  readonly verifier: string;
  /** Groups as the principal's provider names them: policy groups are found anew at each login. */
  readonly providerGroups: readonly string[];
}
