/** What stands behind the gateway, and which rules may be about it. */
import type { AccessRequest } from '../../model/access-request.ts';
import type { Resource } from '../../model/resource.ts';
import type { ResourceHealth } from '../../model/resource-health.ts';
import type { CompiledRule } from '../../policy/compiled-rule.ts';
import { type ApiResourceHealth, type ResourceList, resourceListSchema } from '../contract/resource.ts';
import type { Endpoint } from '../endpoint.ts';

const list: Endpoint<unknown, unknown, ResourceList> = {
  method: 'get',
  path: '/v1/resources',
  operationId: 'listResources',
  tag: 'policy',
  summary: 'List the resources, and the rules that may let somebody reach them',
  role: 'reader',
  answer: { schema: resourceListSchema, description: 'All resources of the config.' },
  details: () => ({}),
  handle: (_, { services }) => {
    const { rules } = services.policy.current();
    const live = services.sessions.list();
    return {
      resources: services.resources.map(({ resource, targets, families, login }) => ({
        ...resource,
        families,
        targets: targets.map(({ database, account }) => ({ database, account })),
        ...(login === undefined ? {} : { endpoint: { host: login.host, port: login.port } }),
        ...healthOf(services.health(resource.name)),
        liveSessions: live.filter((session) => session.resource === resource.name).length,
        reachableBy: rules
          .filter((rule) => families.includes(rule.family) && mayBeAbout(rule, resource))
          .map(({ id, family, groups }) => ({ rule: id, on: family, groups: groups ?? [] })),
      })),
    };
  },
};

/** The endpoint of resources. */
export const resourceEndpoints: readonly Endpoint[] = [list] as readonly Endpoint[];

function healthOf(health: ResourceHealth | undefined): { readonly health?: ApiResourceHealth } {
  if (health === undefined) return {};
  const { state, sinceMs, checkedAtMs, lastFailure } = health;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    health: {
      state,
      since: iso(sinceMs),
      ...(checkedAtMs === undefined ? {} : { checkedAt: iso(checkedAtMs) }),
      ...(lastFailure === undefined
        ? {}
        : { lastFailure: { at: iso(lastFailure.atMs), reason: lastFailure.reason } }),
    },
  };
}

/** Whether an allow rule's conditions on the resource hold; who asks, and for what, is left open. */
function mayBeAbout({ effect, mode, scope }: CompiledRule, resource: Resource): boolean {
  if (effect !== 'allow' || mode !== 'enforce') return false;
  const isOfResource = (key: string): boolean => /^(resources|protocols|labels)/.test(key);
  return scope.every(({ key, holds }) => !isOfResource(key) || holds({ resource } as AccessRequest));
}
