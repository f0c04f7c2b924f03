import { GatewayError } from '../model/gateway-error.ts';

/** Why the console could not be served, or somebody not be signed in. */
export type ConsoleErrorCode =
  /** The console is not built, or its files are not those that its list names. */
  | 'ERR_CONSOLE_FILES'
  /** `api.console.issuer` is none of the configured issuers, or nobody can sign in there. */
  | 'ERR_CONSOLE_ISSUER'
  /** The browser has no session of the console, or it has ended. */
  | 'ERR_CONSOLE_SIGNED_OUT'
  /** The request has the cookie of the console but was not sent by its pages. */
  | 'ERR_CONSOLE_FORGED'
  /** The answer of the identity provider belongs to no sign-in that this browser began, or it came too late. */
  | 'ERR_CONSOLE_SIGN_IN_STATE'
  /** The identity provider did not let somebody in. */
  | 'ERR_CONSOLE_SIGN_IN_REFUSED'
  /** The identity provider gave no token that the gateway accepts. */
  | 'ERR_CONSOLE_SIGN_IN_TOKEN'
  /** As many people sign in, or are signed in, as may. */
  | 'ERR_CONSOLE_BUSY';

/** A refusal of the console; its message may be told. */
export class ConsoleError extends GatewayError<ConsoleErrorCode> {
  constructor(code: ConsoleErrorCode, message: string, cause?: unknown) {
    const isConfig = code === 'ERR_CONSOLE_FILES' || code === 'ERR_CONSOLE_ISSUER';
    super(code, message, {
      source: isConfig ? 'config' : 'downstream',
      publicMessage: message,
      retryable: code === 'ERR_CONSOLE_BUSY',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
