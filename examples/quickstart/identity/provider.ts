/**
 * An OpenID provider inside the process, for the demo and for tests: real discovery, real keys, real JWTs over real
 * HTTP on loopback. Everything in it is new at each start; it is no place for real accounts.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import Provider from 'oidc-provider';
import { AUDIENCE, CONSOLE_CLIENT, consoleClient, createConfiguration } from './configuration.ts';
import { createDirectory, type Directory, type MachineId } from './directory.ts';
import { handleLogin } from './login-page.ts';
import { requestToken, type TokenOptions } from './request-token.ts';
import { createStorage } from './storage.ts';

/** Options of {@link startIdentityProvider}. */
export interface IdentityProviderOptions {
  /** Under a name, by TLS; default: on loopback, at a free port. */
  readonly at?: ProviderAddress;
}

/** A provider that others reach by a name. */
export interface ProviderAddress {
  /** `https://NAME:PORT`; the port is also where it listens. */
  readonly issuer: string;
  /** Address to listen on. */
  readonly listen: string;
  /** PEM certificate chain for the name, and its key. */
  readonly cert: string;
  readonly key: string;
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
  /** The secret of a machine, for the client credentials grant. */
  secretOf(machine: MachineId): string;
  /** A fresh access token by the client credentials grant, over HTTP. */
  token(machine: MachineId, options?: TokenOptions): Promise<string>;
  /** Resolves when the port is free. Idempotent. */
  stop(): Promise<void>;
}

/** Starts the provider. */
export async function startIdentityProvider({
  at,
}: IdentityProviderOptions = {}): Promise<RunningIdentityProvider> {
  const directory = createDirectory();
  const storage = createStorage();
  const configuration = await createConfiguration(directory, storage.adapter);
  const server = await listening(at);
  const issuer = at?.issuer ?? `http://127.0.0.1:${portOf(server)}`;
  const provider = new Provider(issuer, configuration);
  const callback = provider.callback();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    handleLogin(provider, directory, { request, response })
      .then((isHandled) => (isHandled ? undefined : callback(request, response)))
      .catch(() => response.destroy());
  });
  const secretOf = (machine: MachineId): string =>
    directory.machines.find(({ id }) => id === machine)?.secret ?? '';
  return {
    issuer,
    audience: AUDIENCE,
    people: directory.people,
    registerConsole: (redirectUri) => storage.register(CONSOLE_CLIENT, consoleClient([redirectUri])),
    secretOf,
    token: (machine, options) => requestToken(issuer, { id: machine, secret: secretOf(machine) }, options),
    stop: () => stopServer(server),
  };
}

async function listening(at: ProviderAddress | undefined): Promise<Server> {
  const server = at === undefined ? createServer() : createTlsServer({ cert: at.cert, key: at.key });
  if (at === undefined) server.listen(0, '127.0.0.1');
  else server.listen(Number(new URL(at.issuer).port || 443), at.listen);
  await once(server, 'listening');
  return server;
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
