/** Opening a session on a service, as the policy judges it: family `connect`, before the service is dialled. */
import type { AccessRequest } from '../../../model/access-request.ts';
import type { Facts } from '../../../model/facts.ts';
import { openingAsk } from '../../../model/opening-ask.ts';

/** Facts of opening a session. A service has no databases, so no rule that names some covers it. */
export function connectFacts(resource: string, account: string): Facts {
  const summary = `connect to ${resource} as account ${account}`;
  const statement = { summary, atoms: [{ label: summary, values: {} }], attributes: {}, opaque: [] };
  return { family: 'connect', action: 'connect', statements: [statement] };
}

/** What an approval of a session is bound to, and what its approvers see. */
export function connectAsk(access: AccessRequest): ReturnType<typeof openingAsk> {
  return openingAsk(access, 'open a session');
}
