import { GatewayError } from '../model/gateway-error.ts';

/** Codes of {@link RecordingError}. */
export type RecordingErrorCode =
  /** The disk refused what was to be recorded: the session's result stops, nothing is delivered unrecorded. */
  | 'ERR_RECORDING_UNWRITABLE'
  /** There is no recording of that session. */
  | 'ERR_RECORDING_UNKNOWN'
  /** The file or folder cannot be read. */
  | 'ERR_RECORDING_UNREADABLE'
  /** The file is no recording, or was damaged. */
  | 'ERR_RECORDING_DAMAGED'
  /** The recording was made by a newer gateway. */
  | 'ERR_RECORDING_VERSION'
  /** The index of recordings cannot answer; it can be made anew from the recordings. */
  | 'ERR_RECORDING_INDEX'
  /** The search makes no sense, or asks for too much at once. */
  | 'ERR_RECORDING_QUERY';

/** A recording cannot be written or read. */
export class RecordingError extends GatewayError<RecordingErrorCode> {}

/** Makes a {@link RecordingError}; its message may be told to whoever may read recordings. */
export function recordingError(code: RecordingErrorCode, message: string, cause?: unknown): RecordingError {
  return new RecordingError(code, message, {
    source: code === 'ERR_RECORDING_QUERY' || code === 'ERR_RECORDING_UNKNOWN' ? 'downstream' : 'internal',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What is told to the client whose result stops: the cause stays in the log. */
export function unwritable(session: string, cause: unknown): RecordingError {
  return new RecordingError(
    'ERR_RECORDING_UNWRITABLE',
    `the recording of ${session} cannot be written: ${causeText(cause)}; free space or mend the disk`,
    {
      source: 'internal',
      publicMessage:
        'the gateway cannot record this session any more, so nothing more is delivered; try again later',
      cause,
    },
  );
}

/** The text of whatever was thrown. */
export function causeText(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
