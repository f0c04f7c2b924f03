import type { MakeVerifier } from './session-credentials.ts';

/** What a protocol adds to a session credential. */
export interface CredentialForm {
  /** What is stored in place of the secret: the secret cannot be found from it. */
  readonly makeVerifier: MakeVerifier;
  /** What clients are given. */
  login(credential: CredentialLogin): LoginDetails;
}

/** A new credential and where it is used. */
export interface CredentialLogin {
  readonly id: string;
  readonly secret: string;
  readonly account: string;
  readonly resource: string;
  /** The database, where the caller named one. */
  readonly database: string | undefined;
  readonly host: string;
  readonly port: number;
  /** File, on the client's machine, of the CA that it is to trust. */
  readonly caFile: string;
}

/** A login in the protocol's own words. */
export interface LoginDetails {
  readonly user: string;
  /** One text that clients take unchanged; it holds the secret. */
  readonly url: string;
}
