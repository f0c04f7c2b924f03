/** Machines that the gateway reaches by way of another machine: two real sshds, and no more on either than a login. */
import { createHash, randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfiguredResource } from '../../../src/protocols/protocol.ts';
import type { SshResourceConfig } from '../../../src/protocols/ssh/config.ts';
import { fingerprintOf, newHostKeyText, readPrivateKey } from '../../../src/protocols/ssh/transport/keys.ts';
import { ssh2 } from '../../../src/protocols/ssh/transport/ssh2.ts';
import { sshDoctor } from '../../../src/protocols/ssh/upstream/doctor.ts';
import { doctorServices } from '../../support/doctor-services.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { connectSsh2, type SshResult } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = createTemporaryFolder('jumps');
const dataDir = path.join(folder.path, 'data');
const WRONG = `SHA256:${'A'.repeat(43)}`;
let inner: TestSshd;
let bastion: TestSshd;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  const keyFile = path.join(dataDir, 'keys', 'ssh_upstream_ca_ed25519_key');
  mkdirSync(path.dirname(keyFile), { recursive: true, mode: 0o700 });
  const authority = newHostKeyText();
  writeFileSync(keyFile, authority, { mode: 0o600 });
  const line = `ssh-ed25519 ${readPrivateKey(authority)?.getPublicSSH().toString('base64')}\n`;
  const trusted = path.join(folder.path, 'trusted');
  writeFileSync(trusted, line);
  inner = await startTestSshd(program, [`TrustedUserCAKeys ${trusted}`]);
  // It opens connections to the one machine, and runs nothing.
  bastion = await startTestSshd(program, [
    `TrustedUserCAKeys ${trusted}`,
    `PermitOpen ${inner.host}:${inner.port}`,
    'ForceCommand /bin/false',
  ]);
}, 60_000);
afterAll(async () => {
  await bastion?.[Symbol.asyncDispose]();
  await inner?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** How the two resources differ from ones that work. */
interface Differences {
  readonly box?: object;
  readonly bastion?: object;
  readonly certificates?: boolean;
}

function start(differences: Differences = {}): Promise<SshGateway> {
  const { host, port, fingerprint, user, keyFile } = bastion;
  const proof = differences.certificates === true ? { certificate: true } : { key: { file: keyFile } };
  const resource = {
    name: 'bastion',
    protocol: 'ssh',
    host,
    port,
    hostKeys: [fingerprint],
    accounts: [{ name: 'hop', user, ...proof }],
    ...differences.bastion,
  };
  return startSshGateway({
    sshd: inner,
    dataDir,
    resource: { jump: 'hop+bastion', ...differences.box },
    ...(differences.certificates === true && { account: { key: undefined, certificate: true } }),
    more: { listeners: [], resources: [resource] },
  });
}

async function ask(gateway: SshGateway, command = 'echo reached'): Promise<SshResult> {
  const { host, port, issuer } = gateway;
  await using client = await connectSsh2({ host, port, user: 'box', password: await issuer.token() });
  return await client.run(command);
}

const loginsAt = ({ output }: TestSshd, by = 'publickey'): number =>
  output()
    .split('\n')
    .filter((line) => line.includes(`Accepted ${by} for`)).length;

describe('a machine behind a jump host', () => {
  it('is reached by a connection that the jump host opens, on which nothing else runs', async (context) => {
    requireTool(context, tools.sshd);
    const before = [loginsAt(bastion), loginsAt(inner)];
    await using gateway = await start();
    const { host, port, issuer } = gateway;
    await using client = await connectSsh2({ host, port, user: 'box', password: await issuer.token() });
    expect(await client.run('echo reached')).toMatchObject({ code: 0, stdout: 'reached\n' });
    const bytes = randomBytes(3_000_000);
    const file = path.join(inner.folder, 'bytes');
    writeFileSync(file, bytes.toString('base64'));
    const { stdout } = await client.run(`cat ${file}`);
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    expect(digest(stdout)).toBe(digest(bytes.toString('base64')));
    expect(await client.run('wc -c', 'x'.repeat(2_000_000))).toMatchObject({ stdout: '2000000\n' });
    expect((await client.run('touch /tmp/x')).code).toBe(126);
    expect([loginsAt(bastion), loginsAt(inner)]).toEqual([(before[0] ?? 0) + 1, (before[1] ?? 0) + 1]);
    const opened = gateway.records().find(({ type }) => type === 'session.opened');
    expect(opened).toMatchObject({ details: { jump: 'hop+bastion' } });
  });

  it('by certificates of the gateway at both: that for the jump host permits tunnels and no terminal', async (context) => {
    requireTool(context, tools.sshd);
    await using gateway = await start({ certificates: true });
    expect(await ask(gateway)).toMatchObject({ code: 0, stdout: 'reached\n' });
    await expect
      .poll(() => bastion.output(), { timeout: 10_000 })
      .toMatch(/Accepted certificate ID "ses_[0-9a-f]{16} /);
  });

  it('P11: proves itself by its own key, as the jump host does, before it is told anything', async (context) => {
    requireTool(context, tools.sshd);
    for (const differences of [{ box: { hostKeys: [WRONG] } }, { bastion: { hostKeys: [WRONG] } }]) {
      const before = [loginsAt(bastion), loginsAt(inner)];
      await using gateway = await start(differences);
      const told = await ask(gateway);
      expect(told).toMatchObject({ code: 255, stdout: '' });
      expect(told.stderr).toContain('ERR_SSH_UPSTREAM_HOST_KEY');
      expect(loginsAt(inner)).toBe(before[1]);
      const isJump = 'bastion' in differences;
      expect(loginsAt(bastion)).toBe((before[0] ?? 0) + (isJump ? 0 : 1));
      expect(gateway.logLines.join('\n').includes('jump host bastion: ')).toBe(isJump);
      for (const secret of [WRONG, bastion.fingerprint, 'bastion']) expect(told.stderr).not.toContain(secret);
    }
  });

  it('P6: cannot be reached where the jump host does not open it, or is not there; the log says which', async (context) => {
    requireTool(context, tools.sshd);
    const cases: readonly (readonly [Differences, RegExp])[] = [
      [{ box: { port: bastion.port } }, /no connection to 127\.0\.0\.1 port \d+ by way of bastion: /],
      [{ bastion: { port: 1 } }, /jump host bastion: no connection to 127\.0\.0\.1 port 1/],
    ];
    for (const [differences, reason] of cases) {
      await using gateway = await start(differences);
      const told = await ask(gateway);
      expect(told).toMatchObject({ code: 255, stdout: '' });
      expect(told.stderr).toContain('the machine cannot be reached at the moment');
      expect(told.stderr).not.toMatch(/bastion|127\.0\.0\.1/);
      expect(gateway.logLines.join('\n')).toMatch(reason);
    }
  });

  it('P10: is given up where the jump host does not answer whether it opens anything', async (context) => {
    requireTool(context, tools.sshd);
    const hostKey = newHostKeyText();
    const key = readPrivateKey(hostKey);
    const server = new ssh2.Server({ hostKeys: [{ key }] } as never) as unknown as Server;
    server.on('connection', (client: EventEmitter) => {
      client.on('error', () => undefined);
      client.on('authentication', (attempt: { accept(): void }) => attempt.accept());
      client.on('tcpip', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const hostKeys = [fingerprintOf(key?.getPublicSSH() ?? Buffer.alloc(0))];
    await using gateway = await start({ box: { connectTimeoutMs: 700 }, bastion: { port, hostKeys } });
    const told = await ask(gateway);
    expect(told).toMatchObject({ code: 255, stderr: expect.stringContaining('ERR_SSH_UPSTREAM_TIMEOUT') });
    server.close();
  });

  it('P12: leaves no connection behind, at either, when its session is over', async (context) => {
    requireTool(context, tools.sshd);
    const closed = ({ output }: TestSshd): number =>
      output()
        .split('\n')
        .filter((line) => /^(?:Disconnected from|Connection closed by) (?:user )?/.test(line)).length;
    await using gateway = await start();
    const before = [closed(bastion), closed(inner)];
    await ask(gateway);
    await expect
      .poll(() => [closed(bastion) > (before[0] ?? 0), closed(inner) > (before[1] ?? 0)])
      .toEqual([true, true]);
  });

  it('P3: a jump host that is none, or a way in a circle, is no configuration; nor is an alias of two', async (context) => {
    requireTool(context, tools.sshd);
    const faults: readonly (readonly [Differences, RegExp])[] = [
      [{ box: { jump: 'nowhere' } }, /resources\.0\.jump.*no resource of ssh has the name nowhere/s],
      [{ box: { jump: 'root+bastion' } }, /resource bastion has no account root/],
      [{ box: { jump: 'box' } }, /in a circle/],
      [{ bastion: { jump: 'box' } }, /in a circle/],
      [
        { box: { aliases: ['one'] }, bastion: { aliases: ['one'] } },
        /one is the name or an alias of a resource/,
      ],
      [{ box: { aliases: ['bastion'] } }, /resources\.0\.aliases.*bastion is the name or an alias/s],
      [{ box: { jump: 'a+b+c' } }, /is no RESOURCE or ACCOUNT\+RESOURCE/],
    ];
    for (const [differences, message] of faults) await expect(start(differences)).rejects.toThrow(message);
  });
});

describe('the doctor', () => {
  it('logs in by way of the jump host, and cannot tell from where the machine is reached', async (context) => {
    requireTool(context, tools.sshd);
    const of = (name: string, sshd: TestSshd, jump: object): ConfiguredResource<SshResourceConfig> => ({
      resource: { name, protocol: 'ssh', labels: {}, mode: 'enforce' },
      config: {
        host: sshd.host,
        port: sshd.port,
        hostKeys: [sshd.fingerprint],
        accounts: [{ name: 'hop', user: sshd.user, key: { file: sshd.keyFile } }],
        connectTimeoutMs: 5_000,
        ...jump,
      },
    });
    const jump = of('bastion', bastion, {});
    const box = of('box', inner, { jump: 'bastion' });
    const services = {
      ...doctorServices(),
      findResource: (name: string) => (name === 'bastion' ? jump : undefined),
    };
    const well = await sshDoctor.examine(box, services);
    expect(well).toMatchObject({ results: [{ level: 'ok' }], gatewayAddresses: [] });
    const wrong = await sshDoctor.examine(box, { ...services, findResource: () => undefined });
    expect(wrong.results).toMatchObject([
      { level: 'fail', message: expect.stringContaining('no resource of ssh') },
    ]);
  });
});
