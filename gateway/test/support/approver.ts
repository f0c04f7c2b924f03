/** A person who decides about requests for approval, through the HTTP API. */
import { askApi } from '../e2e/api/api-client.ts';
import type { TestGateway } from './gateway.ts';

/** Group of the approvers in policies of tests. */
export const APPROVERS = 'dba';

/**
 * Decides one request. Needs a gateway with `api`.
 *
 * @param id `apr_…`, as the client was told
 */
export async function decideApproval(
  gateway: Pick<TestGateway, 'issuer' | 'api' | 'caFile'>,
  id: string,
  verdict: 'approve' | 'deny',
): Promise<void> {
  // Not by the agents' client: that would be an answer to a request of one's own.
  const token = await gateway.issuer.token({ sub: 'dana', client_id: 'inbox', groups: [APPROVERS] });
  const path = `/v1/approvals/${id}`;
  const shown = await askApi(gateway, path, { token });
  if (shown.status !== 200) throw new Error(`${id}: ${shown.status} ${shown.text}`);
  // An answer names what the approver has looked at.
  const { digest } = shown.json as { readonly digest: string };
  const answer = await askApi(gateway, `${path}/${verdict}`, { token, body: { digest } });
  if (answer.status !== 200) throw new Error(`${verdict} of ${id}: ${answer.status} ${answer.text}`);
}
