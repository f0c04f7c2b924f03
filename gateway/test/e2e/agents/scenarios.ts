/** What the agents meet at the gateway. */
import { APPROVERS } from '../../support/approver.ts';
import { SHOP_POLICY } from '../clients/shop.ts';

/** A statement that is refused or held, and what the model must be able to read of it in one line. */
export interface Scenario {
  readonly name: string;
  readonly statement: string;
  /** How the line begins. */
  readonly token: RegExp;
  /** What else it says: the reason, and what to do instead. */
  readonly says: readonly (string | RegExp)[];
}

const DENIED = /^POLICY_DENIED \[dec_[0-9a-z_]+\] /;
const INSTEAD = [/Do not retry this statement\./, /Allowed instead: .*SELECT on public\.\*/];

/** Refused by a rule that says why, by a rule on a table, and because no rule allows it. */
export const DENIALS: readonly Scenario[] = [
  {
    name: 'a DELETE without bounds',
    statement: 'DELETE FROM orders',
    token: DENIED,
    says: ['denied by rule bounded-writes', 'Add a WHERE on a key.', ...INSTEAD],
  },
  {
    name: 'DROP TABLE',
    statement: 'DROP TABLE orders',
    token: DENIED,
    says: ['DROP TABLE public.orders', 'no rule allows it', ...INSTEAD],
  },
  {
    name: 'a forbidden table',
    statement: 'SELECT secret FROM integration_tokens',
    token: DENIED,
    says: ['denied by rule no-tokens', 'Integration tokens are not for agents.', ...INSTEAD],
  },
];

/** The shop's policy, with writes to readings that a person has to approve. Nobody is kept waiting. */
export const POLICY_WITH_APPROVAL: string = `${SHOP_POLICY}  - id: readings-write
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [UPDATE], tables: [public.readings] }
    approval: { by: [${APPROVERS}], within: 15m, wait: 0s }
`;

/** A write that waits for a person. The same statement, asked again, is the same request. */
export const PENDING: Scenario = {
  name: 'a write that needs an approval',
  statement: 'UPDATE readings SET value = value + 1000 WHERE id = 1 RETURNING id',
  token: /^APPROVAL_PENDING \[apr_[\w-]+\] /,
  says: ['readings', /same statement|identical/i],
};
