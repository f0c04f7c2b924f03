import type { MakeVerifier } from './session-credentials.ts';

/** What a protocol adds to a session credential. */
export interface CredentialForm {
  /** What is stored in place of the secret: the secret cannot be found from it. */
  readonly makeVerifier: MakeVerifier;
  /** What clients are given. */
  login(credential: CredentialLogin): LoginDetails;
  /** The `.rdp` file that opens a desktop; undefined where it cannot be written. Absent where nothing is opened by one. */
  readonly rdpFile?: (file: CredentialFile) => string | undefined;
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

/** What a file of a credential says: where it is used, and what the client offers of its machine. Nothing of it is secret. */
export interface CredentialFile
  extends Pick<CredentialLogin, 'id' | 'account' | 'resource' | 'host' | 'port'> {
  readonly clipboard: boolean;
  readonly drives: boolean;
}

/** A login in the protocol's own words. */
export interface LoginDetails {
  readonly user: string;
  /** One text that clients take unchanged; it holds the secret. */
  readonly url: string;
}
