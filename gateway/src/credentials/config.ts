import { isAbsolute } from 'node:path';
import { z } from 'zod';

/** The secret is the value of an environment variable of the gateway. */
export interface EnvCredentialConfig {
  readonly env: string;
}

/** The secret is the content of a file, without one trailing newline; read anew each time. */
export interface FileCredentialConfig {
  readonly file: string;
}

/** The secret is what an external program writes to standard output, without one trailing newline. */
export interface CommandCredentialConfig {
  /** Program (absolute path) and arguments, started without a shell. */
  readonly command: readonly string[];
  /** Names of environment variables the program may see, besides `PATH`. */
  readonly passEnv: readonly string[];
  /** Milliseconds after which the program is killed. */
  readonly timeoutMs: number;
  /** Milliseconds for which an answer is used again; 0 runs the program each time. */
  readonly ttlMs: number;
}

/** The account has no secret: client certificate or a server that trusts the gateway's address. */
export interface NoCredentialConfig {
  readonly none: true;
}

/** Where the secret of an upstream account comes from. */
export type CredentialConfig =
  | EnvCredentialConfig
  | FileCredentialConfig
  | CommandCredentialConfig
  | NoCredentialConfig;

const envName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not the name of an environment variable');
const argument = z
  .string()
  .max(4096)
  .refine((value) => !value.includes('\0'), 'holds a NUL character');

const commandSchema = z.strictObject({
  command: z
    .array(argument)
    .min(1)
    .max(64)
    .refine(
      (argv) => argv[0] === undefined || isAbsolute(argv[0]),
      'name the program by its absolute path, so that PATH cannot decide what runs',
    )
    .describe('Program (absolute path) and arguments; no shell is involved'),
  passEnv: z.array(envName).max(64).default([]).describe('Environment variables the program may see'),
  timeoutMs: z.int().min(100).max(60_000).default(5_000).describe('The program is killed after this time'),
  ttlMs: z.int().min(0).max(86_400_000).default(0).describe('How long an answer is used again'),
});

/** Schema of {@link CredentialConfig}: exactly one of `env`, `file`, `command` and `none`. */
export const credentialSchema: z.ZodType<CredentialConfig> = z.union(
  [
    z.strictObject({ env: envName.describe('Environment variable that holds the secret') }),
    z.strictObject({ file: argument.min(1).describe('File that holds the secret') }),
    commandSchema,
    z.strictObject({ none: z.literal(true).describe('The account has no secret') }),
  ],
  {
    error:
      'must be one of { env: NAME }, { file: path }, { command: [/absolute/program, argument…], passEnv?, timeoutMs?, ttlMs? } ' +
      'and { none: true }',
  },
);
