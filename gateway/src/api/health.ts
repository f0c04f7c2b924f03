/** What the gateway tells of itself to anybody: that it lives, and whether it can do its work. It names nothing. */
import type { ApiServices } from './api-services.ts';
import type { Readiness } from './contract/health.ts';

/** Whether requests can be decided, recorded and attributed at this moment. */
export async function readiness({ audit, policy, identity }: ApiServices): Promise<Readiness> {
  const states = identity.status().map(({ state }) => state);
  const serving = states.filter((state) => state === 'ready' || state === 'stale');
  // Keys are fetched by use: without use they grow old, and a gateway that waits for use would never be ready again.
  if (serving.length < states.length) void identity.warmUp();
  const ready = {
    // An append of nothing writes nothing; it is refused while the log cannot be written.
    audit: await audit.log.append([]).then(
      () => true,
      () => false,
    ),
    policy: policy.current().ok,
    // One provider that is down must not keep the agents of the others out.
    issuers: serving.length > 0 && !states.includes('unknown'),
  };
  return { ready: ready.audit && ready.policy && ready.issuers, ...ready };
}
