import { z } from 'zod';
import { type CredentialConfig, credentialSchema } from '../../credentials/config.ts';
import { accountConflicts } from '../../session/accounts.ts';
import { filePathSchema, hostNameSchema } from '../target-config.ts';
import { isDatabaseAllowed, MAX_NAME_BYTES } from './database-names.ts';
import { splitUser } from './downstream/target.ts';
import { isLoopbackName, isVerifying, type TlsMode } from './transport-security.ts';

/** Ways to authenticate upstream that a resource may allow; `password` is cleartext, `trust` no proof at all. */
export type AuthMethod = 'scram-sha-256-plus' | 'scram-sha-256' | 'md5' | 'password' | 'trust';

/** An upstream login. */
export interface PostgresAccount {
  /** What policies and clients call it. */
  readonly name: string;
  /** The login's name on the server, if not `name`. */
  readonly user?: string;
  readonly credential: CredentialConfig;
  /** Permits logins that are superusers, bypass row security or can become such. */
  readonly allowSuperuser: boolean;
  /** PEM files, read anew at each connection. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
}

/** TLS towards the upstream. */
export interface PostgresTls {
  readonly mode: TlsMode;
  /** PEM file with the CAs to trust instead of Node's own list. */
  readonly ca?: string;
  /** Name the certificate must carry, and SNI; default `host`. */
  readonly serverName?: string;
}

/** The part of a resource's config that PostgreSQL needs; name, labels and mode belong to every resource. */
export interface PostgresResourceConfig {
  readonly host: string;
  readonly port: number;
  /** Database used when the client names none. */
  readonly database: string;
  /** Names or globs (`*` is any run of characters) of the databases a client may name; default only `database`. */
  readonly databases?: readonly string[];
  readonly accounts: readonly PostgresAccount[];
  /** Account used when the client names none; may be absent if there is one account. */
  readonly defaultAccount?: string;
  readonly tls: PostgresTls;
  /** Permits `tls.mode: disable` to a host that is not this machine. */
  readonly allowPlaintext: boolean;
  readonly authMethods: readonly AuthMethod[];
  /** Milliseconds from the first packet to the end of authentication and checks. */
  readonly connectTimeoutMs: number;
  /** SCRAM iteration counts the upstream may ask for, both ends included. */
  readonly minScramIterations: number;
  readonly maxScramIterations: number;
  /** Schemas of the pinned `search_path`, unquoted. */
  readonly searchPath: readonly string[];
}

const hasNul = (value: string): boolean => value.includes('\0');
const pgName = z
  .string()
  .min(1)
  .refine((value) => Buffer.byteLength(value) <= MAX_NAME_BYTES, `longer than ${MAX_NAME_BYTES} bytes`)
  .refine((value) => !hasNul(value) && value.isWellFormed(), 'holds a NUL or half a character');

const accountSchema = z.strictObject({
  name: pgName
    .refine(
      (name) => splitUser(name).credential === undefined,
      'looks like the login by a session credential',
    )
    .describe('What policies and clients call the account'),
  user: pgName.exactOptional().describe('Login on the server; default: the name'),
  credential: credentialSchema,
  allowSuperuser: z
    .boolean()
    .default(false)
    .describe('Permit a login that is a superuser, bypasses row security or can become such'),
  clientCertificate: z
    .strictObject({
      cert: filePathSchema.describe('PEM file'),
      key: filePathSchema.describe('PEM file, mode 0600'),
    })
    .exactOptional(),
});

const tlsSchema = z.strictObject({
  mode: z.enum(['disable', 'require', 'verify-ca', 'verify-full']).default('verify-full'),
  ca: filePathSchema.exactOptional().describe('PEM file of the trusted CAs; default: those of Node'),
  serverName: hostNameSchema.exactOptional().describe('Name the certificate must carry; default: host'),
});

const resourceObject = z.strictObject({
  host: hostNameSchema.describe('Host name or IP address of the PostgreSQL server'),
  port: z.int().min(1).max(65_535).default(5432),
  database: pgName.describe('Database used when the client names none'),
  databases: z.array(pgName).min(1).max(1000).exactOptional().describe('Names or globs a client may name'),
  accounts: z.array(accountSchema).min(1).max(1000),
  defaultAccount: pgName.exactOptional(),
  tls: tlsSchema.prefault({}),
  allowPlaintext: z.boolean().default(false).describe('Permit tls.mode disable to another machine'),
  authMethods: z
    .array(z.enum(['scram-sha-256-plus', 'scram-sha-256', 'md5', 'password', 'trust']))
    .min(1)
    .default(['scram-sha-256-plus', 'scram-sha-256'])
    .describe('How the gateway lets the server authenticate it; weaker ones are refused'),
  connectTimeoutMs: z.int().min(100).max(120_000).default(10_000),
  // RFC 7677 section 4: at least 4096, which is also PostgreSQL's default. The cap is 24 times that: some 50 ms of one
  // thread of the pool, so that a hostile server (CVE-2026-42198) cannot occupy it.
  minScramIterations: z.int().min(1).max(10_000_000).default(4096),
  maxScramIterations: z.int().min(1).max(10_000_000).default(100_000),
  searchPath: z
    .array(pgName)
    .min(1)
    .max(64)
    .default(['public'])
    .describe('Schemas of the pinned search_path'),
});

/** Schema of {@link PostgresResourceConfig}. What it refuses for security is refused again when a connection is made. */
export const postgresResourceSchema: z.ZodType<PostgresResourceConfig> = resourceObject.superRefine(
  (config, context) => {
    for (const { message, at } of findConflicts(config)) {
      context.addIssue({ code: 'custom', message, path: [...at] });
    }
  },
);

interface Conflict {
  readonly message: string;
  readonly at: readonly (string | number)[];
}

function findConflicts(config: PostgresResourceConfig): readonly Conflict[] {
  return [...findAccountConflicts(config), ...findSecurityConflicts(config)];
}

function findAccountConflicts(config: PostgresResourceConfig): Conflict[] {
  const conflicts: Conflict[] = [...accountConflicts(config)];
  if (!isDatabaseAllowed(config, config.database)) {
    conflicts.push({ message: 'database is not among the databases', at: ['databases'] });
  }
  return conflicts;
}

function findSecurityConflicts(config: PostgresResourceConfig): Conflict[] {
  const { tls } = config;
  const conflicts: Conflict[] = [];
  if (tls.mode === 'disable' && !config.allowPlaintext && !isLoopbackName(config.host)) {
    const message = 'TLS may be disabled only towards this machine, unless allowPlaintext is true';
    conflicts.push({ message, at: ['tls', 'mode'] });
  }
  if (tls.mode === 'verify-ca' && tls.ca === undefined) {
    const message = 'verify-ca with public CAs proves nothing, anyone can have such a certificate: name a ca';
    conflicts.push({ message, at: ['tls', 'ca'] });
  }
  if (config.authMethods.includes('password') && !isVerifying(tls.mode)) {
    const message = 'cleartext passwords are sent only inside verified TLS: use tls.mode verify-full';
    conflicts.push({ message, at: ['authMethods'] });
  }
  if (config.minScramIterations > config.maxScramIterations) {
    conflicts.push({ message: 'is over maxScramIterations', at: ['minScramIterations'] });
  }
  for (const [index, account] of config.accounts.entries()) {
    if (account.clientCertificate !== undefined && tls.mode === 'disable') {
      const message = 'a client certificate needs TLS';
      conflicts.push({ message, at: ['accounts', index, 'clientCertificate'] });
    }
  }
  return conflicts;
}
