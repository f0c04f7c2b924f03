/** The agent's way in: a session credential, minted with its token as any agent would. */
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { QuickstartError } from '../errors.ts';
import type { GatewayReady } from './gateway-process.ts';

/** The account the agent asks for; policy decides whether it gets it. */
const AGENT_ACCOUNT = 'app_rw';
const TIMEOUT_MS = 30_000;

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
  if (ready.api === undefined) throw failure('it has no HTTP API');
  const body = JSON.stringify({
    resource: 'shop',
    account: AGENT_ACCOUNT,
    expiresIn: lifetimeSeconds,
    sslrootcert: ready.ca,
  });
  const answer = await post(new URL('/v1/credentials', ready.api), {
    body,
    ca: await readFile(ready.ca, 'utf8'),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  const { url } = (answer.status === 200 ? JSON.parse(answer.text) : {}) as { readonly url?: unknown };
  if (typeof url === 'string') return url;
  throw failure(`it answered ${answer.status}: ${answer.text.slice(0, 400)}`);
}

async function post(
  url: URL,
  asking: { readonly body: string; readonly ca: string; readonly headers: Readonly<Record<string, string>> },
): Promise<{ readonly status: number; readonly text: string }> {
  const { body, ca, headers } = asking;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const outgoing = request(url, { method: 'POST', ca, headers, agent: false, signal }, (incoming) => {
    text(incoming).then((answer) => resolve({ status: incoming.statusCode ?? 0, text: answer }), reject);
  });
  outgoing.on('error', (cause) => reject(failure(cause.message)));
  outgoing.end(body);
  return promise;
}

function failure(reason: string): QuickstartError {
  return new QuickstartError(
    'ERR_QUICKSTART_GATEWAY',
    `the gateway minted no session credential for the agent: ${reason}`,
  );
}
