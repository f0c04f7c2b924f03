import type { AccessRequest } from '../../../model/access-request.ts';
import type { ApprovalBinding, ApprovalView } from '../../../model/approval.ts';

/** What an approval of a connection is bound to, and what its approvers see. */
export function connectAsk(
  { database }: { readonly database: string },
  { principal, resource, account, facts }: AccessRequest,
): { readonly binding: ApprovalBinding; readonly view: ApprovalView } {
  const summary = facts.statements[0]?.summary ?? 'connect';
  const { issuer, subject, agent, delegation, run } = principal;
  return {
    binding: {
      issuer,
      subject,
      agent,
      delegation,
      run,
      resource: resource.name,
      protocol: resource.protocol,
      account,
      target: database,
      text: 'open a session',
      parameters: [],
      settings: {},
      objects: [],
    },
    view: { summary, text: summary, parameters: [] },
  };
}
