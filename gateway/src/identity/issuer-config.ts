import { z } from 'zod';
import { parseClaimPath } from './claim-path.ts';
import { isAllowedIssuerUrl, isAllowedKeySetUrl } from './issuer-url.ts';

/**
 * Signature algorithms a token may use (RFC 7518 section 3.1, RFC 8037, RFC 9864). `none` and the HMAC family are not
 * in the type: an issuer's public key must never serve as a shared secret.
 */
export const SIGNATURE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

/** One of {@link SIGNATURE_ALGORITHMS}. */
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** Which claims hold what. A path is dotted keys or a JSON Pointer; see `claim-path.ts`. */
export interface ClaimNames {
  readonly groups: string;
  /** The first that is present names the agent. */
  readonly agent: readonly string[];
  readonly run: string;
  /** Further claims for policies, by the name that policies give them. */
  readonly values: Readonly<Record<string, string>>;
}

/** How the identity provider's group names become policy group names. */
export interface GroupMapping {
  /** Provider group → policy groups. */
  readonly map?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Whether groups that the map does not name pass under their own name. Default: only when there is no map. */
  readonly passThrough?: boolean | undefined;
  /** Put before passed-through names only, so that two issuers cannot produce each other's groups. */
  readonly prefix: string;
}

/** How people log in at the issuer: the public client (RFC 8252) that `sallyport login` and the prompt of SSH are. */
export interface IssuerLogin {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Sent along with each request for a code: `audience`, `resource`, whatever the issuer wants. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** One trusted OIDC issuer, defaults filled in. */
export interface IssuerConfig {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly leewaySeconds: number;
  readonly maxTokenBytes: number;
  readonly acceptIdTokens: boolean;
  readonly requireAccessTokenType: boolean;
  readonly maxTokenLifetimeSeconds?: number | undefined;
  readonly claims: ClaimNames;
  readonly groupMapping: GroupMapping;
  /** Absent: nobody logs in here by the gateway. */
  readonly login?: IssuerLogin | undefined;
  readonly jwksUri?: string | undefined;
  /** PEM file; when set, only this CA is trusted for the issuer's host. Read again at every fetch. */
  readonly ca?: string | undefined;
  /** Time for one whole refresh: discovery and key set together. */
  readonly discoveryTimeoutMs: number;
  readonly jwksMaxAgeSeconds: number;
  readonly jwksMaxStaleSeconds: number;
  readonly jwksCooldownSeconds: number;
}

type Optional<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** {@link IssuerConfig} as written in the config file: what has a default may be left out. */
export interface IssuerConfigInput
  extends Optional<Omit<IssuerConfig, 'issuer' | 'audience' | 'claims' | 'groupMapping' | 'login'>> {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly claims?: Optional<ClaimNames> | undefined;
  readonly groupMapping?: Optional<GroupMapping> | undefined;
  readonly login?: (Optional<IssuerLogin> & { readonly clientId: string }) | undefined;
}

const claimPath = z.string().superRefine((text, context) => {
  const result = parseClaimPath(text);
  if (!result.ok) context.addIssue({ code: 'custom', message: result.problem });
});

const groupName = z.string().min(1).max(256);

const claims = z.strictObject({
  groups: claimPath.default('groups').describe('Claim that lists the groups: dotted keys or a JSON Pointer.'),
  agent: z
    .array(claimPath)
    .max(8)
    .default(['client_id', 'azp'])
    .describe('Claims that may name the agent; the first that is present counts.'),
  run: claimPath.default('run_id').describe('Claim that names the agent run.'),
  values: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/), claimPath)
    .default({})
    .describe('Further claims, by their names in policies: `tenant: org.id` is `principal.claims.tenant`.'),
});

/** Schema of a login for people. */
export const issuerLoginSchema: z.ZodType<
  IssuerLogin,
  Optional<IssuerLogin> & { readonly clientId: string }
> = z.strictObject({
  clientId: z
    .string()
    .min(1)
    .max(256)
    .describe('Client id of a public client with the device grant, or with the code grant and PKCE.'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/))
    .max(32)
    .default(['openid']),
  parameters: z
    .record(z.string().regex(/^[a-z_]{1,64}$/), z.string().max(1024))
    .default({})
    .describe('Sent along with each request for a code, such as `audience`.'),
});

