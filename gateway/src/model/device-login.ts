/** A login that somebody has to agree to elsewhere (RFC 8628). */
export interface PendingLogin {
  readonly userCode: string;
  readonly verificationUri: string;
  /** With the code in it. */
  readonly verificationUriComplete: string | undefined;
  /** So long it is waited for. */
  readonly expiresInMs: number;
  /** The token of this very login. Rejects with a GatewayError; what the token proves is the verifier's to say. */
  readonly token: Promise<string>;
}

/** Begins logins for clients that have no token. */
export interface DeviceLogins {
  /**
   * @param source address of the client: one has only so many at once
   * @param signal ends the login with whom it is for
   * Rejects with a GatewayError that may be told.
   */
  start(source: string, signal: AbortSignal): Promise<PendingLogin>;
}
