/** What the gateway proves itself by, with the `ssh` that has to believe it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { CIPHERS_BY } from '../../../src/protocols/ssh/transport/algorithms.ts';
import { newHostKeyText, readPrivateKey } from '../../../src/protocols/ssh/transport/keys.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { runProcess } from '../../support/processes.ts';
import { connectSsh2 } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

let sshd: TestSshd;
let gateway: SshGateway;
let folder: TemporaryFolder;
const next = newHostKeyText();

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  folder = createTemporaryFolder('host-keys');
  writeFileSync(path.join(folder.path, 'next'), next, { mode: 0o600 });
  sshd = await startTestSshd(program);
  gateway = await startSshGateway({
    sshd,
    api: { groups: { admins: ['admins'] } },
    listener: { nextHostKey: path.join(folder.path, 'next') },
  });
}, 60_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

/** Runs `sallyport ssh-cert` into a folder of its own; how to call `ssh` is what it prints. */
async function certified(name: string): Promise<{ readonly dir: string; readonly printed: string }> {
  const dir = path.join(folder.path, name);
  const lines: string[] = [];
  const io = {
    stdout: { write: (text: string) => lines.push(text) },
    stderr: { write: (text: string) => lines.push(`# ${text}`) },
  };
  const token = await gateway.issuer.token();
  const where = ['--api', gateway.api, '--ca', gateway.caFile, '--token', token];
  const code = await runCli(['ssh-cert', '--dir', dir, ...where], io);
  if (code !== 0) throw new Error(lines.join(''));
  return { dir, printed: lines.filter((line) => !line.startsWith('#')).join('') };
}

describe('the start of the gateway', () => {
  it('tells the host key, and which code runs the ciphers', async (context) => {
    requireTool(context, tools.sshd);
    // The keys are read beside the start.
    await expect
      .poll(() => gateway.logLines.find((one) => one.includes('ssh host key')))
      .toMatch(/SHA256:[A-Za-z0-9+/]{43}/);
    expect(gateway.logLines.find((one) => one.includes('ssh host key'))).toContain(CIPHERS_BY);
  });
});

describe('sallyport ssh-cert', () => {
  it('writes what plain ssh needs, which then verifies the gateway by its host certificate alone', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const { dir, printed } = await certified('plain');
    expect(printed).toBe(`ssh -F ${dir}/config deploy+box@sallyport\n`);
    const options = ['-F', `${dir}/config`, '-o', 'BatchMode=yes', '-o', 'LogLevel=VERBOSE'];
    const told = await runProcess(ssh, [...options, 'deploy+box@sallyport', 'echo', 'in']);
    expect(told, told.stderr).toMatchObject({ code: 0, stdout: 'in\n' });
  });

  it('P11: a gateway whose certificate is of another authority, or for another name, is not talked to', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const { dir } = await certified('wary');
    const run = (...more: string[]): ReturnType<typeof runProcess> =>
      runProcess(ssh, [
        '-F',
        `${dir}/config`,
        '-o',
        'BatchMode=yes',
        ...more,
        'deploy+box@sallyport',
        'true',
      ]);
    const named = await run('-o', 'HostKeyAlias=somebody.else');
    expect(named).toMatchObject({ code: 255, stderr: expect.stringContaining('verification failed') });
    const known = readFileSync(`${dir}/known_hosts`, 'utf8').split(' ');
    const other = readPrivateKey(newHostKeyText())?.getPublicSSH().toString('base64') ?? '';
    writeFileSync(`${dir}/known_hosts`, `${known.slice(0, 3).join(' ')} ${other}\n`);
    expect(await run()).toMatchObject({ code: 255 });
  });

  it('keeps key, certificate and folder to the user alone', async (context) => {
    requireTool(context, tools.sshd);
    const { dir } = await certified('private');
    const { statSync } = await import('node:fs');
    for (const file of ['', 'id_ed25519', 'id_ed25519-cert.pub', 'config', 'known_hosts']) {
      expect(statSync(path.join(dir, file)).mode & 0o077, file).toBe(0);
    }
  });
});

describe('the host keys', () => {
  it('ssh learns the next one from the gateway, and goes on after it is changed', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const { dir } = await certified('rotated');
    const known = path.join(folder.path, 'learned');
    const own = readFileSync(path.join(gateway.dataDir, 'keys', 'ssh_host_ed25519_key'), 'utf8');
    const line = (text: string): string => readPrivateKey(text)?.getPublicSSH().toString('base64') ?? '';
    writeFileSync(known, `[${gateway.host}]:${gateway.port} ssh-ed25519 ${line(own)}\n`);
    const told = await runProcess(ssh, [
      '-F',
      'none',
      ...[
        'BatchMode=yes',
        'UpdateHostKeys=yes',
        `UserKnownHostsFile=${known}`,
        'StrictHostKeyChecking=yes',
        'IdentitiesOnly=yes',
        'HostKeyAlgorithms=ssh-ed25519',
      ].flatMap((one) => ['-o', one]),
      '-i',
      `${dir}/id_ed25519`,
      '-p',
      String(gateway.port),
      `deploy+box@${gateway.host}`,
      'sleep 1',
    ]);
    expect(told, told.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(known, 'utf8')).toContain(line(next));
  });

  it('P11: what is not its own key is not proved', async (context) => {
    requireTool(context, tools.sshd);
    const login = { host: gateway.host, port: gateway.port, user: 'deploy+box' };
    const told = Promise.withResolvers<unknown>();
    await using client = await connectSsh2({ ...login, password: await gateway.issuer.token() });
    client.raw.on('hostkeys', told.resolve);
    const { openssh_hostKeysProve: ask } = client.raw._protocol;
    const stranger = readPrivateKey(newHostKeyText());
    ask?.call(client.raw._protocol, [stranger]);
    expect((await client.run('echo on')).stdout).toBe('on\n');
  });

  it('a key exchange in the middle, by the certificate, goes on', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const { dir } = await certified('rekeyed');
    const told = await runProcess(ssh, [
      '-F',
      `${dir}/config`,
      ...['-o', 'BatchMode=yes', '-o', 'RekeyLimit=64K', 'deploy+box@sallyport', 'seq 100000'],
    ]);
    expect(told).toMatchObject({ code: 0 });
    expect(told.stdout).toHaveLength(588_895);
  });
});
