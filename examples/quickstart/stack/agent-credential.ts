/** The agent's way in: a session credential, minted with its token as any agent would. */
import { QuickstartError } from '../errors.ts';
import { askGateway } from './gateway-api.ts';
import type { GatewayReady } from './gateway-process.ts';

/** The accounts the agent asks for; policy decides whether it gets them. */
const AGENT_ACCOUNT = 'app_rw';
const MACHINE_ACCOUNT = 'deploy';

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
  return (await mint(ready, token, body)).url;
}

/** The same for the machine: `ssh://USER:PASSWORD@HOST:PORT`. @throws QuickstartError `ERR_QUICKSTART_GATEWAY` */
export async function mintMachineUrl(
  ready: GatewayReady,
  token: string,
  lifetimeSeconds: number,
): Promise<URL> {
  const body = { resource: 'shop-host', account: MACHINE_ACCOUNT, expiresIn: lifetimeSeconds };
  return new URL((await mint(ready, token, body)).url);
}

async function mint(ready: GatewayReady, token: string, body: object): Promise<{ readonly url: string }> {
  const { status, text, json } = await askGateway(ready, '/v1/credentials', { token, body });
  if (typeof json['url'] === 'string') return { url: json['url'] };
  throw new QuickstartError(
    'ERR_QUICKSTART_GATEWAY',
    `the gateway minted no session credential for the agent: it answered ${status}: ${text.slice(0, 400)}`,
  );
}
