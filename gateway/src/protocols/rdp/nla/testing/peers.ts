/** Logins of both roles against each other, without a socket. */
import { CredSspClient, type CredSspClientOptions } from '../credssp-client.ts';
import { CredSspServer, type CredSspServerOptions, type NlaLogin } from '../credssp-server.ts';
import type { NlaError } from '../errors.ts';
import type { AfterNla } from '../nla-step.ts';
import { ntHash } from '../ntlm/keys.ts';
import type { PeerIdentity } from '../peer-identity.ts';

export const SECRET = 'slp_correct horse battery staple';
export const USER = 'cred_0123456789abcdef';
export const clock: { nowMs(): number } = { nowMs: () => 1_790_000_000_000 };

export const identity: PeerIdentity = {
  publicKey: Buffer.alloc(270, 0x30),
  endPointHash: Buffer.alloc(32, 0x44),
};

/** A server that knows {@link USER} alone. */
export function newServer(options: Partial<CredSspServerOptions> = {}): CredSspServer {
  return new CredSspServer({
    identity,
    clock,
    allowOldVersions: false,
    lookUp: async (user) => (user === USER ? { ntHash: ntHash(SECRET) } : undefined),
    ...options,
  });
}

export function newClient(options: Partial<CredSspClientOptions> = {}): CredSspClient {
  return new CredSspClient({
    identity,
    clock,
    host: 'desktop.example',
    user: USER,
    domain: '',
    password: SECRET,
    allowOldVersions: false,
    ...options,
  });
}

/** What became of a login. */
export interface Outcome {
  readonly server: NlaLogin | NlaError | undefined;
  readonly client: AfterNla | NlaError | undefined;
  /** All that was sent, in order. */
  readonly sent: readonly { readonly by: 'client' | 'server'; readonly bytes: Buffer }[];
}

/** Lets both talk until one ends or says nothing. @param alter changes what is sent, by its place in the order */
export async function logIn(
  client: CredSspClient,
  server: CredSspServer,
  alter: (bytes: Buffer, place: number) => Buffer = (bytes) => bytes,
): Promise<Outcome> {
  const sent: { by: 'client' | 'server'; bytes: Buffer }[] = [];
  const outcome: { server: Outcome['server']; client: Outcome['client'] } = {
    server: undefined,
    client: undefined,
  };
  let bytes = client.start();
  for (let by: 'client' | 'server' = 'client'; bytes.length > 0; ) {
    const altered = alter(bytes, sent.length);
    sent.push({ by, bytes: altered });
    const to: 'client' | 'server' = by === 'client' ? 'server' : 'client';
    if (outcome[to] !== undefined) break;
    const step = to === 'server' ? await server.push(altered) : await client.push(altered);
    if (to === 'server') outcome.server = (step.done as NlaLogin | undefined) ?? step.failed;
    else outcome.client = step.done ?? step.failed;
    bytes = step.send;
    by = to;
  }
  return { ...outcome, sent };
}
