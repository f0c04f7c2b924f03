/** Session credentials of a test gateway, minted as agents do: over the API, with a token. */
import type { IssuedCredential } from '../../src/api/contract/credential.ts';
import { askApi } from '../e2e/api/api-client.ts';
import type { TestGateway } from './gateway.ts';
import type { TokenClaims } from './issuer.ts';

/** What is asked for; the resource is `shop` unless said. */
export interface MintWish {
  readonly claims?: TokenClaims;
  readonly [key: string]: unknown;
}

/** Mints one; fails where the gateway does not. */
export async function mintCredential(
  gateway: Pick<TestGateway, 'issuer' | 'caFile' | 'api'>,
  { claims, ...wish }: MintWish = {},
): Promise<IssuedCredential> {
  const token = await gateway.issuer.token(claims);
  const body = { resource: 'shop', sslrootcert: gateway.caFile, ...wish };
  const answer = await askApi(gateway, '/v1/credentials', { token, body });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json as IssuedCredential;
}

/** Revokes one as its owner; the answer's status. */
export async function revokeCredential(
  gateway: TestGateway,
  id: string,
  claims?: TokenClaims,
): Promise<number> {
  const token = await gateway.issuer.token(claims);
  return (await askApi(gateway, `/v1/credentials/${id}`, { method: 'DELETE', token })).status;
}
