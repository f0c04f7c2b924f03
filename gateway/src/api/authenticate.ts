import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { FailedAuthentications } from '../listener/failed-authentications.ts';
import type { AuditLog } from '../model/audit-event.ts';
import { GatewayError } from '../model/gateway-error.ts';
import type { Principal } from '../model/principal.ts';
import { ApiError } from './errors.ts';

/** A request that says who it is of. */
export interface Credentials {
  /** The `Authorization` header. */
  readonly header: string | undefined;
  readonly sourceAddress: string;
  /** For the record: what was asked for. */
  readonly method: string;
  readonly route: string;
}

/**
 * The principal of a request, by its bearer token (RFC 6750 section 2.1) and by nothing else: no cookie, no parameter.
 * A refusal is recorded, without waiting; an address that is refused too often is not even heard.
 * @throws ApiError `ERR_API_UNAUTHENTICATED`, ListenerError `ERR_LISTENER_THROTTLED`, or what the verifier throws
 */
export async function authenticate(
  { header, sourceAddress, method, route }: Credentials,
  services: {
    readonly identity: Pick<TokenVerifier, 'verify'>;
    readonly audit: AuditLog;
    readonly failures: FailedAuthentications;
  },
): Promise<Principal> {
  const { identity, audit, failures } = services;
  failures.admits(sourceAddress);
  try {
    return await identity.verify(tokenOf(header));
  } catch (error) {
    const isTheirs = error instanceof GatewayError && error.source === 'downstream';
    if (!failures.failed(sourceAddress, isTheirs)) throw error;
    audit.enqueue({
      type: 'authentication.failed',
      protocol: 'api',
      sourceAddress,
      code: error instanceof GatewayError ? error.code : 'ERR_INTERNAL',
      message: error instanceof Error ? error.message : String(error),
      claimed: { method, route },
    });
    throw error;
  }
}

function tokenOf(header: string | undefined): string {
  const token = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(header ?? '')?.[1];
  if (token !== undefined) return token;
  throw new ApiError(
    'ERR_API_UNAUTHENTICATED',
    header === undefined
      ? 'send your access token as `Authorization: Bearer <token>`'
      : 'the Authorization header is not of the form `Bearer <token>`; send your access token so',
  );
}
