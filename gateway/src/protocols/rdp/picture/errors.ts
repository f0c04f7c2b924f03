import { GatewayError } from '../../../model/gateway-error.ts';

/** Codes of {@link PictureError}. */
export type PictureErrorCode =
  /** Bytes of a picture, a palette or a pointer end before they should. */
  | 'ERR_PICTURE_TRUNCATED'
  /** A desktop, a rectangle or a pointer has a size that cannot be, or that is over a bound. */
  | 'ERR_PICTURE_SIZE'
  /** Compressed data with an order that there is not, or that does not come to the size of its rectangle. */
  | 'ERR_PICTURE_DATA'
  /** A depth or a form of compression that was not negotiated. */
  | 'ERR_PICTURE_UNSUPPORTED'
  /** An event of a recorded desktop that is none. */
  | 'ERR_PICTURE_EVENT';

/** The only error of what draws. It tells sizes and places, never pixels. */
export class PictureError extends GatewayError<PictureErrorCode> {
  constructor(code: PictureErrorCode, message: string) {
    super(code, message, { source: 'upstream', publicMessage: message });
  }
}
