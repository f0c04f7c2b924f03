import { GatewayError } from '../model/gateway-error.ts';

/** Codes of the state store. */
export type StoreErrorCode =
  /** The file cannot be opened, or is not one of ours. */
  | 'ERR_STORE_OPEN'
  /** The file was written by a newer version of the gateway. */
  | 'ERR_STORE_NEWER';

/** The state store failed. */
export class StoreError extends GatewayError<StoreErrorCode> {}
