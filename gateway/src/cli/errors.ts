import { GatewayError } from '../model/gateway-error.ts';

/** Why a command could not do its work. */
export type CliErrorCode =
  /** An argument or option makes no sense. */
  | 'ERR_CLI_USAGE'
  /** The API of the gateway cannot be reached, or refused what was asked. */
  | 'ERR_CLI_API'
  /** ffmpeg is missing, or made no video. */
  | 'ERR_CLI_VIDEO';

/** A command that was called wrongly; its message is all that is shown. */
export class CliError extends GatewayError<CliErrorCode> {
  constructor(code: CliErrorCode, message: string) {
    super(code, message, { source: 'config' });
  }
}
