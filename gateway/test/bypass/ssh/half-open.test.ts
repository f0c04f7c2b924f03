/** Connections by thousands that never finish their handshake (CVE-2026-7776, CVE-2024-12289). No machine is needed. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newHostKeyText } from '../../../src/protocols/ssh/transport/keys.ts';
import { connectSsh2 } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const MANY = 3_000;
const MEGABYTE = 1024 * 1024;
const folder = createTemporaryFolder('half-open');
const keyFile = path.join(folder.path, 'key');
const nobody = { host: '127.0.0.1', port: 1, user: 'x', keyFile, fingerprint: `SHA256:${'A'.repeat(43)}` };
let open: SshGateway;
let bounded: SshGateway;

beforeAll(async () => {
  writeFileSync(keyFile, newHostKeyText(), { mode: 0o600 });
  const listener = { handshakeTimeoutMs: 20_000, maxConnections: 10_000, maxConnectionsPerAddress: 10_000 };
  open = await startSshGateway({ sshd: nobody, listener });
  bounded = await startSshGateway({ sshd: nobody, listener: { handshakeTimeoutMs: 20_000 } });
}, 60_000);
afterAll(async () => {
  await open?.[Symbol.asyncDispose]();
  await bounded?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** What they send, and stop: each is one moment of a handshake. */
const STARTS = [
  '',
  'S',
  'SSH-2.0-',
  'SSH-2.0-x\r\n',
  'SSH-2.0-x\r\n\0\0\x01\xfc',
  'SSH-2.0-x\r\n\0\0\x01\xfc\x04\x14',
];

/** Connected, and whether the gateway has sent its version since. */
async function halfOpen({ host, port }: SshGateway, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  for (let at = 0; at < count; at += 250) {
    const some = Array.from({ length: Math.min(250, count - at) }, (_, index) => {
      const socket = connect({ port, host, localAddress: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.on('data', () => undefined);
      socket.write(Buffer.from(STARTS[index % STARTS.length] ?? '', 'latin1'));
      return socket;
    });
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    sockets.push(...some);
  }
  return sockets;
}

async function isServed({ host, port, issuer }: SshGateway, localAddress: string): Promise<void> {
  const login = { host, port, user: 'deploy+box', password: await issuer.token() };
  await using client = await connectSsh2(login, { localAddress });
  expect((await client.run('echo x')).stderr).toContain('UNREACHABLE');
}

describe('half-open handshakes by thousands', () => {
  it('P10: three thousand at once cost little memory, and a client beside them is served', async () => {
    const before = process.memoryUsage();
    const sockets = await halfOpen(open, MANY);
    await isServed(open, '127.0.0.1');
    expect(sockets.filter(({ destroyed }) => !destroyed).length).toBe(MANY);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    // Both ends of each are in this process.
    const grown = heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers;
    expect(grown / MANY).toBeLessThan(0.1 * MEGABYTE);
    for (const socket of sockets) socket.resetAndDestroy();
    await isServed(open, '127.0.0.1');
  }, 60_000);

  it('P10: with the bounds as they are, who holds all of an address holds up no other address', async () => {
    const sockets = await halfOpen(bounded, MANY);
    await expect
      .poll(() => sockets.filter(({ destroyed }) => !destroyed).length, { timeout: 15_000 })
      .toBe(500);
    await isServed(bounded, '127.0.0.2');
    for (const socket of sockets) socket.resetAndDestroy();
    await expect
      .poll(
        () =>
          isServed(bounded, '127.0.0.1').then(
            () => true,
            () => false,
          ),
        { timeout: 15_000 },
      )
      .toBe(true);
  }, 60_000);
});
