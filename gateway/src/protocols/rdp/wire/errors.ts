import { GatewayError } from '../../../model/gateway-error.ts';

/** Codes of {@link RdpWireError}. */
export type RdpWireErrorCode =
  /** A length that cannot be: too short for what it is of, or not what the message has. The stream cannot be read on. */
  | 'ERR_RDP_LENGTH'
  /** More bytes, entries or fragments than the gateway takes. */
  | 'ERR_RDP_TOO_LONG'
  /** A message that ends within a field. */
  | 'ERR_RDP_TRUNCATED'
  /** Bytes behind the last field: nobody would judge them. */
  | 'ERR_RDP_TRAILING'
  /** Another message than is due, or one that the gateway does not know. */
  | 'ERR_RDP_TYPE'
  /** A value outside of what the protocol, or the gateway, takes. */
  | 'ERR_RDP_VALUE'
  /** Encrypted or compressed by RDP itself, which was not agreed: inside of TLS there is neither. */
  | 'ERR_RDP_OPAQUE';

/** Which end the bytes came from; `internal` where the gateway itself asked for something unencodable. */
export type RdpWireSource = 'downstream' | 'upstream' | 'internal';

/** The only error of the codec. It tells types, lengths and offsets, never content. */
export class RdpWireError extends GatewayError<RdpWireErrorCode> {
  constructor(code: RdpWireErrorCode, message: string, source: RdpWireSource) {
    super(code, message, { source, ...(source === 'downstream' ? { publicMessage: message } : {}) });
  }
}
