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
  gateway: TestGateway,
  id: string,
  verdict: 'approve' | 'deny',
): Promise<void> {
  const token = await gateway.issuer.token({ sub: 'dana', groups: [APPROVERS] });
  const answer = await askApi(gateway, `/v1/approvals/${id}/${verdict}`, { token, body: {} });
  if (answer.status >= 300) throw new Error(`${verdict} of ${id}: ${answer.status} ${answer.text}`);
}
