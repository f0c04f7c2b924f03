/**
 * Who asks, as proved by a verified token and by nothing else (P11).
 * Hints such as user names or application_name never appear here.
 */
export interface Principal {
  /** The `iss` claim, exactly as configured for the issuer. */
  readonly issuer: string;
  /** The `sub` claim. */
  readonly subject: string;
  /** Policy group names, after the issuer's mapping; sorted, without duplicates. */
  readonly groups: readonly string[];
  /** Agent id (client_id, azp or a configured claim); absent for a human without an agent. */
  readonly agent?: string;
  /** The `act` chain of RFC 8693 section 4.1, outermost (current) actor first. */
  readonly delegation: readonly Actor[];
  /** Run id proved by the token (a configured claim, for example `run_id` or `txn`). */
  readonly run?: string;
  /** Other claims that the issuer's config names, by the names that it gives them; those that the token has. */
  readonly claims?: Readonly<Record<string, string>>;
  /** SHA-256 of the token's `jti`, or of the token itself when it has none; hex, 32 characters. Never the token. */
  readonly tokenDigest: string;
  /** The `exp` claim in milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** One link of a delegation chain (RFC 8693 section 4.1). */
export interface Actor {
  readonly subject: string;
  readonly issuer?: string;
}
