import { GatewayError } from '../model/gateway-error.ts';

/** Codes of {@link EnforcementError}. */
export type EnforcementErrorCode = 'ERR_ENFORCEMENT_UNRECORDED';

/** The gate could not do its part; nothing was forwarded. */
export class EnforcementError extends GatewayError<EnforcementErrorCode> {}
