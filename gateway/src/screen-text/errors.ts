import { GatewayError } from '../model/gateway-error.ts';

/** Codes of {@link ScreenTextError}. */
export type ScreenTextErrorCode =
  /** The program that reads pictures cannot be started, or says that it failed. */
  | 'ERR_SCREEN_TEXT_COMMAND'
  /** It did not end in time, and was killed. */
  | 'ERR_SCREEN_TEXT_TIMEOUT'
  /** It wrote more than is taken, and was killed. */
  | 'ERR_SCREEN_TEXT_OUTPUT'
  /** A recording cannot be read, or shows no picture. */
  | 'ERR_SCREEN_TEXT_RECORDING';

/** Text in pictures cannot be read. Recordings go on; what is not read is not found. It tells no text and no output of the program. */
export class ScreenTextError extends GatewayError<ScreenTextErrorCode> {
  constructor(code: ScreenTextErrorCode, message: string) {
    super(code, message, { source: 'internal' });
  }
}
