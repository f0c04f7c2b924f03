import { type ErrorSource, GatewayError } from '../../../model/gateway-error.ts';

/** Why the codec refused something. */
export type WireErrorCode =
  /** A length word that cannot be: too short for its message, negative, or not the size of the frame. */
  | 'ERR_WIRE_LENGTH'
  /** Over a configured cap, or over what the protocol and this runtime can carry. */
  | 'ERR_WIRE_TOO_LONG'
  /** A field or a count runs past the end of its message. */
  | 'ERR_WIRE_TRUNCATED'
  /** Bytes behind the last field: nobody would judge them. */
  | 'ERR_WIRE_TRAILING'
  /** Text that is not UTF-8 or that has a NUL inside. */
  | 'ERR_WIRE_TEXT'
  /** A string without its closing NUL. */
  | 'ERR_WIRE_UNTERMINATED'
  /** A value outside the set or range that the protocol allows. */
  | 'ERR_WIRE_VALUE'
  /** Another message than the decoder is for. */
  | 'ERR_WIRE_TYPE'
  /** A name or field given twice, of which only one would be judged. */
  | 'ERR_WIRE_DUPLICATE'
  /** A protocol other than 3.x. */
  | 'ERR_WIRE_VERSION'
  /** A startup option that is not one setting and its value. */
  | 'ERR_WIRE_OPTIONS'
  /** The gateway's own code broke the codec's contract. */
  | 'ERR_WIRE_MISUSE';

/** Which end the bytes came from; `internal` where the gateway itself asked for something unencodable. */
export type WireErrorSource = Extract<ErrorSource, 'downstream' | 'upstream' | 'internal'>;

/** Where a {@link WireError} happened. */
export interface WireErrorPlace {
  readonly source: WireErrorSource;
  /** Bytes from the message's first byte (decoders) or from the first byte of the stream (splitter). */
  readonly offset: number;
}

/**
 * The only error the codec throws on bytes. The message tells types, lengths and offsets and never content, so that
 * it is safe in logs and, for what a client sent, in front of that client.
 */
export class WireError extends GatewayError<WireErrorCode> {
  readonly offset: number;

  constructor(code: WireErrorCode, message: string, place: WireErrorPlace) {
    const located = `${message} (at byte ${place.offset})`;
    super(code, located, {
      source: place.source,
      ...(place.source === 'downstream' ? { publicMessage: located } : {}),
    });
    this.offset = place.offset;
  }
}

/** Shows a message type byte as people know it: its ASCII letter where it has one, and hexadecimal. */
export function toTypeName(type: number): string {
  const hex = `0x${type.toString(16).padStart(2, '0')}`;
  const isPrintable = type > 0x20 && type < 0x7f;
  return isPrintable ? `${String.fromCharCode(type)} (${hex})` : hex;
}
