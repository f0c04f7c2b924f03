import { z } from 'zod';
import { type ApiPrincipal, principalSchema } from './principal.ts';
import { sessionIdSchema } from './session.ts';

/** Longest life of a session credential, in seconds; it never outlives its token either. */
export const MAX_CREDENTIAL_SECONDS = 86_400;
const STANDARD_SECONDS = 3_600;

/** What a session credential is to be for. */
export interface CredentialRequest {
  readonly resource: string;
  readonly protocol?: string | undefined;
  readonly account?: string | undefined;
  readonly database?: string | undefined;
  readonly run?: string | undefined;
  readonly expiresIn: number;
  readonly uses?: number | undefined;
  readonly sslrootcert: string;
}

const printable = (max: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'one line of visible text');

/** Body of a request for a session credential. */
export const credentialRequestSchema: z.ZodType<CredentialRequest> = z.strictObject({
  resource: z.string().min(1).max(63),
  protocol: z.string().min(1).max(63).optional().describe('only this one; default: that of the resource'),
  account: printable(256).optional().describe('default: the first that the policy lets you use'),
  database: printable(256).optional().describe('default: that of the resource'),
  run: printable(256).optional().describe('recorded with its sessions as a hint; proves nothing'),
  expiresIn: z
    .int()
    .min(10)
    .max(MAX_CREDENTIAL_SECONDS)
    .default(STANDARD_SECONDS)
    .describe('seconds; it ends with its token at the latest'),
  uses: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('connections that it may open; default: any number'),
  sslrootcert: printable(1024)
    .default('/path/to/sallyport-ca.crt')
    .describe('for the URL: file, on your machine, of the CA that the gateway is verified by'),
});

/** A session credential, without its secret. */
export interface ApiCredential {
  readonly id: string;
  readonly protocol: string;
  readonly resource: string;
  readonly account: string;
  readonly principal: ApiPrincipal;
  readonly run?: string | undefined;
  /** ISO 8601, UTC. */
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly maxUses?: number | undefined;
  readonly uses?: number | undefined;
  readonly revokedAt?: string | undefined;
  readonly state: 'valid' | 'spent' | 'revoked';
  readonly sessions: readonly string[];
}

const credential = z.object({
  id: z.string(),
  protocol: z.string(),
  resource: z.string(),
  account: z.string(),
  principal: principalSchema.describe('who minted it, as the token proved them'),
  run: z.string().optional().describe('as the caller named it, unverified'),
  issuedAt: z.string().describe('ISO 8601, UTC'),
  expiresAt: z.string(),
  maxUses: z.int().optional(),
  uses: z.int().optional().describe('only counted where there is a maximum'),
  revokedAt: z.string().optional(),
  state: z.enum(['valid', 'spent', 'revoked']),
  sessions: z.array(z.string()).describe('those that run on this gateway'),
});

/** A session credential on the wire. */
export const credentialSchema: z.ZodType<ApiCredential> = credential.meta({ id: 'SessionCredential' });

/** A new session credential. */
export interface IssuedCredential extends ApiCredential {
  /** Told once. */
  readonly secret: string;
  /** The user name to log in with. */
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** Host, user, secret and resource in one text. */
  readonly url: string;
}

/** A new session credential on the wire. */
export const issuedCredentialSchema: z.ZodType<IssuedCredential> = credential
  .extend({
    secret: z.string().describe('told once; the gateway keeps only what it can be checked with'),
    user: z.string(),
    host: z.string(),
    port: z.int(),
    url: z.string().describe('clients take it unchanged; it holds the secret'),
  })
  .meta({ id: 'IssuedSessionCredential' });

/** Which credentials to list. */
export interface CredentialQuery {
  readonly limit: number;
}

/** Query of the list. */
export const credentialQuerySchema: z.ZodType<CredentialQuery> = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** Session credentials that have not ended, the newest first. */
export interface CredentialList {
  readonly credentials: readonly ApiCredential[];
  /** There are more than were asked for. */
  readonly truncated: boolean;
}

/** A list of credentials on the wire. */
export const credentialListSchema: z.ZodType<CredentialList> = z
  .object({ credentials: z.array(credentialSchema), truncated: z.boolean() })
  .meta({ id: 'SessionCredentialList' });

/** Id of a credential. */
export const credentialIdSchema: z.ZodType<string> = z
  .string()
  .regex(/^cred_[0-9a-z]{16}$/, 'not the id of a session credential');

/** What a client of RDP is to offer of its machine. */
export interface RdpFileQuery {
  readonly clipboard: '0' | '1';
  readonly drives: '0' | '1';
}

const switched = z.enum(['0', '1']).default('0');

/** Query of a `.rdp` file. */
export const rdpFileQuerySchema: z.ZodType<RdpFileQuery> = z.strictObject({
  clipboard: switched.describe('1: have the client offer its clipboard; the policy decides'),
  drives: switched.describe('1: have the client offer its drives; the policy decides'),
});

/** A `.rdp` file on the wire. */
export const rdpFileSchema: z.ZodType<string> = z
  .string()
  .describe('lines of name, type and value; the client asks for the secret');

/** A credential that is revoked. */
export interface RevokedCredential {
  readonly credential: string;
  readonly revoked: true;
  readonly sessions: readonly string[];
}

/** Answer to a revocation. */
export const revokedCredentialSchema: z.ZodType<RevokedCredential> = z
  .object({
    credential: z.string(),
    revoked: z.literal(true),
    sessions: z.array(sessionIdSchema).describe('those that ended with it'),
  })
  .meta({ id: 'SessionCredentialRevoked' });
