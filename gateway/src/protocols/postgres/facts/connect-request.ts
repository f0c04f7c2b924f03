/** Opening a session, as the policy judges it: family `connect`, before the server is dialled. */
import type { Facts } from '../../../model/facts.ts';

/** Facts of opening `database` of a resource. */
export function connectFacts(resource: string, database: string, account: string): Facts {
  const summary = `connect to ${resource} as account ${account}`;
  return {
    family: 'connect',
    action: 'connect',
    statements: [
      {
        summary,
        atoms: [{ label: summary, values: { databases: [database] } }],
        attributes: {},
        opaque: [],
      },
    ],
  };
}
