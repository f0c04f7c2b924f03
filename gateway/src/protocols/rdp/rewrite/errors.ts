import { GatewayError } from '../../../model/gateway-error.ts';

/** Codes of {@link RdpRewriteError}. */
export type RdpRewriteErrorCode =
  /** The target sends the client elsewhere, and may send a password along: it is not passed on. */
  | 'ERR_RDP_REDIRECTED'
  /** The target draws by what was not agreed, and what nobody could replay. */
  | 'ERR_RDP_UNRECORDABLE'
  /** A message that is not due at this point, or that this side does not send. */
  | 'ERR_RDP_UNEXPECTED';

const PUBLIC: Readonly<Record<RdpRewriteErrorCode, string>> = {
  ERR_RDP_REDIRECTED:
    'the target redirects to another host, which is not passed on; name that host as the resource',
  ERR_RDP_UNRECORDABLE: 'the target draws by what cannot be recorded, so nothing of it is shown',
  ERR_RDP_UNEXPECTED: 'a message of RDP came out of order',
};

/** A message that goes no further, and ends the session. It tells types and states, never content. */
export class RdpRewriteError extends GatewayError<RdpRewriteErrorCode> {
  constructor(code: RdpRewriteErrorCode, message: string, source: 'downstream' | 'upstream') {
    super(code, message, { source, publicMessage: PUBLIC[code] });
  }
}
