/** Our side of NLA behind a real socket and real TLS: what a client of its own mind is let talk to. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import {
  CredSspServer,
  type CredSspServerOptions,
  type NlaLogin,
} from '../../src/protocols/rdp/nla/credssp-server.ts';
import type { NlaError } from '../../src/protocols/rdp/nla/errors.ts';
import { peerIdentityOf } from '../../src/protocols/rdp/nla/peer-identity.ts';

/** A server that authenticates each client, and ends. */
export interface NlaTestServer extends AsyncDisposable {
  readonly port: number;
  /** What became of the logins, in order. */
  readonly logins: readonly (NlaLogin | NlaError | string)[];
}

/** X.224 Connection Confirm that selects PROTOCOL_HYBRID (MS-RDPBCGR 2.2.1.2). */
const SELECTS_HYBRID = Buffer.from('030000130ed000000000000200080002000000', 'hex');

/** Serves on 127.0.0.1. */
export async function startNlaServer(
  tls: { readonly cert: string; readonly key: string },
  options: Pick<CredSspServerOptions, 'lookUp' | 'allowOldVersions'>,
): Promise<NlaTestServer> {
  const identity = peerIdentityOf(new X509Certificate(tls.cert).raw);
  const logins: (NlaLogin | NlaError | string)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const login = new CredSspServer({ identity, clock: { nowMs: () => Date.now() }, ...options });
    serve(socket, login, tls).then(
      (outcome) => logins.push(outcome),
      (error: unknown) => logins.push(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    logins,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(
  socket: Socket,
  login: CredSspServer,
  tls: { readonly cert: string; readonly key: string },
): Promise<NlaLogin | NlaError> {
  await once(socket, 'readable');
  socket.read();
  socket.write(SELECTS_HYBRID);
  const secured = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(tls) });
  secured.on('error', () => undefined);
  for await (const chunk of secured) {
    const { send, done, failed } = await login.push(chunk as Buffer);
    if (send.length > 0) secured.write(send);
    const outcome = done ?? failed;
    if (outcome === undefined) continue;
    secured.end();
    return outcome;
  }
  throw new Error('the client left before the end of the login');
}
