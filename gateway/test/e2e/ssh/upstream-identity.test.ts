/** How the gateway proves itself to machines, and they to it, beside keys: certificates of both sides, and passwords. Real sshd. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintOf, newHostKeyText, readPrivateKey } from '../../../src/protocols/ssh/transport/keys.ts';
import { ssh2 } from '../../../src/protocols/ssh/transport/ssh2.ts';
import { sshDoctor } from '../../../src/protocols/ssh/upstream/doctor.ts';
import { doctorServices } from '../../support/doctor-services.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { connectSsh2, type SshResult } from '../../support/ssh-clients.ts';
import { type SshGatewayOptions, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = createTemporaryFolder('upstream-identity');
const at = (name: string): string => path.join(folder.path, name);
const dataDir = at('data');
let sshd: TestSshd;
let authority = '';

const lineOf = (text: string): string =>
  `ssh-ed25519 ${readPrivateKey(text)?.getPublicSSH().toString('base64') ?? ''}`;

/** A certificate by OpenSSH's own hand. */
function certify(key: string, name: string, options: readonly string[]): string {
  const keygen = findTool(tools.sshKeygen) ?? '';
  execFileSync(keygen, ['-q', '-s', at('host_ca'), '-I', name, '-h', ...options, `${key}.pub`]);
  return `${key}-cert.pub`;
}

