import { GatewayError } from '../../../../model/gateway-error.ts';

/** Codes of {@link SftpWireError}. */
export type SftpWireErrorCode =
  /** A length that cannot be: the stream cannot be read on. */
  | 'ERR_SFTP_LENGTH'
  /** A message whose fields are not what its type has. */
  | 'ERR_SFTP_MESSAGE'
  /** Text that is no UTF-8, is too long, or has a NUL in it. */
  | 'ERR_SFTP_TEXT'
  /** Another version of the protocol than 3. */
  | 'ERR_SFTP_VERSION';

/** The only error of the codec. It tells types and lengths, never content. */
export class SftpWireError extends GatewayError<SftpWireErrorCode> {
  constructor(code: SftpWireErrorCode, message: string) {
    super(code, message, { source: 'downstream', publicMessage: message });
  }
}
