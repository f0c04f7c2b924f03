/** Clients that do with SSH what no client does: before they are let in, and after. No machine is needed behind the gateway. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newHostKeyText } from '../../../src/protocols/ssh/transport/keys.ts';
import { ssh2 } from '../../../src/protocols/ssh/transport/ssh2.ts';
import { connectSsh2, type RawClient, type SshLogin } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = createTemporaryFolder('ssh-transport');
const keyFile = path.join(folder.path, 'key');
let gateway: SshGateway;

/** There is nobody: what gets so far that it would be run is told so. */
const nobody = { host: '127.0.0.1', port: 1, user: 'x', keyFile, fingerprint: `SHA256:${'A'.repeat(43)}` };

beforeAll(async () => {
  writeFileSync(keyFile, newHostKeyText(), { mode: 0o600 });
  gateway = await startSshGateway({
    sshd: nobody,
    listener: { handshakeTimeoutMs: 1_500, rekeyTimeoutMs: 500, maxConnections: 600 },
  });
}, 60_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const login = async (user = 'deploy+box', password?: string): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user,
  password: password ?? (await gateway.issuer.token()),
});

async function serves(): Promise<void> {
  await using client = await connectSsh2(await login());
  expect(await client.run('echo x')).toMatchObject({
    code: 255,
    stderr: expect.stringContaining('UNREACHABLE'),
  });
}

/** A client that is driven by hand from the key exchange on. */
async function byHand(): Promise<RawClient> {
  const raw = new ssh2.Client() as unknown as RawClient;
  raw.on('error', () => undefined);
  const asked = Promise.withResolvers<void>();
  const { host, port } = gateway;
  raw.connect({ host, port, username: 'deploy+box', authHandler: () => asked.resolve() });
  await asked.promise;
  return raw;
}

describe('before a client is let in', () => {
  it('the gateway tells no version, and wants strict key exchange', async () => {
    await using client = await connectSsh2(await login());
    expect(client.raw._protocol['_strictMode']).toBe(true);
    expect(String(client.raw._protocol['_remoteIdentRaw'])).toBe('SSH-2.0-Sallyport');
  });

  it('nothing with SHA-1, CBC, chacha20 or a small group is agreed on', async () => {
    for (const algorithms of [
      { kex: ['diffie-hellman-group14-sha1'] },
      { kex: ['diffie-hellman-group1-sha1'] },
      { cipher: ['aes128-cbc'] },
      { cipher: ['chacha20-poly1305@openssh.com'] },
      { hmac: ['hmac-sha1'], cipher: ['aes128-ctr'] },
      { serverHostKey: ['ssh-rsa'] },
    ]) {
      await expect(connectSsh2(await login(), { algorithms })).rejects.toThrow(/no matching/);
    }
  });

  it('P10: those who stop within the handshake are closed in time, and hold up nobody', async () => {
    const starts = [
      '',
      'S',
      'SSH-2.0-',
      'SSH-2.0-x\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      '\0\0\0\0',
      'a'.repeat(9_000),
    ];
    const sockets = Array.from({ length: 300 }, (_, index) => {
      const socket = connect(gateway.port, gateway.host);
      socket.on('error', () => undefined);
      socket.write(starts[index % starts.length] ?? '');
      socket.resume();
      return once(socket, 'close');
    });
    await serves();
    await Promise.all(sockets);
    await serves();
  }, 30_000);

  it('P11: a key proves nothing, offered or used', async () => {
    const privateKey = newHostKeyText();
    const { host, port } = gateway;
    for (const options of [{ privateKey }, { privateKey, password: 'x' }]) {
      const asked = connectSsh2({ host, port, user: 'deploy+box', password: '' }, options);
      await expect(asked).rejects.toThrow('authentication methods failed');
    }
  });

  it('P11: an attempt that the client gave up opens nothing, whatever it proved', async () => {
    const token = await gateway.issuer.token({ sub: 'agent-given-up' });
    const raw = await byHand();
    const { _protocol: protocol } = raw;
    protocol['authKeyboard']?.('deploy+box');
    protocol['authInfoRes']?.([token]);
    protocol['authPassword']?.('deploy+box', 'given-up');
    await gateway.recordsUntil((all) =>
      all.some(
        ({ type, claimed }) =>
          type === 'authentication.failed' && (claimed as { readonly method: string }).method === 'password',
      ),
    );
    raw.destroy();
    await serves();
    const opened = gateway.records().filter(({ type }) => type === 'session.opened');
    const subjects = opened.map(({ principal }) => (principal as { readonly subject: string }).subject);
    const ready = subjects.filter((subject) => subject === 'agent-given-up');
    expect(ready).toEqual([]);
  });

  it('P10: attempts on one connection are few', async () => {
    const asked: string[] = [];
    const authHandler = (methods: unknown): object | false => {
      if (asked.length > 50) return false;
      asked.push(String(methods));
      return { type: 'password', username: 'deploy+box', password: `wrong-${asked.length}` };
    };
    await expect(connectSsh2(await login(), { authHandler })).rejects.toThrow();
    expect(asked.length).toBeLessThan(10);
    // Many at once are none the better.
    const raw = await byHand();
    const closed = new Promise((resolve) => raw.once('close', resolve));
    for (let index = 0; index < 100; index += 1) raw._protocol['authPassword']?.('deploy+box', 'wrong');
    await closed;
    await serves();
  });

  it('P10: an address that fails too often is refused unheard, over all its connections', async () => {
    await using bounded = await startSshGateway({
      sshd: nobody,
      limits: { failedAuthenticationsPerMinute: 3 },
    });
    const { host, port } = bounded;
    const to = { host, port, user: 'deploy+box' };
    for (let index = 0; index < 4; index += 1) {
      await expect(connectSsh2({ ...to, password: `wrong-${index}` })).rejects.toThrow();
    }
    await expect(connectSsh2({ ...to, password: await bounded.issuer.token() })).rejects.toThrow();
    const failed = bounded.records().filter(({ type }) => type === 'authentication.failed');
    expect(failed.map(({ code }) => code)).toEqual(Array(3).fill('ERR_IDENTITY_TOKEN_MALFORMED'));
    expect(bounded.records().map(({ type }) => type)).not.toContain('session.opened');
  });

  it('P10: whoever asks for channels, or anything, before that gets nothing', async () => {
    const raw = await byHand();
    raw._protocol['session']?.(0, 2 ** 20, 2 ** 15);
    raw._protocol['exec']?.(0, 'echo x', true);
    raw._protocol['ping']?.();
    raw._protocol['authPassword']?.('deploy+box', 'wrong');
    await new Promise((resolve) => raw.once('close', resolve));
    await serves();
  }, 20_000);
});

