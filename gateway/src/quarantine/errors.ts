import { GatewayError } from '../model/gateway-error.ts';

/** Why a quarantine cannot be lifted. */
export type QuarantineErrorCode =
  /** There is no such quarantine, or its time is over. */
  | 'ERR_QUARANTINE_UNKNOWN'
  /** The audit or the state store cannot be written, so it stays. */
  | 'ERR_QUARANTINE_UNRECORDED';

/** A quarantine that stays as it is; its message may be told. */
export class QuarantineError extends GatewayError<QuarantineErrorCode> {
  constructor(code: QuarantineErrorCode, message: string, cause?: unknown) {
    const isOurs = code === 'ERR_QUARANTINE_UNRECORDED';
    super(code, message, {
      source: isOurs ? 'internal' : 'downstream',
      publicMessage: message,
      retryable: isOurs,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
