/**
 * An OpenID provider inside the process, for the demo and for tests: real discovery, real keys, real JWTs over real
 * HTTP on loopback. Everything in it is new at each start; it is no place for real accounts.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import Provider from 'oidc-provider';
import { QuickstartError } from '../errors.ts';
import { AUDIENCE, CONSOLE_CLIENT, consoleClient, createConfiguration } from './configuration.ts';
import { createDirectory, type Directory, type MachineId } from './directory.ts';
import { handleLogin } from './login-page.ts';
import { createStorage } from './storage.ts';

/** Options of {@link startIdentityProvider}. */
export interface IdentityProviderOptions {
  /** Default: a free port. */
  readonly port?: number;
}

/** What may be asked of one token. */
export interface TokenOptions {
  /** The agent run, for the claim `run_id`; default: a new one. */
  readonly run?: string;
  /** Seconds from now to `exp`, up to a day; default: one hour. */
  readonly lifetimeSeconds?: number;
}

/** A provider that answers. */
export interface RunningIdentityProvider {
  /** The `iss` of its tokens, and where discovery starts. */
  readonly issuer: string;
  /** The `aud` of its access tokens. */
  readonly audience: string;
  /** Who can sign in with a browser. */
  readonly people: Directory['people'];
  /** Lets people sign in at a console that is there; until then nobody signs in with a browser. */
  registerConsole(redirectUri: string): void;
  /** A fresh access token by the client credentials grant, over HTTP. */
  token(machine: MachineId, options?: TokenOptions): Promise<string>;
  /** Resolves when the port is free. Idempotent. */
  stop(): Promise<void>;
}

/** Starts the provider on loopback. */
export async function startIdentityProvider(
  options: IdentityProviderOptions = {},
): Promise<RunningIdentityProvider> {
  const directory = createDirectory();
  const storage = createStorage();
  const configuration = await createConfiguration(directory, storage.adapter);
  const server = createServer().listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${portOf(server)}`;
  const provider = new Provider(issuer, configuration);
  const callback = provider.callback();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    handleLogin(provider, directory, { request, response })
      .then((isHandled) => (isHandled ? undefined : callback(request, response)))
      .catch(() => response.destroy());
  });
  return {
    issuer,
    audience: AUDIENCE,
    people: directory.people,
    registerConsole: (redirectUri) => storage.register(CONSOLE_CLIENT, consoleClient([redirectUri])),
    token: (machine, tokenOptions = {}) => requestToken(issuer, directory, { machine, ...tokenOptions }),
    stop: () => stopServer(server),
  };
}

async function requestToken(
  issuer: string,
  directory: Directory,
  wanted: TokenOptions & { readonly machine: MachineId },
): Promise<string> {
  const secret = directory.machines.find(({ id }) => id === wanted.machine)?.secret ?? '';
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${encodeURIComponent(wanted.machine)}:${encodeURIComponent(secret)}`)}`,
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: AUDIENCE,
      ...(wanted.run === undefined ? {} : { run_id: wanted.run }),
      ...(wanted.lifetimeSeconds === undefined ? {} : { lifetime: String(wanted.lifetimeSeconds) }),
    }),
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as { access_token?: string; error_description?: string };
  if (response.ok && answer.access_token !== undefined) return answer.access_token;
  throw new QuickstartError(
    'ERR_QUICKSTART_TOKEN',
    `the identity provider gave no token for ${wanted.machine}: ${answer.error_description ?? response.status}`,
  );
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return address.port;
}

async function stopServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
