import { GatewayError } from '../../../model/gateway-error.ts';
import { plainError } from '../refusal.ts';

/** Codes of {@link LoginRefusal}. */
export type LoginRefusalCode =
  | 'ERR_POSTGRES_NO_TOKEN'
  | 'ERR_POSTGRES_NO_USER'
  | 'ERR_POSTGRES_MISPLACED_TOKEN'
  | 'ERR_POSTGRES_PLAINTEXT'
  | 'ERR_POSTGRES_UNKNOWN_RESOURCE'
  | 'ERR_POSTGRES_CONNECT_DENIED'
  | 'ERR_POSTGRES_SETTING_DENIED'
  /** The session credential is none, is over, is for something else, or its secret is wrong. The client is not told which. */
  | 'ERR_POSTGRES_CREDENTIAL'
  /** Too many logins with a wrong secret. */
  | 'ERR_POSTGRES_CREDENTIAL_GUESSED'
  /** The TLS connection of the client is not the one that the gateway sees: somebody sits in between. */
  | 'ERR_POSTGRES_CHANNEL_BINDING';

/** A client that is not let in, with the ErrorResponse it gets. */
export class LoginRefusal extends GatewayError<LoginRefusalCode> {
  /** The complete ErrorResponse, severity FATAL. */
  readonly answer: Buffer;

  constructor(code: LoginRefusalCode, sqlState: string, message: string, answer?: Buffer) {
    super(code, message, {
      source: 'downstream',
      // An answer of its own is there because the message says more than the client may know.
      ...(answer === undefined ? { publicMessage: message } : {}),
    });
    this.answer = answer ?? plainError(sqlState, message, 'FATAL');
  }
}
