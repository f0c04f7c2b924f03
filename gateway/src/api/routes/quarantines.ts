/** Runs that are stopped because they repeated what was denied. */
import type { Quarantine } from '../../model/run-guard.ts';
import {
  type ApiQuarantine,
  apiQuarantineSchema,
  type QuarantineList,
  quarantineIdSchema,
  quarantineListSchema,
} from '../contract/quarantine.ts';
import type { Endpoint } from '../endpoint.ts';

/** Most that an answer lists. */
const MAX_LISTED = 1_000;

const list: Endpoint<unknown, unknown, QuarantineList> = {
  method: 'get',
  path: '/v1/quarantines',
  operationId: 'listQuarantines',
  tag: 'quarantines',
  summary: 'List the runs that are in quarantine',
  description: `The one that ends last first; at most ${MAX_LISTED}.`,
  role: 'reader',
  answer: { schema: quarantineListSchema, description: 'All that are in force.' },
  details: () => ({}),
  handle: (_, { services }) => ({
    quarantines: services.guard.list().slice(0, MAX_LISTED).map(toQuarantine),
  }),
};

const lift: Endpoint<unknown, unknown, ApiQuarantine> = {
  method: 'post',
  path: '/v1/quarantines/{id}/lift',
  operationId: 'liftQuarantine',
  tag: 'quarantines',
  summary: 'Let a run go on',
  description: 'Its denials are counted anew from then on.',
  role: 'admin',
  id: { schema: quarantineIdSchema, description: 'id of the quarantine: `fnd_…`' },
  answer: { schema: apiQuarantineSchema, description: 'It is lifted, and that is on record.' },
  isSynced: true,
  details: ({ id }) => ({ quarantine: id }),
  handle: async ({ id }, { services, principal, recorded }) => {
    await recorded;
    const { issuer, subject } = principal;
    return toQuarantine(await services.guard.lift(id, { issuer, subject }));
  },
};

/** The endpoints of quarantines. */
export const quarantineEndpoints: readonly Endpoint[] = [list, lift] as readonly Endpoint[];

function toQuarantine({ sinceMs, untilMs, ...rest }: Quarantine): ApiQuarantine {
  return { ...rest, since: new Date(sinceMs).toISOString(), until: new Date(untilMs).toISOString() };
}
