import type { CredentialSource } from '../../../credentials/credential-source.ts';
import type { Secret } from '../../../credentials/secret.ts';
import type { AuthMethod, PostgresResourceConfig } from '../config.ts';

/** How the connection is protected. */
export type Protection =
  | { readonly kind: 'plaintext' }
  /** `certificate` is the server's, in DER. Whether it was verified follows from the resource's `tls.mode`. */
  | { readonly kind: 'tls'; readonly certificate: Uint8Array };

/** What logging in needs to know. */
export interface LoginContext {
  readonly resource: PostgresResourceConfig;
  /** Login on the server. */
  readonly user: string;
  readonly credential: CredentialSource;
  readonly protection: Protection;
  readonly signal: AbortSignal;
}

/** A login that was accepted. */
export interface LoginResult {
  readonly method: AuthMethod;
  /** What the server may know by now, to be kept out of everything it sends. */
  readonly secret: Secret | undefined;
}
