import { GatewayError } from '../model/gateway-error.ts';

/** Why the doctor could not do its work. */
export type DoctorErrorCode =
  /** What was given to `--probe` is not what the doctor printed. */
  | 'ERR_DOCTOR_CHALLENGE'
  /** What was given to `--from` is no answer of a probe. */
  | 'ERR_DOCTOR_ANSWER'
  /** The key that seals challenges cannot be made or read. */
  | 'ERR_DOCTOR_KEY';

/** The doctor was asked for something that it cannot do. */
export class DoctorError extends GatewayError<DoctorErrorCode> {
  constructor(code: DoctorErrorCode, message: string) {
    super(code, message, { source: 'config' });
  }
}
