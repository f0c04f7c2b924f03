/** Tunnels, listeners, agents and displays that clients try to get: none leads anywhere, each is on record, and a canary counts. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newHostKeyText } from '../../../src/protocols/ssh/transport/keys.ts';
import { connectSsh2, type RawClient, type SshLogin, type TestClient } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = createTemporaryFolder('ssh-forwarding');
const keyFile = path.join(folder.path, 'key');
let gateway: SshGateway;
let canary: Server;
let visits = 0;
let canaryPort = 0;

beforeAll(async () => {
  writeFileSync(keyFile, newHostKeyText(), { mode: 0o600 });
  canary = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  canary.listen(0, '127.0.0.1');
  await once(canary, 'listening');
  canaryPort = (canary.address() as { port: number }).port;
  const nobody = { host: '127.0.0.1', port: 1, user: 'x', keyFile, fingerprint: `SHA256:${'A'.repeat(43)}` };
  const shared = { hostKeys: [nobody.fingerprint], accounts: [{ name: 'deploy', key: { file: keyFile } }] };
  gateway = await startSshGateway({
    sshd: nobody,
    more: {
      listeners: [{ protocol: 'http', listen: '127.0.0.1:0' }],
      resources: [
        // Which protocol is meant by this address cannot be told.
        { name: 'twice', protocol: 'ssh', host: 'same.internal', port: 80, ...shared },
        {
          name: 'thrice',
          protocol: 'http',
          url: 'http://same.internal/',
          credential: { none: true },
          allowPlaintext: true,
        },
        { name: 'hidden', protocol: 'ssh', host: '10.9.8.7', port: 22, ...shared },
      ],
    },
    policy: `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents], resources: [box, twice, thrice] } }
`,
  });
}, 60_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await new Promise((resolve) => canary.close(resolve));
  folder[Symbol.dispose]();
});

const login = async (): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user: 'deploy+box',
  password: await gateway.issuer.token(),
});

type Failure = Error & { readonly reason?: unknown };

function tunnel(client: TestClient, host: string, port: number): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    client.raw.forwardOut(
      '127.0.0.1',
      1,
      host,
      port,
      (error: Failure | undefined, channel?: { close(): void }) => {
        channel?.close();
        resolve(error);
      },
    );
  });
}

async function refusedUntil(isThere: (target: string, kind: string) => boolean): Promise<void> {
  await gateway.recordsUntil((all) =>
    all.some(
      ({ type, target, kind }) => type === 'forwarding.refused' && isThere(String(target), String(kind)),
    ),
  );
}

describe('a tunnel', () => {
  it.each([
    ['loopback', '127.0.0.1', 'canary'],
    ['loopback by name', 'localhost', 'canary'],
    ['loopback in short', '127.1', 'canary'],
    ['loopback as a number', '2130706433', 'canary'],
    ['loopback in octal', '0177.0.0.1', 'canary'],
    ['loopback in hex', '0x7f.0.0.1', 'canary'],
    ['any address', '0.0.0.0', 'canary'],
    ['loopback of IPv6', '::1', 'canary'],
    ['loopback of IPv6 in brackets', '[::1]', 'canary'],
    ['loopback mapped into IPv6', '::ffff:127.0.0.1', 'canary'],
    ['mapped in hex', '::ffff:7f00:1', 'canary'],
    ['any address of IPv6', '::', 'canary'],
    ['a zone of IPv6', 'fe80::1%lo', 'canary'],
    ['the metadata of clouds', '169.254.169.254', 80],
    ['the metadata of clouds in IPv6', 'fd00:ec2::254', 80],
    ['the metadata by name', 'metadata.google.internal', 80],
    ['a name that nobody knows', 'somewhere.example', 443],
    ['a resource at another port', 'box', 22],
    ['a resource with a dot behind', 'box.', 1],
    ['a resource with a NUL', 'box\0.example', 1],
    ['a resource with a blank', 'box ', 1],
    ['a resource with a user', 'deploy@box', 1],
    ['two hosts', 'box,127.0.0.1', 1],
    ['a path', '/var/run/docker.sock', 1],
    ['nothing', '', 1],
    ['a name without end', 'a'.repeat(5_000), 1],
    ['port 0', 'box', 0],
    ['a port beyond all', 'box', 65_536],
    ['a port that wraps to a known one', 'box', 65_537],
    ['an address of two protocols', 'same.internal', 80],
  ] as const)('P1: to %s is refused with a reason, and leads nowhere', async (_what, host, port) => {
    await using client = await connectSsh2(await login());
    const before = visits;
    const failure = await tunnel(client, host, port === 'canary' ? canaryPort : port);
    expect(String(failure?.message)).toContain('sallyport: ');
    expect(failure?.reason).toBe(1);
    expect(visits).toBe(before);
  });

  it('P1: to a resource that the policy does not open is denied as a connection to it would be', async () => {
    await using client = await connectSsh2(await login());
    for (const host of ['hidden', 'HIDDEN', '10.9.8.7', '::ffff:10.9.8.7', '::ffff:a09:807']) {
      expect((await tunnel(client, host, 22))?.message, host).toContain('POLICY_DENIED');
    }
  });

  it('is on record with where it wanted to go, without what drives terminals', async () => {
    await using client = await connectSsh2(await login());
    await tunnel(client, 'on-record\u001b[2J.example', 99);
    await refusedUntil((target) => target.startsWith('on-record?[2J'));
    expect(JSON.stringify(gateway.records())).not.toContain('\\u001b');
  });

  it('is refused before anybody is let in', async () => {
    const { ssh2 } = await import('../../../src/protocols/ssh/transport/ssh2.ts');
    const raw = new ssh2.Client() as unknown as RawClient;
    raw.on('error', () => undefined);
    const asked = Promise.withResolvers<void>();
    const { host, port } = gateway;
    raw.connect({ host, port, username: 'deploy+box', authHandler: () => asked.resolve() });
    await asked.promise;
    const refusals = (): number =>
      gateway.records().filter(({ type }) => type === 'forwarding.refused').length;
    const before = refusals();
    const answer = once(raw._sock, 'data');
    raw._protocol['directTcpip']?.call(raw._protocol, 0, 65_536, 32_768, {
      dstIP: '127.0.0.1',
      dstPort: canaryPort,
      srcIP: '127.0.0.1',
      srcPort: 1,
    });
    await answer;
    raw.destroy();
    expect(visits).toBe(0);
    expect(refusals()).toBe(before);
  });
});

describe('everything else that is forwarded', () => {
  it.each([
    [
      'a port',
      'tcpip-forward',
      (raw: RawClient, done: (error?: Error) => void) => raw.forwardIn('', 0, done),
    ],
    [
      'a port of loopback',
      'tcpip-forward',
      (raw: RawClient, done: (error?: Error) => void) => raw.forwardIn('127.0.0.1', 8080, done),
    ],
  ])('P1: %s is refused, and on record', async (_what, kind, ask) => {
    await using client = await connectSsh2(await login());
    const error = await new Promise<Error | undefined>((resolve) => ask(client.raw, resolve));
    expect(error).toBeInstanceOf(Error);
    await refusedUntil((_target, seen) => seen === kind);
    // The connection goes on.
    expect(await client.run('echo on')).toMatchObject({ stderr: expect.stringContaining('POLICY_DENIED') });
  });

  it('P1: sockets of the machine are neither listened at nor connected to', async () => {
    await using client = await connectSsh2(await login());
    const { _protocol: protocol } = client.raw;
    protocol['openssh_streamLocalForward']?.call(protocol, '/tmp/sallyport-agent', true);
    await refusedUntil((target, kind) => kind === 'streamlocal-forward' && target === '/tmp/sallyport-agent');
    protocol['openssh_directStreamLocal']?.call(protocol, 0, 65_536, 32_768, {
      socketPath: '/var/run/docker.sock',
    });
    await refusedUntil((target, kind) => kind === 'direct-streamlocal' && target === '/var/run/docker.sock');
  });

  it('P6: an agent is not forwarded, and the display neither: the program never hears of them', async () => {
    await using client = await connectSsh2(await login());
    for (const [options, kind] of [
      [{ agentForward: true }, 'agent'],
      [{ x11: true }, 'x11'],
    ] as const) {
      (client.raw as unknown as { _agent: object })._agent = { getIdentities: () => undefined };
      await new Promise<void>((resolve) => {
        client.raw.exec('echo x', options, (_error, channel) => {
          channel?.close();
          resolve();
        });
      });
      await refusedUntil((_target, seen) => seen === kind);
    }
  });

  it('P10: no more tunnels are open at once than channels may be', async () => {
    await using client = await connectSsh2(await login());
    const outcomes = await Promise.all(
      Array.from(
        { length: 40 },
        () =>
          new Promise<boolean>((resolve) =>
            client.raw.forwardOut('127.0.0.1', 1, 'box', 1, (error: Error | undefined) =>
              resolve(error === undefined),
            ),
          ),
      ),
    );
    const open = outcomes.filter(Boolean).length;
    expect(open).toBeGreaterThan(0);
    expect(open).toBeLessThanOrEqual(10);
  });

  it('P10: who asks for tunnels without end is cut, and fills no audit', async () => {
    const client = await connectSsh2(await login());
    const count = (): number => gateway.records().filter(({ type }) => type === 'forwarding.refused').length;
    const before = count();
    for (let index = 0; index < 1_000; index += 1) void tunnel(client, 'flood.example', 1);
    await client.closed;
    await gateway.recordsUntil((all) => all.at(-1)?.['type'] !== undefined);
    expect(count() - before).toBeLessThanOrEqual(100);
    await using next = await connectSsh2(await login());
    expect((await tunnel(next, 'after.example', 1))?.reason).toBe(1);
  });

  it('P10: agents that are asked for again and again in one channel cut it too', async () => {
    const client = await connectSsh2(await login());
    const before = gateway.records().filter(({ type }) => type === 'forwarding.refused').length;
    const channel = await client.open('sleep 30');
    const id = channel.outgoing.id;
    for (let index = 0; index < 500; index += 1) {
      client.raw._protocol['openssh_agentForward']?.call(client.raw._protocol, id, false);
    }
    await client.closed;
    const after = gateway.records().filter(({ type }) => type === 'forwarding.refused').length;
    expect(after - before).toBeLessThanOrEqual(100);
  });
});
