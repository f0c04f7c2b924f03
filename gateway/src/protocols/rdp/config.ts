import { z } from 'zod';
import { type CredentialConfig, credentialSchema } from '../../credentials/config.ts';
import { accountConflicts, accountName } from '../../session/accounts.ts';
import { filePathSchema, hostNameSchema } from '../target-config.ts';

/** An upstream login. */
export interface RdpAccount {
  /** What policies and clients call it. */
  readonly name: string;
  /** The login's name on the host, if not `name`. */
  readonly user?: string;
  /** Domain of the login; absent: an account of the host itself. */
  readonly domain?: string;
  readonly password: CredentialConfig;
}

/** How the host proves itself; one of `ca` and `pins` is there. */
export interface RdpTls {
  /** PEM file with the CAs to trust. */
  readonly ca?: string;
  /** With `ca`: name the certificate must carry; default `host`. */
  readonly serverName?: string;
  /** SHA-256 of the public keys (SubjectPublicKeyInfo) that may answer, in hex; in place of a chain and a name. */
  readonly pins?: readonly string[];
}

/** The part of a resource's config that RDP needs; name, labels and mode belong to every resource. */
export interface RdpResourceConfig {
  readonly host: string;
  readonly port: number;
  /** How the gateway logs in there: by Network Level Authentication, or by Client Info inside of TLS. */
  readonly security: 'nla' | 'tls';
  readonly tls: RdpTls;
  readonly accounts: readonly RdpAccount[];
  /** Account used when the client names none; may be absent if there is one account. */
  readonly defaultAccount?: string;
  /** Milliseconds from the first packet to a share. */
  readonly connectTimeoutMs: number;
  /** Milliseconds without a key or a movement of the mouse, after which a session ends; 0: never. */
  readonly idleTimeoutMs: number;
}

/** 256 characters are what Windows takes. */
const windowsName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\0]+$/, 'holds a NUL character');

const accountSchema = z.strictObject({
  name: accountName.describe('What policies and clients call the account'),
  user: windowsName.exactOptional().describe('Login on the host; default: the name'),
  domain: windowsName.exactOptional().describe('Domain of the login; default: none, an account of the host'),
  password: credentialSchema,
});

const tlsSchema = z
  .strictObject({
    ca: filePathSchema.exactOptional().describe('PEM file of the trusted CAs'),
    serverName: hostNameSchema
      .exactOptional()
      .describe('With ca: name the certificate must carry; default: host'),
    pins: z
      .array(z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in lower-case hex'))
      .min(1)
      .max(16)
      .exactOptional()
      .describe('In place of ca: SHA-256 of the public keys (SubjectPublicKeyInfo) that may answer'),
  })
  .refine(({ ca, pins }) => (ca === undefined) !== (pins === undefined), 'has to have one of ca and pins');

const resourceObject = z.strictObject({
  host: hostNameSchema.describe('Host name or IP address of the machine'),
  port: z.int().min(1).max(65_535).default(3389),
  security: z
    .enum(['nla', 'tls'])
    .default('nla')
    .describe('How the gateway logs in there: Network Level Authentication, or a password inside of TLS'),
  tls: tlsSchema,
  accounts: z.array(accountSchema).min(1).max(1000),
  defaultAccount: accountName.exactOptional(),
  connectTimeoutMs: z.int().min(100).max(120_000).default(20_000),
  idleTimeoutMs: z
    .int()
    .min(0)
    .max(86_400_000)
    .default(900_000)
    .describe('Milliseconds without a key or a movement of the mouse until a session ends; 0: never'),
});

/** Schema of {@link RdpResourceConfig}. A host that proves itself by nothing is refused: there is no trust on first use. */
export const rdpResourceSchema: z.ZodType<RdpResourceConfig> = resourceObject.superRefine(
  (config, context) => {
    for (const { message, at } of accountConflicts(config)) {
      context.addIssue({ code: 'custom', message, path: [...at] });
    }
  },
);
