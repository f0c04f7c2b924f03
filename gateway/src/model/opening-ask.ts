import type { AccessRequest } from './access-request.ts';
import type { ApprovalBinding, ApprovalView } from './approval.ts';

/** What an approval is bound to where something is opened as a whole, and what its approvers see: no more than is known. */
export function openingAsk(
  access: AccessRequest,
  /** What is opened; the same for all of its kind. */
  text: string,
  target = '',
): { readonly binding: ApprovalBinding; readonly view: ApprovalView } {
  const summary = access.facts.statements[0]?.summary ?? text;
  return { binding: bindingOf(access, text, target), view: { summary, text: summary, parameters: [] } };
}

/** Everything that makes two requests without parameters the same to an approver. */
export function bindingOf(
  { principal, resource, account }: AccessRequest,
  text: string,
  target = '',
): ApprovalBinding {
  const { issuer, subject, agent, delegation, run } = principal;
  return {
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
  };
}
