import { z } from 'zod';
import { type CredentialConfig, credentialSchema } from '../../credentials/config.ts';
import { accountConflicts, accountName } from '../../session/accounts.ts';
import { filePathSchema, hostNameSchema } from '../target-config.ts';

/** An upstream login. */
export interface SshAccount {
  /** What policies and clients call it. */
  readonly name: string;
  /** The login's name on the machine, if not `name`. */
  readonly user?: string;
  /** A private key without passphrase. One of `key`, `password` and `certificate` is there. */
  readonly key?: CredentialConfig;
  readonly password?: CredentialConfig;
  /** A certificate of the gateway's own authority, made for each session. */
  readonly certificate?: true;
  /** Its home folder, canonical, in which commands begin: with it rules know what relative paths are. */
  readonly home?: string;
  /** What a client gets that asks for a shell, if not what the resource says. */
  readonly shell?: ShellMode;
}

/**
 * What a client gets that asks for a shell. `denied`: a refusal. `guarded`: a prompt of the gateway's, behind which each line is judged
 * before it runs. `recorded`: a terminal of the machine, of which nothing is judged.
 */
export type ShellMode = 'denied' | 'guarded' | 'recorded';

/** The part of a resource's config that SSH needs; name, labels and mode belong to every resource. */
export interface SshResourceConfig {
  readonly host: string;
  readonly port: number;
  /** `SHA256:…` of the keys that the machine may prove itself by. One of `hostKeys` and `knownHosts` is there. */
  readonly hostKeys?: readonly string[];
  /** File in the format of OpenSSH's known_hosts, read anew at each connection. */
  readonly knownHosts?: string;
  /** Host names by which clients may ask for it, in lower case. */
  readonly aliases?: readonly string[];
  /** `RESOURCE` or `ACCOUNT+RESOURCE`: the machine that connections lead through. Absent: the gateway connects by itself. */
  readonly jump?: string;
  readonly accounts: readonly SshAccount[];
  /** Account used when the client names none; may be absent if there is one account. */
  readonly defaultAccount?: string;
  /** Absent: `denied`. */
  readonly shell?: ShellMode;
  /** Milliseconds from the first packet to the end of authentication. */
  readonly connectTimeoutMs: number;
}

const shellMode = z.enum(['denied', 'guarded', 'recorded']);

const accountSchema = z
  .strictObject({
    name: accountName.describe('What policies and clients call the account'),
    user: z
      .string()
      .min(1)
      .max(255)
      .regex(/^[^\s\0]+$/, 'holds a blank or a NUL character')
      .exactOptional()
      .describe('Login on the machine; default: the name'),
    key: credentialSchema.exactOptional().describe('Private key, in OpenSSH format without passphrase'),
    password: credentialSchema.exactOptional(),
    certificate: z
      .literal(true)
      .exactOptional()
      .describe('Log in by a certificate of the gateway for each session; the machine trusts its authority'),
    home: z
      .string()
      .max(4096)
      .regex(/^(?:\/[^/\0]+)+$/, 'is no absolute path')
      .refine((value) => !value.split('/').some((part) => part === '.' || part === '..'), 'has . or .. in it')
      .exactOptional()
      .describe('Home folder, with no link in it; rules then know what relative paths are'),
    shell: shellMode
      .exactOptional()
      .describe('What a client gets that asks for a shell; default: what the resource says'),
  })
  .refine(
    ({ key, password, certificate }) =>
      [key, password, certificate].filter((one) => one !== undefined).length === 1,
    'has to have one of key, password and certificate',
  );

const resourceObject = z.strictObject({
  host: hostNameSchema.describe('Host name or IP address of the machine'),
  port: z.int().min(1).max(65_535).default(22),
  hostKeys: z
    .array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'is no fingerprint such as SHA256:…'))
    .min(1)
    .max(16)
    .exactOptional()
    .describe('Fingerprints of its host keys, as ssh-keygen -l prints them'),
  knownHosts: filePathSchema.exactOptional().describe('In place of hostKeys: a known_hosts file'),
  aliases: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/, 'is no host name in lower case'),
    )
    .max(100)
    .exactOptional()
    .describe('Host names that clients may write in place of the name of the resource'),
  jump: z
    .string()
    .max(127)
    .regex(
      /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*\+)?[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
      'is no RESOURCE or ACCOUNT+RESOURCE',
    )
    .exactOptional()
    .describe('RESOURCE or ACCOUNT+RESOURCE of ssh that connections to this machine lead through'),
  accounts: z.array(accountSchema).min(1).max(1000),
  defaultAccount: accountName.exactOptional(),
  shell: shellMode
    .exactOptional()
    .describe(
      'What a client gets that asks for a shell: nothing, a prompt with each line judged, or a whole terminal',
    ),
  connectTimeoutMs: z.int().min(100).max(120_000).default(10_000),
});

/** Schema of {@link SshResourceConfig}. A machine that proves itself by nothing is refused: there is no trust on first use. */
export const sshResourceSchema: z.ZodType<SshResourceConfig> = resourceObject.superRefine(
  (config, context) => {
    const { hostKeys, knownHosts } = config;
    const refuse = (message: string, at: readonly (string | number)[]): void => {
      context.addIssue({ code: 'custom', message, path: [...at] });
    };
    if ((hostKeys === undefined) === (knownHosts === undefined)) {
      refuse('say by hostKeys or by knownHosts, and by one of them, how the machine proves itself', [
        'hostKeys',
      ]);
    }
    for (const { message, at } of accountConflicts(config)) refuse(message, at);
  },
);