const groupMapping = z.strictObject({
  map: z
    .record(groupName, z.array(groupName).max(64))
    .optional()
    .describe('Provider group to policy groups.'),
  passThrough: z
    .boolean()
    .optional()
    .describe(
      'Let groups that the map does not name pass under their own name. Default: only without a map.',
    ),
  prefix: z.string().max(64).default('').describe('Put before the names of passed-through groups.'),
});

const shape = z.strictObject({
  issuer: z
    .string()
    .refine(isAllowedIssuerUrl, {
      error:
        'must be an https URL (http only for loopback) without query, fragment or user name, spelled exactly as the `iss` claim',
    })
    .describe('Issuer identifier, spelled exactly as in the `iss` claim.'),
  audience: z
    .array(z.string().min(1).max(256))
    .min(1)
    .max(16)
    .describe('Accepted `aud` values; one must be in the token.'),
  algorithms: z
    .array(
      z.enum(SIGNATURE_ALGORITHMS, {
        error: `must be one of ${SIGNATURE_ALGORITHMS.join(', ')}; \`none\` and HMAC are never accepted`,
      }),
    )
    .min(1)
    .default(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'])
    .describe('Signature algorithms accepted from this issuer.'),
  leewaySeconds: z
    .int()
    .min(0)
    .max(60)
    .default(30)
    .describe('Clock difference tolerated for exp, nbf and iat.'),
  maxTokenBytes: z.int().min(512).max(65_536).default(16_384).describe('Longest token looked at.'),
  acceptIdTokens: z
    .boolean()
    .default(false)
    .describe('Also accept ID tokens. Access tokens are meant for gateways.'),
  requireAccessTokenType: z
    .boolean()
    .default(false)
    .describe('Accept only tokens whose header says `typ: at+jwt` (RFC 9068).'),
  maxTokenLifetimeSeconds: z
    .int()
    .min(1)
    .optional()
    .describe('Refuse tokens made for longer than this; needs an `iat` or `nbf` claim.'),
  claims: claims.prefault({}),
  groupMapping: groupMapping.prefault({}),
  login: issuerLoginSchema
    .optional()
    .describe('How people log in here: for `sallyport login` and the prompt of SSH.'),
  jwksUri: z
    .string()
    .refine((url) => isAllowedKeySetUrl(url), { error: 'must be an https URL (http only for loopback)' })
    .optional()
    .describe('Where the keys are, when discovery is not to be used.'),
  ca: z.string().min(1).optional().describe('PEM file of the only CA trusted for the issuer.'),
  discoveryTimeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(5_000)
    .describe('Time for one refresh of the keys.'),
  jwksMaxAgeSeconds: z
    .int()
    .min(10)
    .max(86_400)
    .default(300)
    .describe('Keys are fetched again after this; a key the issuer removed stops working within it.'),
  jwksMaxStaleSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(3_600)
    .describe('How long past their age keys still serve while the issuer cannot be reached.'),
  jwksCooldownSeconds: z
    .int()
    .min(1)
    .max(300)
    .default(10)
    .describe('Least time between two fetches of the keys, whatever asks for them.'),
});

/** Schema of one issuer in the config file. */
export const issuerConfigSchema: z.ZodType<IssuerConfig, IssuerConfigInput> = shape.superRefine(
  (config, context) => {
    const refuse = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    if (config.acceptIdTokens && config.requireAccessTokenType) {
      refuse('acceptIdTokens', 'contradicts `requireAccessTokenType`; set one of them');
    }
    if (config.jwksCooldownSeconds > config.jwksMaxAgeSeconds) {
      refuse(
        'jwksCooldownSeconds',
        'must not exceed `jwksMaxAgeSeconds`, or removed keys would outlive their age',
      );
    }
    if (config.groupMapping.map === undefined && config.groupMapping.passThrough === false) {
      refuse('groupMapping', 'has no map and passes nothing through, so that nobody has a group; add a map');
    }
  },
);
