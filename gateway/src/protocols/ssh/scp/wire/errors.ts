import { GatewayError } from '../../../../model/gateway-error.ts';

/** Codes of {@link ScpWireError}. */
export type ScpWireErrorCode =
  /** A line that is none of the protocol, or is too long. */
  | 'ERR_SCP_LINE'
  /** A name with a slash, a dot segment, a line end, or bytes that are no UTF-8. */
  | 'ERR_SCP_NAME'
  /** It ended within a message or a file. */
  | 'ERR_SCP_ENDED';

/** A client that does not keep to the protocol. */
export class ScpWireError extends GatewayError<ScpWireErrorCode> {
  constructor(code: ScpWireErrorCode, message: string) {
    super(code, message, { source: 'downstream', publicMessage: message });
  }
}
