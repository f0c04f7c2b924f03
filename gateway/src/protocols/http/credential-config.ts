/** How the gateway authenticates to a service: keys of `credential` and of `tls.clientCertificate`. */
import { z } from 'zod';
import { type CredentialConfig, credentialSchema } from '../../credentials/config.ts';

/** A client of an authorization server (RFC 6749 section 4.4): the gateway fetches access tokens for itself. */
export interface OauthClient {
  /** `https:`. */
  readonly tokenUrl: string;
  /** PEM file with the CAs to trust for it instead of Node's own list. */
  readonly ca?: string;
  readonly clientId: string;
  readonly clientSecret: CredentialConfig;
  /** Scopes, separated by spaces (RFC 6749 section 3.3). */
  readonly scope?: string;
  /** For whom the tokens are; a parameter that many servers ask for beside those of the RFC. */
  readonly audience?: string;
  /** How the client authenticates (RFC 6749 section 2.3.1): in Authorization, or in the body. */
  readonly auth: 'basic' | 'post';
  /** From the beginning of the connection to the end of the answer. */
  readonly timeoutMs: number;
}

/** How the gateway authenticates to a service; the secret comes from a credential source. */
export type UpstreamCredential =
  | { readonly bearer: CredentialConfig }
  | { readonly basic: { readonly user: string; readonly password: CredentialConfig } }
  | { readonly header: { readonly name: string; readonly value: CredentialConfig } }
  /** A parameter of the query. */
  | { readonly query: { readonly name: string; readonly value: CredentialConfig } }
  | { readonly oauth: OauthClient }
  /** The service asks for nothing, takes what the client brings, or knows the gateway by its certificate. */
  | { readonly none: true };

/** What the gateway shows of itself in the TLS handshake; both are PEM texts from credential sources. */
export interface ClientCertificateConfig {
  /** Leaf first, then intermediates. */
  readonly certificate: CredentialConfig;
  /** Without a passphrase. */
  readonly key: CredentialConfig;
}

const token = z.string().regex(/^[!#$%&'*+\-.^`|~0-9A-Za-z]{1,128}$/, 'not the name of a header');
const secret = credentialSchema.refine((config) => !('none' in config), 'a secret is needed here');
/** RFC 6749 appendix A: what a client identifier may hold, without line ends. */
const visible = z.string().regex(/^[ -~]{1,1024}$/, 'holds what no such value may hold');

/** What the gateway writes by itself, or never sends, and by what a body is read. */
const NOT_A_CREDENTIAL =
  /^(host|content-.*|transfer-encoding|connection|upgrade|te|trailer|expect|keep-alive|proxy-.*)$/i;

const oauth = z.strictObject({
  tokenUrl: z
    .string()
    .max(2048)
    .refine(isTokenUrl, 'is no https URL without login and fragment')
    .describe('Token endpoint of the authorization server'),
  ca: z.string().min(1).max(4096).exactOptional().describe('PEM file of the CAs to trust for it'),
  clientId: visible,
  clientSecret: secret,
  scope: z
    .string()
    .max(2048)
    .regex(/^[!#-[\]-~]+( [!#-[\]-~]+)*$/, 'is no list of scopes with one space in between')
    .exactOptional(),
  audience: visible.exactOptional(),
  auth: z.enum(['basic', 'post']).default('basic').describe('Client secret in Authorization, or in the body'),
  timeoutMs: z.int().min(100).max(60_000).default(10_000),
});

/** Schema of {@link UpstreamCredential}. */
export const upstreamCredentialSchema: z.ZodType<UpstreamCredential> = z.union(
  [
    z.strictObject({ bearer: secret.describe('Authorization: Bearer') }),
    z.strictObject({
      basic: z.strictObject({
        user: z
          .string()
          .max(256)
          .regex(/^[^:\u0000-\u001f\u007f]*$/, 'holds a colon or a control character'),
        password: secret,
      }),
    }),
    z.strictObject({
      header: z.strictObject({
        name: token.refine((name) => !NOT_A_CREDENTIAL.test(name), 'is written by the gateway itself'),
        value: secret,
      }),
    }),
    z.strictObject({
      query: z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9._~-]{1,128}$/, 'is no plain name of a parameter'),
        value: secret,
      }),
    }),
    z.strictObject({ oauth }),
    z.strictObject({ none: z.literal(true) }),
  ],
  {
    error:
      'must be one of { bearer }, { basic: { user, password } }, { header: { name, value } }, { query: { name, value } }, ' +
      '{ oauth: { tokenUrl, clientId, clientSecret, scope?, audience?, auth? } } and { none: true }',
  },
);

/** Schema of {@link ClientCertificateConfig}. */
export const clientCertificateSchema: z.ZodType<ClientCertificateConfig> = z.strictObject({
  certificate: secret.describe('PEM: leaf first, then intermediates'),
  key: secret.describe('PEM: its key, without a passphrase'),
});

/** Whether the gateway puts its credential into `Authorization`. */
export function isInAuthorization(credential: UpstreamCredential): boolean {
  if ('header' in credential) return credential.header.name.toLowerCase() === 'authorization';
  return !('none' in credential || 'query' in credential);
}

/** RFC 6749 section 3.2: TLS, and no fragment. */
function isTokenUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.username === '' && url.password === '' && !text.includes('#');
}
