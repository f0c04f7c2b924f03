import { GatewayError } from '../../../../model/gateway-error.ts';
import type { WireErrorSource } from '../errors.ts';

/** Why the WebSocket codec refused something. */
export type WebSocketErrorCode =
  /** Reserved bits or an opcode without a meaning: no extension is ever agreed on. */
  | 'ERR_WEBSOCKET_RESERVED'
  /** A frame that is masked and must not be, or the other way round. */
  | 'ERR_WEBSOCKET_MASK'
  /** A length that is not in its shortest form, or that no frame can have. */
  | 'ERR_WEBSOCKET_LENGTH'
  /** A frame or a message over its limit. */
  | 'ERR_WEBSOCKET_TOO_LONG'
  /** A control frame that is fragmented or longer than 125 bytes. */
  | 'ERR_WEBSOCKET_CONTROL'
  /** A continuation of nothing, or a new message within another. */
  | 'ERR_WEBSOCKET_FRAGMENT'
  /** Text or a close reason that is not UTF-8. */
  | 'ERR_WEBSOCKET_TEXT'
  /** A close frame with half a code, or a code that must not be sent. */
  | 'ERR_WEBSOCKET_CLOSE'
  /** A frame behind the close frame, or an end of the stream within a message or before it. */
  | 'ERR_WEBSOCKET_ENDED'
  /** An opening handshake that RFC 6455 section 4 does not allow. */
  | 'ERR_WEBSOCKET_HANDSHAKE'
  /** The gateway's own code broke the codec's contract. */
  | 'ERR_WEBSOCKET_MISUSE';

const PROTOCOL_ERROR = 1002;
const INVALID_TEXT = 1007;
const TOO_BIG = 1009;

const CLOSE_CODE_OF: Partial<Readonly<Record<WebSocketErrorCode, number>>> = {
  ERR_WEBSOCKET_TEXT: INVALID_TEXT,
  ERR_WEBSOCKET_TOO_LONG: TOO_BIG,
};

/** The only error that the WebSocket codec throws on bytes. Its message tells rules, lengths and offsets, never content. */
export class WebSocketError extends GatewayError<WebSocketErrorCode> {
  /** Bytes from the first byte of the stream of frames. */
  readonly offset: number;
  /** The status code for the close frame that answers it (RFC 6455 section 7.4.1). */
  readonly closeCode: number;

  constructor(code: WebSocketErrorCode, message: string, place: { source: WireErrorSource; offset: number }) {
    const located = `${message} (at byte ${place.offset})`;
    super(code, located, {
      source: place.source,
      ...(place.source === 'downstream' ? { publicMessage: located } : {}),
    });
    this.offset = place.offset;
    this.closeCode = CLOSE_CODE_OF[code] ?? PROTOCOL_ERROR;
  }
}
