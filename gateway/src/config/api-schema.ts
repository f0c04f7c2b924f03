import { z } from 'zod';
import { type IssuerLogin, issuerLoginSchema } from '../identity/issuer-config.ts';
import { type ListenAddress, listenAddressSchema } from './address.ts';

/** The HTTP API as configured. */
export interface ApiPlan {
  readonly listen: ListenAddress;
  /** Names and addresses by which clients may call it, beyond localhost and the address itself. */
  readonly names: readonly string[];
  readonly groups: {
    /** May read sessions, recordings and the policy. */
    readonly viewers: readonly string[];
    /** May answer what a rule lets them answer; empty: whoever a rule names may. */
    readonly approvers: readonly string[];
    /** May also read the audit, and all requests for approval and access. */
    readonly auditors: readonly string[];
    /** May do the same, and change what is live. */
    readonly admins: readonly string[];
  };
  /** Absent: the API alone. */
  readonly console?: ConsolePlan | undefined;
}

/** The web console, and how people sign in to it. */
export interface ConsolePlan {
  /** One of the configured issuers; absent: the first. */
  readonly issuer?: string | undefined;
  /** Absent: that of the issuer. */
  readonly login?: IssuerLogin | undefined;
}

const groups = z.array(z.string().min(1).max(256)).max(100);

/** The key `api`. Without it there is no API. */
export const apiSchema: z.ZodType<ApiPlan> = z.strictObject({
  listen: listenAddressSchema,
  names: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^([A-Za-z0-9._-]+|[0-9A-Fa-f:.]+)$/, 'expected a host name or an address, without port'),
    )
    .max(100)
    .default([])
    .describe('Host names by which the API may be called; localhost and the address itself always work'),
  groups: z
    .strictObject({
      viewers: groups.default([]).describe('Groups that may read sessions, recordings and the policy'),
      approvers: groups
        .default([])
        .describe('Groups that may answer requests at all; none named: whoever a rule names'),
      auditors: groups
        .default([])
        .describe('Groups that may also read the audit, and all requests for approval and access'),
      admins: groups
        .default(['admins'])
        .describe('Groups that may do all of that, end sessions, lift quarantines and revoke'),
    })
    .prefault({}),
  console: z
    .strictObject({
      issuer: z
        .string()
        .optional()
        .describe('Where people sign in, one of `identity.issuers`. Default: the first'),
      login: issuerLoginSchema
        .optional()
        .describe('The console there: a public client with PKCE. Default: `login` of the issuer'),
    })
    .optional()
    .describe('The web console, at `/console/`; its redirect URI is `https://HOST/console/callback`'),
});
