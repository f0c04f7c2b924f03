import { z } from 'zod';

/** SSH's part of a listener in the config. */
export interface SshListenerConfig {
  /** File of the host key; absent: one is made in `dataDir/ssh`. */
  readonly hostKey?: string;
  /** File of the key that comes after it, told to clients beforehand. */
  readonly nextHostKey?: string;
  /** Programs of one connection side by side. */
  readonly maxChannels: number;
  /** Longest key exchange within a connection; the first one is bounded by `handshakeTimeoutMs`. */
  readonly rekeyTimeoutMs: number;
}

/** Schema of {@link SshListenerConfig}. */
export const sshListenerSchema: z.ZodType<SshListenerConfig> = z.strictObject({
  hostKey: z
    .string()
    .min(1)
    .max(4096)
    .exactOptional()
    .describe('File of the host key, in OpenSSH format without passphrase; default: one is made in dataDir'),
  nextHostKey: z
    .string()
    .min(1)
    .max(4096)
    .exactOptional()
    .describe('File of the Ed25519 key that is to follow: clients are told of it, and remember it'),
  maxChannels: z.int().min(1).max(100).default(10).describe('Programs of one connection side by side'),
  rekeyTimeoutMs: z.int().min(100).max(120_000).default(30_000),
});
