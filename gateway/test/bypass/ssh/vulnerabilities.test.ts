/**
 * What other servers of SSH were got round by, tried on this one. Where a class is not here, it is in the suite that is named for it:
 *
 * | What | Where |
 * |---|---|
 * | restrictions lost between two methods (CVE-2026-39828, CVE-2026-46595) | there is one method; source addresses: `e2e/ssh/certificates` |
 * | certificates: kind, authority, principals, options (CVE-2025-49825, CVE-2026-35414, CVE-2024-7594) | `bypass/ssh/certificates`, `certificate.property` |
 * | keys of machines: revoked, unknown (CVE-2026-42508) | `e2e/ssh/upstream`, `e2e/ssh/upstream-identity` |
 * | rejected channels, windows, floods (CVE-2026-39827, CVE-2026-39834) | `bypass/ssh/transport`, `bypass/ssh/forwarding` |
 * | half-open handshakes (CVE-2026-7776) | `bypass/ssh/half-open` |
 * | connections shared by two principals | `e2e/ssh/sessions` |
 * | rights that are gone, tokens that are over | `e2e/ssh/sessions` |
 * | secrets in logs and records | `e2e/ssh/sessions`, `e2e/ssh/upstream` |
 * | ways on through the gateway, variables (GHSA-hw4x-mcx5-9q36, GHSA-vfxf-76hv-v4w4) | `bypass/ssh/forwarding`, `e2e/ssh/terminals` |
 * | escapes that act on who replays (CVE-2025-64494) | `protocols/ssh/playback` |
 */
import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, connect, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ed25519Blob, newEd25519Pair } from '../../../src/protocols/ssh/certificate/private-key-file.ts';
import { wireString } from '../../../src/protocols/ssh/certificate/wire.ts';
import { fingerprintOf, newHostKeyText, readPrivateKey } from '../../../src/protocols/ssh/transport/keys.ts';
import { type ConnectionProtocol, ssh2 } from '../../../src/protocols/ssh/transport/ssh2.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { connectByHand, type SshByHand, sendPayload, startInjectingRelay } from '../../support/raw-ssh.ts';
import { connectSsh2 } from '../../support/ssh-clients.ts';
import { startSshGateway } from '../../support/ssh-gateway.ts';
import { type SshScene, startSshScene } from '../../support/ssh-scene.ts';

let scene: SshScene;

