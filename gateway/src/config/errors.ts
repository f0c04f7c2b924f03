import { GatewayError } from '../model/gateway-error.ts';

/** Codes of {@link ConfigError}. */
export type ConfigErrorCode =
  /** The file cannot be read. */
  | 'ERR_CONFIG_UNREADABLE'
  /** The file is not valid; the message lists every problem with its place. */
  | 'ERR_CONFIG_INVALID';

/** The configuration cannot be used; the gateway does not start with it. */
export class ConfigError extends GatewayError<ConfigErrorCode> {
  constructor(code: ConfigErrorCode, message: string, cause?: unknown) {
    super(code, message, { source: 'config', publicMessage: message, cause });
  }
}
