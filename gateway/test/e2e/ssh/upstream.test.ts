import { createHmac, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probePort } from '../../../src/doctor/direct-path/probe.ts';
import { newHostKeyText } from '../../../src/protocols/ssh/transport/keys.ts';
import { sshDoctor } from '../../../src/protocols/ssh/upstream/doctor.ts';
import { doctorServices } from '../../support/doctor-services.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { connectSsh2, type SshResult } from '../../support/ssh-clients.ts';
import { type SshGatewayOptions, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = createTemporaryFolder('ssh-upstream');
const STRANGER = `SHA256:${'A'.repeat(43)}`;
let sshd: TestSshd;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program !== undefined) sshd = await startTestSshd(program);
}, 60_000);
afterAll(async () => {
  await sshd?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** What comes of a command behind a gateway with these settings, and what the log says of it. */
async function ask(options: Omit<SshGatewayOptions, 'sshd'>): Promise<SshResult & { readonly log: string }> {
  await using gateway = await startSshGateway({ sshd, ...options });
  const { host, port } = gateway;
  await using client = await connectSsh2({ host, port, user: 'box', password: await gateway.issuer.token() });
  const result = await client.run('echo reached');
  return { ...result, log: gateway.logLines.join('\n') };
}

function knownHosts(text: string): { readonly knownHosts: string; readonly hostKeys: undefined } {
  const file = path.join(folder.path, randomBytes(6).toString('hex'));
  writeFileSync(file, text);
  return { knownHosts: file, hostKeys: undefined };
}

describe('the machine proves itself', () => {
  it('by a fingerprint that is configured; any other is told to nobody but the log', async (context) => {
    requireTool(context, tools.sshd);
    expect(await ask({})).toMatchObject({ code: 0, stdout: 'reached\n' });
    const refused = await ask({ resource: { hostKeys: [STRANGER] } });
    expect(refused).toMatchObject({
      code: 255,
      stdout: '',
      stderr: expect.stringContaining('prove its identity'),
    });
    expect(refused.stderr).not.toContain('SHA256');
    expect(refused.log).toContain(sshd.fingerprint);
    expect(sshd.output()).not.toContain('Accepted publickey for nobody');
  }, 30_000);

  it('by known_hosts: by name, hashed, by pattern; not where it is revoked, or of another port', async (context) => {
    requireTool(context, tools.sshd);
    const name = `[127.0.0.1]:${sshd.port}`;
    const salt = randomBytes(20);
    const hashed = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
    const key = sshd.publicKey;
    for (const text of [
      `${name} ${key} comment\n`,
      `${hashed} ${key}\n`,
      `# comment\n\nother,${name} ${key}\n`,
      `[127.0.0.*]:${sshd.port} ${key}`,
    ]) {
      expect(await ask({ resource: knownHosts(text) })).toMatchObject({ code: 0, stdout: 'reached\n' });
    }
    for (const text of [
      '',
      `127.0.0.1 ${key}\n`,
      `[127.0.0.1]:1 ${key}\n`,
      `@revoked ${name} ${key}\n${name} ${key}\n`,
      `@cert-authority ${name} ${key}\n`,
      `!${name},* ${key}\n`,
      `${name} ssh-ed25519 AAAA\n`,
    ]) {
      expect(await ask({ resource: knownHosts(text) })).toMatchObject({ code: 255, stdout: '' });
    }
  }, 60_000);

  it('and is never taken on trust: a resource without keys is no configuration', async (context) => {
    requireTool(context, tools.sshd);
    await expect(ask({ resource: { hostKeys: undefined } })).rejects.toThrow(/hostKeys or by knownHosts/);
  });
});

describe('the gateway at the machine', () => {
  it('P6: tells its own failures by code, and nothing of host, login or key', async (context) => {
    requireTool(context, tools.sshd);
    const other = path.join(folder.path, 'other');
    writeFileSync(other, newHostKeyText(), { mode: 0o600 });
    const noKey = path.join(folder.path, 'no-key');
    writeFileSync(noKey, 'not a key, but the secret of somebody', { mode: 0o600 });
    const cases = [
      [{ account: { key: { file: other } } }, 'ERR_SSH_UPSTREAM_AUTHENTICATION'],
      [{ account: { user: 'nobody-of-test' } }, 'ERR_SSH_UPSTREAM_AUTHENTICATION'],
      [{ account: { key: undefined, password: { file: noKey } } }, 'ERR_SSH_UPSTREAM_AUTHENTICATION'],
      [{ account: { key: { file: noKey } } }, 'ERR_SSH_UPSTREAM_CONFIGURATION'],
      [{ account: { key: { file: '/nonexistent' } } }, 'ERR_CREDENTIALS_UNREADABLE'],
      [{ resource: { port: 1 } }, 'ERR_SSH_UPSTREAM_UNREACHABLE'],
      [{ resource: { knownHosts: '/nonexistent', hostKeys: undefined } }, 'ERR_SSH_UPSTREAM_CONFIGURATION'],
    ] as const;
    for (const [options, code] of cases) {
      const { stderr, code: status } = await ask(options);
      expect([status, stderr]).toEqual([255, expect.stringContaining(code)]);
      expect(stderr).not.toMatch(/127\.0\.0\.1|nobody-of-test|somebody|nonexistent|sallyport-/);
    }
  }, 60_000);

  it('P10: gives up on a machine that does not answer, or answers anything', async (context) => {
    requireTool(context, tools.sshd);
    for (const hello of ['', 'SSH-2.0-x\r\n', 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(100_000)]) {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.write(hello);
        socket.resume();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const result = await ask({ resource: { port, connectTimeoutMs: 500 } });
      expect([result.code, result.stderr]).toEqual([
        255,
        expect.stringMatching(/ERR_SSH_UPSTREAM_(TIMEOUT|PROTOCOL)/),
      ]);
      await new Promise((resolve) => server.close(resolve));
    }
  }, 60_000);
});

describe('doctor', () => {
  it('logs in with each account, says what is wrong, and probes the direct path', async (context) => {
    requireTool(context, tools.sshd);
    const account = { name: 'deploy', user: sshd.user, key: { file: sshd.keyFile } };
    const { host, port } = sshd;
    const config = {
      host,
      port,
      hostKeys: [sshd.fingerprint],
      accounts: [account],
      connectTimeoutMs: 5_000,
    };
    const services = doctorServices();
    const resource = { name: 'box', protocol: 'ssh', labels: {}, mode: 'enforce' } as const;
    const well = await sshDoctor.examine({ resource, config }, services);
    expect(well).toMatchObject({ results: [{ level: 'ok' }], gatewayAddresses: ['127.0.0.1'] });
    const stranger = { ...config, hostKeys: [STRANGER] };
    const wrong = await sshDoctor.examine({ resource, config: stranger }, services);
    expect(wrong.results).toMatchObject([
      { level: 'fail', message: expect.stringContaining(sshd.fingerprint) },
    ]);
    const [target = ''] = sshDoctor.directTargets(config, host);
    expect(await probePort(new URL(target))).toMatchObject({ verdict: 'open' });
    expect(await probePort(new URL('ssh://127.0.0.1:1/'))).toMatchObject({ verdict: 'closed' });
  });
});
