import { z } from 'zod';

/** Longest life of a user certificate, in seconds; it never outlives its token either. */
const MAX_CERTIFICATE_SECONDS = 3_600;
const STANDARD_SECONDS = 900;

/** What a user certificate of SSH is to be for. */
export interface SshCertificateRequest {
  readonly publicKey: string;
  readonly expiresIn: number;
  readonly sourceAddresses: readonly string[];
}

/** Body of a request for a user certificate. */
export const sshCertificateRequestSchema: z.ZodType<SshCertificateRequest> = z.strictObject({
  publicKey: z
    .string()
    .min(16)
    .max(8192)
    .describe('one line of a .pub file: Ed25519, ECDSA, or RSA with 2048 bits or more'),
  expiresIn: z
    .int()
    .min(60)
    .max(MAX_CERTIFICATE_SECONDS)
    .default(STANDARD_SECONDS)
    .describe('seconds; it ends with its token at the latest'),
  sourceAddresses: z
    .array(z.string().min(2).max(64))
    .max(16)
    .default([])
    .describe('IP addresses and ranges (10.1.0.0/16) that it may be used from; default: from anywhere'),
});

/** A new user certificate. */
export interface IssuedSshCertificate {
  /** Id of the session credential that it is: by it it is listed and revoked. */
  readonly id: string;
  readonly certificate: string;
  readonly serial: string;
  readonly keyId: string;
  readonly principals: readonly string[];
  /** ISO 8601, UTC. */
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly host: string;
  readonly port: number;
  readonly hostAuthority: string;
  /** What `ssh` may be called with as user, at this moment. */
  readonly users: readonly string[];
}

/** A new user certificate on the wire. */
export const issuedSshCertificateSchema: z.ZodType<IssuedSshCertificate> = z
  .object({
    id: z.string().describe('of the session credential that it is: list and revoke it by that'),
    certificate: z.string().describe('one line, for a -cert.pub file'),
    serial: z.string().describe('decimal'),
    keyId: z.string(),
    principals: z.array(z.string()),
    issuedAt: z.string().describe('ISO 8601, UTC'),
    expiresAt: z.string(),
    host: z.string().describe('where ssh connects to'),
    port: z.int(),
    hostAuthority: z
      .string()
      .describe(
        'key by which the gateway’s host certificate is verified: behind @cert-authority in known_hosts',
      ),
    users: z
      .array(z.string())
      .describe('ACCOUNT+RESOURCE, as ssh takes them, that the policy lets you use at this moment'),
  })
  .meta({ id: 'IssuedSshCertificate' });
