/** For who builds agents: who the gateway takes a token for, and where it would let it in. */
import type { Principal } from '../../model/principal.ts';
import type { ApiResource, ApiServices } from '../api-services.ts';
import { type Whoami, type WhoamiResource, whoamiSchema } from '../contract/whoami.ts';
import type { Endpoint } from '../endpoint.ts';
import { rolesOf } from '../roles.ts';

const whoami: Endpoint<unknown, unknown, Whoami> = {
  method: 'get',
  path: '/v1/whoami',
  operationId: 'whoami',
  tag: 'identity',
  summary: 'Who you are to the gateway, and what you may connect to',
  description:
    'It asks the policy for the resource’s own database and each of its accounts, as a connection at this moment from this address would; a policy may allow further databases.',
  role: 'anyone',
  answer: { schema: whoamiSchema, description: 'You, as your token proves you.' },
  details: () => ({}),
  handle: (_, { services, principal, sourceAddress }) => ({
    principal,
    roles: rolesOf(principal, services.groups),
    resources: services.resources.flatMap((one) => permitted(one, { principal, sourceAddress, services })),
  }),
};

/** The endpoint of identity. */
export const identityEndpoints: readonly Endpoint[] = [whoami] as readonly Endpoint[];

/** The resource with what may be opened on it; nothing, not even its name, where nothing may. */
function permitted(
  { resource, targets }: ApiResource,
  who: { readonly principal: Principal; readonly sourceAddress: string; readonly services: ApiServices },
): readonly WhoamiResource[] {
  const { principal, sourceAddress, services } = who;
  const nowMs = services.clock.nowMs();
  const open = targets.filter(({ account, facts }) => {
    const context = { nowMs, sessionId: 'api_whoami', sourceAddress, hints: {} };
    return (
      services.policy.decide({ principal, resource, account, facts, context }).decision.effect === 'permit'
    );
  });
  if (open.length === 0) return [];
  const { name, protocol } = resource;
  return [{ name, protocol, targets: open.map(({ database, account }) => ({ database, account })) }];
}
