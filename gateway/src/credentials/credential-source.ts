import type { Clock } from '../model/clock.ts';
import { createCommandSource } from './command-source.ts';
import type { CredentialConfig } from './config.ts';
import { createEnvSource } from './env-source.ts';
import { CredentialError } from './errors.ts';
import { createFileSource } from './file-source.ts';
import type { Secret } from './secret.ts';

/** Where an upstream secret comes from. */
export interface CredentialSource {
  readonly kind: 'env' | 'file' | 'command' | 'none';
  /**
   * Obtains the secret. Rejects with a CredentialError, which never holds what was read; `none` always rejects
   * with ERR_CREDENTIALS_NONE.
   */
  read(signal: AbortSignal): Promise<Secret>;
  /** Forgets a cached secret, because the upstream refused it: it may have been rotated. */
  invalidate(): void;
}

/** What a source needs from outside; each has a default. */
export interface CredentialSourceOptions {
  /** Environment of the gateway; default `process.env`, looked up at each read. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** Told, once for each source and problem, about a file that others can read or change. */
  readonly onWarning?: (message: string) => void;
}

/** Makes the source that the config describes; nothing is read before {@link CredentialSource.read}. */
export function createCredentialSource(
  config: CredentialConfig,
  options: CredentialSourceOptions = {},
): CredentialSource {
  const env = options.env ?? process.env;
  if ('env' in config) return createEnvSource(config, env);
  if ('file' in config) return createFileSource(config, options.onWarning ?? (() => undefined));
  if ('command' in config)
    return createCommandSource(config, env, options.clock ?? { nowMs: () => Date.now() });
  return {
    kind: 'none',
    read: () =>
      Promise.reject(new CredentialError('ERR_CREDENTIALS_NONE', 'the account is configured without secret')),
    invalidate: () => undefined,
  };
}