beforeAll(async () => {
  const program = findTool(tools.sshd);
  const keygen = findTool(tools.sshKeygen);
  if (program === undefined || keygen === undefined) return;
  mkdirSync(path.join(dataDir, 'keys'), { recursive: true, mode: 0o700 });
  for (const name of ['upstream', 'user']) {
    writeFileSync(path.join(dataDir, 'keys', `ssh_${name}_ca_ed25519_key`), newHostKeyText(), {
      mode: 0o600,
    });
  }
  authority = lineOf(readFileSync(path.join(dataDir, 'keys', 'ssh_upstream_ca_ed25519_key'), 'utf8'));
  writeFileSync(at('trusted'), `${authority}\n`);
  execFileSync(keygen, ['-q', '-t', 'ed25519', '-N', '', '-f', at('host_ca')]);
  execFileSync(keygen, ['-q', '-t', 'ecdsa', '-N', '', '-f', at('machine')]);
  sshd = await startTestSshd(program, [
    `TrustedUserCAKeys ${at('trusted')}`,
    `HostKey ${at('machine')}`,
    `HostCertificate ${certify(at('machine'), 'machine', ['-n', '127.0.0.1', '-V', '-1h:+1h'])}`,
  ]);
}, 60_000);
afterAll(async () => {
  await sshd?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function ask(options: Partial<SshGatewayOptions>): Promise<SshResult & { readonly log: string }> {
  await using gateway = await startSshGateway({ sshd, dataDir, ...options });
  const { host, port } = gateway;
  const password = await gateway.issuer.token({ sub: 'ada' });
  await using client = await connectSsh2({ host, port, user: 'box', password });
  const result = await client.run('echo reached');
  return { ...result, log: gateway.logLines.join('\n') };
}

const BY_CERTIFICATE = { key: undefined, certificate: true };

describe('the gateway logs in to a machine', () => {
  it('by a certificate that is made for the session, and names it in the log of the machine', async (context) => {
    requireTool(context, tools.sshd);
    expect(await ask({ account: BY_CERTIFICATE })).toMatchObject({ code: 0, stdout: 'reached\n' });
    await expect
      .poll(() => sshd.output(), { timeout: 10_000 })
      .toMatch(/ID ses_[0-9a-f]{16} ada by test-agent \(serial \d+\) CA ED25519/);
  });

  it('P6: not where the machine trusts another authority; the client is told nothing of it', async (context) => {
    requireTool(context, tools.sshd);
    const other = at('other');
    mkdirSync(other, { recursive: true });
    const told = await ask({ account: BY_CERTIFICATE, dataDir: other });
    expect(told).toMatchObject({ code: 255, stdout: '', stderr: expect.stringContaining('AUTHENTICATION') });
  });

  it('by a password, whichever way the machine asks for it', async (context) => {
    requireTool(context, tools.sshd);
    const keyText = newHostKeyText();
    const hostKey = readPrivateKey(keyText);
    for (const method of ['password', 'keyboard-interactive']) {
      const server = new ssh2.Server({
        hostKeys: [{ key: hostKey }],
      } as never) as unknown as import('node:events').EventEmitter & {
        listen(port: number, host: string, done: () => void): void;
        address(): { port: number };
        close(): void;
      };
      server.on('connection', (client: import('node:events').EventEmitter) => {
        client.on('error', () => undefined);
        client.on('authentication', (attempt: Attempt) => serveAttempt(attempt, method));
        client.on('session', (accept: () => import('node:events').EventEmitter) => {
          accept().on(
            'exec',
            (run: () => { write(text: string): void; exit(code: number): void; end(): void }) => {
              const channel = run();
              channel.write('reached\n');
              channel.exit(0);
              channel.end();
            },
          );
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      writeFileSync(at('password'), 'machine-password', { mode: 0o600 });
      const resource = { port: server.address().port, hostKeys: [fingerprint(keyText)] };
      const account = { key: undefined, password: { file: at('password') } };
      const told = await ask({ resource, account });
      expect(told, method).toMatchObject({ code: 0, stdout: 'reached\n' });
      expect(told.log).not.toContain('machine-password');
      server.close();
    }
  });

  it('by a password of a real account, where the tests may make one', async (context) => {
    const program = requireTool(context, tools.sshd);
    if (process.getuid?.() !== 0) context.skip('makes an account, which root alone may');
    const user = 'sallyport-ssh-password';
    const openssl = requireTool(context, tools.openssl);
    const hash = execFileSync(openssl, ['passwd', '-6', 'real-password'], { encoding: 'utf8' }).trim();
    if (!readFileSync('/etc/passwd', 'utf8').includes(`\n${user}:`)) {
      execFileSync('/usr/sbin/useradd', ['-M', '-d', '/tmp', '-s', '/bin/sh', '-p', hash, user]);
    } else execFileSync('/usr/sbin/usermod', ['-p', hash, user]);
    await using real = await startTestSshd(program, [`Match User ${user}`, '  PasswordAuthentication yes']);
    writeFileSync(at('real'), 'real-password', { mode: 0o600 });
    const account = { key: undefined, user, password: { file: at('real') } };
    expect(await ask({ sshd: real, account })).toMatchObject({ code: 0, stdout: 'reached\n' });
    writeFileSync(at('real'), 'wrong-password', { mode: 0o600 });
    expect(await ask({ sshd: real, account })).toMatchObject({ code: 255, stdout: '' });
  });
});

describe('a machine proves itself', () => {
  const trust = (name: string, lines: readonly string[]): Readonly<Record<string, unknown>> => {
    writeFileSync(at(name), lines.join('\n'));
    return { hostKeys: undefined, knownHosts: at(name) };
  };

  it('by a certificate of an authority in known_hosts', async (context) => {
    requireTool(context, tools.sshd);
    const ca = readFileSync(at('host_ca.pub'), 'utf8').trim();
    const host = `[127.0.0.1]:${sshd.port}`;
    expect(await ask({ resource: trust('by-ca', [`@cert-authority ${host} ${ca}`]) })).toMatchObject({
      code: 0,
      stdout: 'reached\n',
    });
  });

  it('P11: not by one of another authority, for another host, over, revoked, or for users', async (context) => {
    requireTool(context, tools.sshd);
    const program = requireTool(context, tools.sshd);
    const keygen = requireTool(context, tools.sshKeygen);
    const ca = readFileSync(at('host_ca.pub'), 'utf8').trim();
    const refused = async (server: TestSshd, lines: readonly string[]): Promise<void> => {
      const told = await ask({ sshd: server, resource: trust('refused', lines) });
      expect(told, lines.join()).toMatchObject({
        code: 255,
        stdout: '',
        stderr: expect.stringContaining('HOST_KEY'),
      });
    };
    const here = `[127.0.0.1]:${sshd.port}`;
    await refused(sshd, [`@cert-authority ${here} ${lineOf(newHostKeyText())}`]);
    await refused(sshd, [`@cert-authority ${here} ${ca}`, `@revoked * ${ca}`]);
    const machine = readFileSync(at('machine.pub'), 'utf8').trim();
    await refused(sshd, [`@cert-authority ${here} ${ca}`, `@revoked * ${machine}`]);
    for (const [name, options] of [
      ['elsewhere', ['-n', 'other.internal', '-V', '-1h:+1h']],
      ['over', ['-n', '127.0.0.1', '-V', '-2h:-1h']],
      ['anywhere', ['-V', '-1h:+1h']],
    ] as const) {
      execFileSync(keygen, ['-q', '-t', 'ecdsa', '-N', '', '-f', at(name)]);
      await using server = await startTestSshd(program, [
        `HostKey ${at(name)}`,
        `HostCertificate ${certify(at(name), name, options)}`,
      ]);
      await refused(server, [`@cert-authority [127.0.0.1]:${server.port} ${ca}`]);
    }
  }, 60_000);
});

describe('doctor', () => {
  it('logs in by a certificate, and tells of the keys of the gateway', async (context) => {
    requireTool(context, tools.sshd);
    const services = doctorServices(path.join(dataDir, 'keys'));
    const { host, port, user, fingerprint } = sshd;
    const accounts = [{ name: 'deploy', user, certificate: true as const }];
    const config = { host, port, hostKeys: [fingerprint], accounts, connectTimeoutMs: 5_000 };
    const resource = { name: 'box', protocol: 'ssh', labels: {}, mode: 'enforce' } as const;
    expect(await sshDoctor.examine({ resource, config }, services)).toMatchObject({
      results: [{ level: 'ok' }],
    });
    const [told] =
      (await sshDoctor.examineListener?.({ maxChannels: 10, rekeyTimeoutMs: 1_000 }, services)) ?? [];
    expect(told).toMatchObject({ level: 'ok', message: expect.stringContaining('certified by SHA256:') });
  });
});

interface Attempt {
  readonly method: string;
  readonly password?: string;
  accept(): void;
  reject(methods: readonly string[]): void;
  prompt?(prompts: readonly object[], done: (answers: readonly string[]) => void): void;
}

/** A machine that takes a password by one method alone. */
function serveAttempt(attempt: Attempt, method: string): void {
  if (attempt.method !== method) attempt.reject([method]);
  else if (attempt.password === 'machine-password') attempt.accept();
  else if (attempt.prompt === undefined) attempt.reject([method]);
  else {
    attempt.prompt([{ prompt: 'Password: ', echo: false }], ([answer]) =>
      answer === 'machine-password' ? attempt.accept() : attempt.reject([method]),
    );
  }
}

function fingerprint(keyText: string): string {
  const blob = readPrivateKey(keyText)?.getPublicSSH() ?? Buffer.alloc(0);
  return fingerprintOf(blob);
}
