import { GatewayError } from '../model/gateway-error.ts';

/** Codes of API descriptions. */
export type OpenApiErrorCode =
  /** The file is no YAML and no JSON. */
  | 'ERR_OPENAPI_SYNTAX'
  /** It is no OpenAPI document of version 3.0 or 3.1. */
  | 'ERR_OPENAPI_VERSION'
  /** Something in it is missing, ambiguous, or of a kind that requests cannot be checked by. */
  | 'ERR_OPENAPI_DOCUMENT'
  /** A reference leads nowhere, or out of the document. */
  | 'ERR_OPENAPI_REFERENCE';

/** An API description cannot be used. */
export class OpenApiError extends GatewayError<OpenApiErrorCode> {}
