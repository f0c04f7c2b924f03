/** A token by the client credentials grant (RFC 6749 section 4.4), as machines get theirs. */
import { QuickstartError } from '../errors.ts';
import { AUDIENCE } from './configuration.ts';

/** What may be asked of one token. */
export interface TokenOptions {
  /** The agent run, for the claim `run_id`; default: a new one. */
  readonly run?: string;
  /** Seconds from now to `exp`, up to a day; default: one hour. */
  readonly lifetimeSeconds?: number;
}

/** Asks the provider at `issuer`, over HTTP. @throws QuickstartError `ERR_QUICKSTART_TOKEN` */
export async function requestToken(
  issuer: string,
  client: { readonly id: string; readonly secret: string },
  options: TokenOptions = {},
): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`)}`,
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: AUDIENCE,
      ...(options.run === undefined ? {} : { run_id: options.run }),
      ...(options.lifetimeSeconds === undefined ? {} : { lifetime: String(options.lifetimeSeconds) }),
    }),
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as { access_token?: string; error_description?: string };
  if (response.ok && answer.access_token !== undefined) return answer.access_token;
  throw new QuickstartError(
    'ERR_QUICKSTART_TOKEN',
    `the identity provider gave no token for ${client.id}: ${answer.error_description ?? response.status}`,
  );
}