describe('after a client was let in', () => {
  it('P10: packets of no length do not hang the gateway', async () => {
    for (const packetSize of [0, 1, 100]) {
      const client = await connectSsh2(await login());
      client.raw._protocol['session']?.(50, 2 ** 20, packetSize);
      client.raw._protocol['exec']?.(0, 'echo x', true);
      await client.closed;
    }
    await serves();
  });

  it('P10: a window that never opens does not hold a channel for ever', async () => {
    await using client = await connectSsh2(await login());
    client.raw._protocol['session']?.(50, 0, 2 ** 15);
    client.raw._protocol['exec']?.(0, 'touch /x', true);
    expect((await client.run('echo x')).code).toBe(255);
  }, 20_000);

  it('P10: channels beyond the bound are refused, and the others work', async () => {
    await using client = await connectSsh2(await login());
    for (let index = 0; index < 8; index += 1)
      client.raw._protocol['session']?.(50 + index, 2 ** 20, 2 ** 15);
    const many = await Promise.allSettled(Array.from({ length: 40 }, () => client.open('echo x')));
    expect(many.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(30);
    await serves();
  });

  it('P10: channels that are refused leave nothing behind, and who asks on and on is cut off', async () => {
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < 20; round += 1) {
      await using client = await connectSsh2(await login());
      const ask = (): Promise<unknown> =>
        new Promise((resolve) => client.raw.forwardOut('127.0.0.1', 1, '127.0.0.1', 22, resolve));
      const closed = new Promise((resolve) => client.raw.once('close', resolve));
      const refused = await Promise.all(Array.from({ length: 100 }, ask));
      expect(refused.every((error) => error instanceof Error)).toBe(true);
      client.raw.forwardOut('127.0.0.1', 1, '127.0.0.1', 22, () => undefined);
      await closed;
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
    await serves();
  }, 60_000);

  it('P10: channels without a program are few', async () => {
    const client = await connectSsh2(await login());
    for (let index = 0; index < 200; index += 1) {
      client.raw._protocol['session']?.(50, 2 ** 20, 2 ** 15);
      client.raw._protocol['channelClose']?.(index);
      if (index % 5 === 4) await new Promise((resolve) => setImmediate(resolve));
    }
    await client.closed;
    await serves();
  });

  it('P10: a key exchange that is begun and not finished ends the connection', async () => {
    const client = await connectSsh2(await login());
    const closed = (): number => gateway.records().filter(({ type }) => type === 'session.closed').length;
    await client.run('echo x');
    const before = closed();
    client.raw._sock.pause();
    client.raw._protocol['rekey']?.();
    await gateway.recordsUntil(() => closed() > before);
    client.raw.destroy();
    await serves();
  });

  it('P10: whoever asks and does not read the answers is not read either', async () => {
    const client = await connectSsh2(await login());
    client.raw._sock.pause();
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 40; round += 1) {
      for (let index = 0; index < 1_000; index += 1) client.raw._protocol['ping']?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const mine = client.raw._sock.writableLength;
    expect(process.memoryUsage().arrayBuffers - before - mine).toBeLessThan(64 * 1024 * 1024);
    client.raw.destroy();
    await serves();
  }, 60_000);

  it('P10: connections that break off at any moment end nothing but themselves', async () => {
    for (let index = 0; index < 30; index += 1) {
      const client = await connectSsh2(await login());
      void client.run('echo x').catch(() => undefined);
      void client.run('touch /x').catch(() => undefined);
      for (let turn = 0; turn < index; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      if (index % 2 === 0) client.raw._sock.resetAndDestroy();
      else client.raw.destroy();
    }
    await serves();
  }, 30_000);
});