beforeAll(async () => {
  const started = await startSshScene({ gateway: () => ({ listener: { handshakeTimeoutMs: 5_000 } }) });
  if (started !== undefined) scene = started;
}, 60_000);
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const message = (number: number, ...fields: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat([
    Buffer.from([number]),
    ...fields.map((one) => (typeof one === 'string' ? wireString(one) : one)),
  ]);

/** The gateway goes on to serve, the machine has no canary, and nobody was let in meanwhile. */
async function isUntouched(sessionsBefore: number): Promise<void> {
  expect(sessions()).toBe(sessionsBefore);
  await using client = await scene.connect();
  expect(await client.run('echo on')).toMatchObject({ code: 0, stdout: 'on\n' });
  expect(readdirSync(scene.sshd.folder)).toEqual([]);
}

const sessions = (): number => scene.gateway.records().filter(({ type }) => type === 'session.opened').length;

/** Asks to be let in by a wrong password: what was sent before has been looked at when that is refused, or the connection is over. */
async function refusedIn(client: SshByHand): Promise<void> {
  client.ask('password', message(50, 'deploy+box', 'ssh-connection', 'password', Buffer.from([0]), 'wrong'));
  await client.hears('USERAUTH_FAILURE');
}

/** An exec in a channel that was never given. */
const channelAndExec = (): readonly Buffer[] => [
  message(90, 'session', uint32(0), uint32(2 ** 20), uint32(2 ** 15)),
  message(98, uint32(0), 'exec', Buffer.from([1]), `touch ${scene.sshd.folder}/f`),
  message(98, uint32(0), 'shell', Buffer.from([1])),
  message(94, uint32(0), `touch ${scene.sshd.folder}/f\n`),
];

describe('before anybody is let in', () => {
  it('CVE-2025-32433: P1: channels and programs that are asked for run nothing', async (context) => {
    requireTool(context, tools.sshd);
    const before = sessions();
    for (const payloads of [
      channelAndExec(),
      channelAndExec().toReversed(),
      [message(80, 'x', Buffer.from([1]))],
    ]) {
      using client = await connectByHand(scene.gateway);
      for (const payload of payloads) client.send(payload);
      await refusedIn(client);
      expect(
        client.heard.filter((one) => /^(?:CHANNEL_OPEN_CONF|CHANNEL_S|CHANNEL_D|REQUEST_S)/.test(one)),
      ).toEqual([]);
    }
    await isUntouched(before);
  }, 30_000);

  it('CVE-2018-10933: P11: a client that says by itself that it is let in is not', async (context) => {
    requireTool(context, tools.sshd);
    const before = sessions();
    for (const number of [52, 51, 60, 61, 53]) {
      using client = await connectByHand(scene.gateway);
      client.send(message(number, 'x', 'y'));
      for (const payload of channelAndExec()) client.send(payload);
      await refusedIn(client);
      expect(client.heard.join('\n')).not.toMatch(/USERAUTH_SUCCESS|CHANNEL_OPEN_CONF|CHANNEL_S/);
    }
    await isUntouched(before);
  }, 60_000);

  it('CVE-2018-15473, CVE-2016-20012: P11: whether a resource, an account or a key is known, nobody is told', async (context) => {
    requireTool(context, tools.sshd);
    const key = ed25519Blob(newEd25519Pair().publicKey);
    const answers = new Map<string, Set<string>>();
    for (const user of ['deploy+box', 'box', 'nobody+box', 'deploy+nowhere', 'nowhere', 'root']) {
      using client = await connectByHand(scene.gateway);
      const asks: readonly (readonly [name: string, Buffer])[] = [
        ['none', message(50, user, 'ssh-connection', 'none')],
        ['publickey', message(50, user, 'ssh-connection', 'publickey', Buffer.from([0]), 'ssh-ed25519', key)],
        ['password', message(50, user, 'ssh-connection', 'password', Buffer.from([0]), 'wrong')],
      ];
      for (const [name, payload] of asks) {
        const known = client.heard.length;
        client.ask(name, payload);
        await client.hears('USERAUTH_FAILURE', known);
        const said = client.heard.slice(known).filter((one) => one.startsWith('USERAUTH'));
        expect(said.length).toBeGreaterThan(0);
        answers.set(name, (answers.get(name) ?? new Set()).add(said.join('\n')));
      }
    }
    for (const [name, said] of answers) expect([name, [...said]]).toEqual([name, [expect.any(String)]]);
  }, 30_000);

  it('CVE-2024-35175: P11: a PROXY header is no address, and no handshake', async (context) => {
    requireTool(context, tools.sshd);
    const before = sessions();
    const v2 = Buffer.from('0d0a0d0a000d0a515549540a21110000c0a80001c0a8000200160016', 'hex');
    for (const header of ['PROXY TCP4 10.9.8.7 10.0.0.1 1 22\r\n', v2]) {
      const socket = connect(scene.gateway.port, scene.gateway.host);
      socket.on('error', () => undefined);
      let said = '';
      socket.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')));
      socket.write(header);
      socket.write('SSH-2.0-client\r\n');
      await new Promise((resolve) => socket.once('close', resolve));
      expect(said.startsWith('SSH-2.0-Sallyport\r\n') || said === '').toBe(true);
    }
    expect(JSON.stringify(scene.gateway.records())).not.toContain('10.9.8.7');
    await isUntouched(before);
  }, 30_000);
});

describe('who is let in', () => {
  it('CVE-2024-45337, GHSA-3cjp-w4cp-m9c8: P11: is who proved it, whatever key was offered before', async (context) => {
    requireTool(context, tools.sshd);
    const login = await scene.login({ claims: { sub: 'who-proved-it' } });
    await using client = await connectSsh2(login, { privateKey: newHostKeyText() });
    expect(await client.run('echo in')).toMatchObject({ code: 0 });
    const opened = scene.gateway.records().findLast(({ type }) => type === 'session.opened');
    expect(opened).toMatchObject({ principal: { subject: 'who-proved-it' } });
    // What may be offered and proved is a certificate: certificates.test.ts offers one, and proves another.
  });

  it('CVE-2023-46446: P11: cannot be somebody else later on the same connection', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await scene.connect();
    await client.run('echo first');
    const before = sessions();
    const token = await scene.gateway.issuer.token({ sub: 'somebody-else' });
    const protocol = client.raw._protocol as unknown as ConnectionProtocol;
    sendPayload(protocol, message(50, 'deploy+box', 'ssh-connection', 'password', Buffer.from([0]), token));
    // Ignored (RFC 4252 section 5.3), or the end of the connection.
    const told = await client.run('echo second').catch(() => undefined);
    expect([undefined, 'second\n']).toContain(told?.stdout);
    const last = scene.gateway.records().findLast(({ type }) => type === 'exchange.intent');
    expect(JSON.stringify(last)).not.toContain('somebody-else');
    await isUntouched(before);
  });
});

