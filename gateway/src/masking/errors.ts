import { GatewayError } from '../model/gateway-error.ts';

/** Codes of masking. */
export type MaskingErrorCode =
  /** A name in `detect` is no detector and no pattern of the config. */
  | 'ERR_MASKING_DETECTOR'
  /** An own pattern cannot be compiled, or would match nothing or everything. */
  | 'ERR_MASKING_PATTERN'
  /** A path into JSON or XML cannot be read. */
  | 'ERR_MASKING_PATH'
  /** The keys of pseudonyms and digests are missing, too short, or named twice. */
  | 'ERR_MASKING_KEY';

/** Masking was asked for something that it cannot do. Never holds a value that was to be masked. */
export class MaskingError extends GatewayError<MaskingErrorCode> {}
