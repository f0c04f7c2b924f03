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
  | 'ERR_POSTGRES_SETTING_DENIED';

/** A client that is not let in, with the ErrorResponse it gets. */
export class LoginRefusal extends GatewayError<LoginRefusalCode> {
  /** The complete ErrorResponse, severity FATAL. */
  readonly answer: Buffer;

  constructor(code: LoginRefusalCode, sqlState: string, message: string, answer?: Buffer) {
    super(code, message, { source: 'downstream', publicMessage: message });
    this.answer = answer ?? plainError(sqlState, message, 'FATAL');
  }
}
