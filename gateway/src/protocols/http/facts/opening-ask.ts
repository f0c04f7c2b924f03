import type { AccessRequest } from '../../../model/access-request.ts';
import type { ApprovalBinding, ApprovalView } from '../../../model/approval.ts';

/** What an approval is bound to where something is opened as a whole, and what its approvers see: no more than is known. */
export function openingAsk(
  { principal, resource, account, facts }: AccessRequest,
  /** What is opened; the same for all of its kind. */
  text: string,
  target = '',
): { readonly binding: ApprovalBinding; readonly view: ApprovalView } {
  const summary = facts.statements[0]?.summary ?? text;
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
      target,
      text,
      parameters: [],
      settings: {},
      objects: [],
    },
    view: { summary, text: summary, parameters: [] },
  };
}