describe('CVE-2023-48795, Terrapin', () => {
  it('P2: a message put into the handshake of a client ends it', async (context) => {
    requireTool(context, tools.sshd);
    const before = sessions();
    for (const place of ['before', 'behind'] as const) {
      await using relay = await startInjectingRelay(scene.gateway, 'client', place);
      const { host, port } = relay;
      await expect(connectSsh2({ ...(await scene.login()), host, port })).rejects.toThrow();
      expect(relay.injected).toBe(1);
    }
    expect(sessions()).toBe(before);
    await using relay = await startInjectingRelay(scene.gateway, 'nobody');
    await using client = await connectSsh2({ ...(await scene.login()), host: relay.host, port: relay.port });
    expect(await client.run('echo untouched')).toMatchObject({ code: 0 });
  });

  it('P2: and so does one put into the handshake of the gateway with a machine', async (context) => {
    requireTool(context, tools.sshd);
    for (const [into, place, code] of [
      ['server', 'before', 255],
      ['server', 'behind', 255],
      ['nobody', 'behind', 0],
    ] as const) {
      await using relay = await startInjectingRelay(scene.sshd, into, place);
      const { host, port } = relay;
      await using gateway = await startSshGateway({ sshd: { ...scene.sshd, host, port } });
      const login = {
        host: gateway.host,
        port: gateway.port,
        user: 'box',
        password: await gateway.issuer.token(),
      };
      await using client = await connectSsh2(login);
      expect([into, place, (await client.run('echo reached')).code]).toEqual([into, place, code]);
    }
  });
});

describe('messages that nobody asked for', () => {
  it('CVE-2026-39830: P10: answers to nothing, from a client, end nothing but its connection', async (context) => {
    requireTool(context, tools.sshd);
    for (const payload of [
      message(81),
      message(82),
      message(91, uint32(7), uint32(7), uint32(7), uint32(7)),
      message(92, uint32(7), uint32(1), '', ''),
      message(93, uint32(7), uint32(2 ** 32 - 1)),
      message(99, uint32(7)),
      message(100, uint32(7)),
      message(94, uint32(7), 'x'),
      message(97, uint32(7)),
    ]) {
      const client = await scene.connect();
      for (let index = 0; index < 50; index += 1)
        sendPayload(client.raw._protocol as unknown as ConnectionProtocol, payload);
      await client.run('echo x').catch(() => undefined);
      client.raw.destroy();
    }
    await isUntouched(sessions());
  }, 30_000);

  it('CVE-2026-6664 and its like: P10: any message with any content, from a client', async (context) => {
    requireTool(context, tools.sshd);
    for (let number = 1; number < 256; number += 5) {
      const client = await scene.connect();
      for (const length of [0, 1, 4, 40, 4_000]) {
        if (client.raw._sock.destroyed) break;
        const payload = Buffer.concat([Buffer.from([number]), randomBytes(length)]);
        sendPayload(client.raw._protocol as unknown as ConnectionProtocol, payload);
      }
      await new Promise((resolve) => setImmediate(resolve));
      client.raw.destroy();
    }
    await isUntouched(sessions());
  }, 60_000);

  it('P10: any message with any content, from a machine, ends nothing but the connection to it', async (context) => {
    requireTool(context, tools.sshd);
    const key = readPrivateKey(newHostKeyText());
    let number = 0;
    const server = new ssh2.Server({ hostKeys: [{ key }] } as never) as unknown as Server;
    server.on('connection', (client: EventEmitter & { readonly _protocol: ConnectionProtocol }) => {
      client.on('error', () => undefined);
      client.on('authentication', (attempt: { accept(): void }) => attempt.accept());
      client.on('ready', () => {
        for (const length of [0, 1, 4, 40, 4_000])
          sendPayload(client._protocol, Buffer.concat([Buffer.from([number]), randomBytes(length)]));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const fingerprint = fingerprintOf(key?.getPublicSSH() ?? Buffer.alloc(0));
    const machine = { ...scene.sshd, port: (server.address() as AddressInfo).port, fingerprint };
    await using gateway = await startSshGateway({ sshd: machine, resource: { connectTimeoutMs: 300 } });
    const { host, port } = gateway;
    for (number = 1; number < 256; number += 9) {
      await using client = await connectSsh2({
        host,
        port,
        user: 'box',
        password: await gateway.issuer.token(),
      });
      expect([number, (await client.run('echo x')).code]).toEqual([number, 255]);
    }
    await new Promise((resolve) => server.close(resolve));
  }, 90_000);
});
