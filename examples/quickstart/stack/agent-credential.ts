/** The agent's way in: a session credential, minted with its token as any agent would. */
import { QuickstartError } from '../errors.ts';
import { askGateway } from './gateway-api.ts';
import type { GatewayReady } from './gateway-process.ts';

/** The account the agent asks for; policy decides whether it gets it. */
const AGENT_ACCOUNT = 'app_rw';

/**
 * The URL of a new session credential for the shop; clients take it unchanged.
 * @param lifetimeSeconds it ends with the token at the latest
 * @throws QuickstartError `ERR_QUICKSTART_GATEWAY` with what the gateway said instead
 */
export async function mintAgentUrl(
  ready: GatewayReady,
  token: string,
  lifetimeSeconds: number,
): Promise<string> {
  const body = {
    resource: 'shop',
    account: AGENT_ACCOUNT,
    expiresIn: lifetimeSeconds,
    sslrootcert: ready.ca,
  };
  const { status, text, json } = await askGateway(ready, '/v1/credentials', { token, body });
  if (typeof json['url'] === 'string') return json['url'];
  throw new QuickstartError(
    'ERR_QUICKSTART_GATEWAY',
    `the gateway minted no session credential for the agent: it answered ${status}: ${text.slice(0, 400)}`,
  );
}
