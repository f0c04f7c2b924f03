/** A tunnel that is not opened, as the policy judges it: family `tunnel`. Host and port are all that is known of it. */
import type { AccessRequest } from '../../../model/access-request.ts';
import type { Facts, FactsFamily } from '../../../model/facts.ts';
import { openingAsk } from '../../../model/opening-ask.ts';
import { type Authority, readAuthority } from './authority.ts';

/** The rule family `tunnel`. A rule for requests (`on: http`) says nothing of what nobody sees. */
export const tunnelFamily: FactsFamily = {
  name: 'tunnel',
  dimensions: {
    hosts: {
      match: { by: 'glob' },
      description: 'Host names of tunnels that are not opened, in lower case, without port.',
    },
  },
  attributes: {
    host: { type: 'string', description: 'Host that the tunnel leads to, in lower case.' },
    port: { type: 'int', description: 'Port that it leads to.' },
  },
};

/** Facts of a tunnel. */
export function tunnelFacts({ host, port }: Authority): Facts {
  const label = `tunnel to ${host}:${port}`;
  const statement = {
    summary: label,
    atoms: [{ label, values: { hosts: [host] } }],
    attributes: { host, port },
    opaque: [],
  };
  return { family: tunnelFamily.name, action: 'tunnel', statements: [statement] };
}

/** What an approval of a tunnel is bound to, and what its approvers see. */
export function tunnelAsk(access: AccessRequest, { host, port }: Authority): ReturnType<typeof openingAsk> {
  return openingAsk(access, 'open a tunnel', `${host}:${port}`);
}

/** The facts of a policy test case: `tunnel: api.example.com`, or `api.example.com:8443`. @throws Error for what is no place */
export function tunnelFactsFromCase(body: unknown): Facts {
  const authority = typeof body === 'string' ? readAuthority(body, 'https') : undefined;
  if (authority?.ok !== true) throw new Error('`tunnel` is a host, or host:port');
  return tunnelFacts(authority.value);
}
