import { GatewayError } from '../../../model/gateway-error.ts';

/** Codes of {@link ResponseMaskError}. */
export type ResponseMaskErrorCode =
  /** A row is too long to be held and a masked cell in its later part has no value of a fixed length. */
  | 'ERR_RESPONSE_MASK_ROW_SIZE'
  /** Rows or COPY data came although nothing told what they are: the relay asked in the wrong order. */
  | 'ERR_RESPONSE_MASK_NO_PLAN'
  /** A column comes from another table than the statement was judged by. */
  | 'ERR_RESPONSE_MASK_ORIGIN';

/** The answer cannot be masked; nothing of the message in question was handed out. */
export class ResponseMaskError extends GatewayError<ResponseMaskErrorCode> {}

/** Makes the error; its message may be told to the client. */
export function responseMaskError(code: ResponseMaskErrorCode, message: string): ResponseMaskError {
  return new ResponseMaskError(code, message, { source: 'upstream', publicMessage: message });
}
