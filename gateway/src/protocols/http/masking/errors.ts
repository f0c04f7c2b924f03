import { GatewayError } from '../../../model/gateway-error.ts';

/** Codes of {@link HttpMaskError}. */
export type HttpMaskErrorCode =
  /** A body is in a coding that the gateway cannot undo, or is not what its coding says. */
  | 'ERR_HTTP_MASK_CODING'
  /** A body decodes to far more than was sent: it was made to fill memory or time. */
  | 'ERR_HTTP_MASK_EXPANDS'
  /** A body is of a kind in which masked fields cannot be found, or is not what its content type says. */
  | 'ERR_HTTP_MASK_FORMAT'
  /** A request or a response is about a part of what is masked. */
  | 'ERR_HTTP_MASK_PART';

/** A response cannot be masked. Nothing of what was not looked at was handed out; the response has to be broken off. */
export class HttpMaskError extends GatewayError<HttpMaskErrorCode> {}

/** Makes the error; its message may be told to the client. */
export function httpMaskError(code: HttpMaskErrorCode, message: string): HttpMaskError {
  return new HttpMaskError(code, message, { source: 'upstream', publicMessage: message });
}
