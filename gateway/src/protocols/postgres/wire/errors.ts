import { type ErrorSource, GatewayError } from '../../../model/gateway-error.ts';

/**
 * Why bytes were refused:
 * `LENGTH` a length word that cannot be, `TOO_LONG` over a configured cap, `TRUNCATED` a field runs past the end of
 * its message, `TRAILING` bytes after the last field, `TEXT` not UTF-8 or a NUL inside, `UNTERMINATED` a missing NUL,
 * `VALUE` outside the closed set the protocol allows, `TYPE` not the message the decoder is for, `DUPLICATE` a name
 * given twice, `VERSION` a protocol other than 3.x, `OPTIONS` a startup option that cannot be split, `MISUSE` a
 * caller of the codec broke its contract.
 */
export type WireErrorCode =
  | 'ERR_WIRE_LENGTH'
  | 'ERR_WIRE_TOO_LONG'
  | 'ERR_WIRE_TRUNCATED'
  | 'ERR_WIRE_TRAILING'
  | 'ERR_WIRE_TEXT'
  | 'ERR_WIRE_UNTERMINATED'
  | 'ERR_WIRE_VALUE'
  | 'ERR_WIRE_TYPE'
  | 'ERR_WIRE_DUPLICATE'
  | 'ERR_WIRE_VERSION'
  | 'ERR_WIRE_OPTIONS'
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
