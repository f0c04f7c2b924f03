/** Clients that begin to connect and stop at some byte. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { encodePassword } from '../../../src/protocols/postgres/wire/frontend/password.ts';
import { encodeSslRequest, encodeStartup } from '../../../src/protocols/postgres/wire/startup.ts';

/** A client's part of a handshake: packets that it sends one after the other, each when the one before was answered. */
export type HandshakeScript = readonly Buffer[];

/** The handshakes that a client may begin: TLS agreed, TLS at once, and plaintext up to the password. */
export async function handshakeScripts(token: string): Promise<readonly HandshakeScript[]> {
  const hello = await clientHello();
  const parameters: [string, string][] = [
    ['user', 'app'],
    ['database', 'shop'],
  ];
  const startup = encodeStartup({ minor: 0, parameters });
  return [[encodeSslRequest(), hello], [hello], [startup, encodePassword(token).subarray(0, -1)]];
}

/** The first flight of a real TLS client. */
async function clientHello(): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = connectTls({
    port,
    host: '127.0.0.1',
    ALPNProtocols: ['postgresql'],
    servername: 'localhost',
  });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}

/** A connection that sent `count` bytes of the script and then nothing more. */
export async function stopAfter(
  target: { readonly host: string; readonly port: number },
  script: HandshakeScript,
  count: number,
): Promise<Socket> {
  const socket = connect({ ...target, noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  let left = count;
  for (const packet of script) {
    if (left === 0) break;
    const part = packet.subarray(0, left);
    left -= part.length;
    socket.write(part);
    // What comes next must not come before the answer.
    if (left > 0) await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  }
  socket.resume();
  return socket;
}
