import type { EnvCredentialConfig } from './config.ts';
import type { CredentialSource } from './credential-source.ts';
import { CredentialError } from './errors.ts';
import { secretFromBytes } from './secret-bytes.ts';

/** Makes a source that looks the variable up at each read. */
export function createEnvSource(
  config: EnvCredentialConfig,
  env: Readonly<Record<string, string | undefined>>,
): CredentialSource {
  return {
    kind: 'env',
    async read() {
      const value = env[config.env];
      if (value === undefined) {
        throw new CredentialError(
          'ERR_CREDENTIALS_UNSET',
          `environment variable ${config.env} is not set; set it before the gateway starts`,
        );
      }
      return secretFromBytes(Buffer.from(value, 'utf8'), `environment variable ${config.env}`);
    },
    invalidate: () => undefined,
  };
}
