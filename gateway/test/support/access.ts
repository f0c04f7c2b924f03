/** Access for a time as people and agents use it: by the API of a running gateway. */
import type { ApiAccessRequest } from '../../src/api/contract/access.ts';
import { type Answer, askApi } from '../e2e/api/api-client.ts';
import type { TestGateway } from './gateway.ts';
import type { TokenClaims } from './issuer.ts';

type Gateway = Pick<TestGateway, 'api' | 'caFile' | 'issuer'>;

/** Asks for a window as an agent does. */
export async function requestAccess(
  gateway: Gateway,
  body: Readonly<Record<string, unknown>>,
  claims: TokenClaims = {},
): Promise<Answer> {
  const token = await gateway.issuer.token(claims);
  const asked = { justification: 'ticket 4711', durationMs: 600_000, ...body };
  return askApi(gateway, '/v1/access-requests', { token, body: asked });
}

/** Does something with a request as a DBA, who is not the agent. */
export async function actOnAccess(
  gateway: Gateway,
  { id, digest }: Pick<ApiAccessRequest, 'id' | 'digest'>,
  act: 'approve' | 'deny' | 'revoke',
  sub: string = 'dora',
): Promise<Answer> {
  const token = await gateway.issuer.token({ sub, client_id: 'inbox', groups: ['dba'] });
  return askApi(gateway, `/v1/access-requests/${id}/${act}`, {
    token,
    body: act === 'revoke' ? {} : { digest },
  });
}

/** A window of the usual agent, opened by a DBA. */
export async function openWindow(
  gateway: Gateway,
  body: Readonly<Record<string, unknown>>,
  claims: TokenClaims = {},
): Promise<ApiAccessRequest> {
  const asked = await requestAccess(gateway, body, claims);
  if (asked.status !== 200) throw new Error(asked.text);
  const approved = await actOnAccess(gateway, asked.json as ApiAccessRequest, 'approve');
  if (approved.status !== 200) throw new Error(approved.text);
  return approved.json as ApiAccessRequest;
}
