/** Opening a session on what has no databases, as the policy judges it: family `connect`, before the resource is dialled. */
import type { AccessRequest } from '../model/access-request.ts';
import type { Facts } from '../model/facts.ts';
import { openingAsk } from '../model/opening-ask.ts';

/** Facts of opening a session. No rule that names databases covers it. */
export function connectFacts(resource: string, account: string): Facts {
  const summary = `connect to ${resource} as account ${account}`;
  const statement = { summary, atoms: [{ label: summary, values: {} }], attributes: {}, opaque: [] };
  return { family: 'connect', action: 'connect', statements: [statement] };
}

/** What an approval of a session is bound to, and what its approvers see. */
export function connectAsk(access: AccessRequest): ReturnType<typeof openingAsk> {
  return openingAsk(access, 'open a session');
}
