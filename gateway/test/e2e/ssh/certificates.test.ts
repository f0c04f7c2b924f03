/** User certificates of the gateway with the programs that read them everywhere: `ssh-keygen` and `ssh`. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { IssuedSshCertificate } from '../../../src/api/contract/ssh-certificate.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { type ProcessResult, runProcess } from '../../support/processes.ts';
import { SOME_COMMANDS, type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { askApi } from '../api/api-client.ts';

let sshd: TestSshd;
let gateway: SshGateway;
let folder: TemporaryFolder;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  folder = createTemporaryFolder('certificates');
  sshd = await startTestSshd(program);
  gateway = await startSshGateway({ sshd, policy: SOME_COMMANDS, api: { groups: { admins: ['admins'] } } });
}, 60_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

/** Makes a key and asks for its certificate; its file is the answer. */
async function certified(
  context: TestContext,
  { name, type = 'ed25519', ...wish }: { name: string; type?: string; [key: string]: unknown },
): Promise<{ readonly key: string; readonly issued: IssuedSshCertificate }> {
  const key = path.join(folder.path, name);
  const keygen = requireTool(context, tools.sshKeygen);
  await runProcess(keygen, ['-q', '-t', type, '-N', '', '-f', key]);
  const token = await gateway.issuer.token();
  const body = { publicKey: readFileSync(`${key}.pub`, 'utf8'), ...wish };
  const answer = await askApi(gateway, '/v1/ssh/certificates', { token, body });
  if (answer.status !== 200) throw new Error(answer.text);
  const issued = answer.json as IssuedSshCertificate;
  writeFileSync(`${key}-cert.pub`, `${issued.certificate}\n`);
  return { key, issued };
}

async function ssh(
  context: TestContext,
  key: string,
  options: readonly string[] = [],
  command = 'echo in',
): Promise<ProcessResult> {
  const settings = ['BatchMode=yes', 'IdentitiesOnly=yes', 'StrictHostKeyChecking=no', 'LogLevel=ERROR'];
  return runProcess(requireTool(context, tools.ssh), [
    '-F',
    'none',
    ...options,
    ...[...settings, `UserKnownHostsFile=${folder.path}/known`].flatMap((one) => ['-o', one]),
    '-i',
    key,
    '-p',
    String(gateway.port),
    `deploy+box@${gateway.host}`,
    command,
  ]);
}

describe('a user certificate', () => {
  it('P11: lets plain ssh in as whoever the token proved, for keys of each kind', async (context) => {
    requireTool(context, tools.sshd);
    for (const type of ['ed25519', 'ecdsa']) {
      const { key, issued } = await certified(context, { name: `in-${type}`, type });
      expect(issued.users).toEqual(['deploy+box']);
      const told = await ssh(context, key);
      expect(told, told.stderr).toMatchObject({ code: 0, stdout: 'in\n' });
      const records = await gateway.recordsUntil((all) =>
        all.some(({ type, credential }) => type === 'credential.used' && credential === issued.id),
      );
      const used = records.find(
        ({ type, credential }) => type === 'credential.used' && credential === issued.id,
      );
      const opened = records.find(
        ({ type, session }) => type === 'session.opened' && session === used?.['session'],
      );
      expect(opened).toMatchObject({ principal: { subject: 'agent-1', agent: 'test-agent' } });
    }
  });

  it('is one that ssh-keygen reads: for minutes, for one principal, with no extension', async (context) => {
    requireTool(context, tools.sshd);
    const { key, issued } = await certified(context, { name: 'read', sourceAddresses: ['10.0.0.0/8'] });
    const told = await runProcess(requireTool(context, tools.sshKeygen), ['-L', '-f', `${key}-cert.pub`]);
    expect(told.stdout).toContain('ssh-ed25519-cert-v01@openssh.com user certificate');
    expect(told.stdout).toContain(`Key ID: "${issued.id} agent-1 by test-agent"`);
    expect(told.stdout).toContain(`Serial: ${issued.serial}`);
    expect(told.stdout).toMatch(/Principals: \n\s+sallyport-user:[0-9a-f]{32}\n/);
    expect(told.stdout).toMatch(/source-address 10\.0\.0\.0\/8/);
    expect(told.stdout).toMatch(/Extensions: \(none\)/);
    expect(Date.parse(issued.expiresAt) - Date.parse(issued.issuedAt)).toBeLessThanOrEqual(900_000);
  });

  it('opens nothing from another address than its own', async (context) => {
    requireTool(context, tools.sshd);
    const away = await certified(context, { name: 'away', sourceAddresses: ['10.0.0.0/8'] });
    expect((await ssh(context, away.key)).code).toBe(255);
    const here = await certified(context, { name: 'here', sourceAddresses: ['127.0.0.0/8'] });
    expect(await ssh(context, here.key)).toMatchObject({ code: 0, stdout: 'in\n' });
  });

  it('P12: opens nothing once it is revoked, and its live session ends at once', async (context) => {
    requireTool(context, tools.sshd);
    const { key, issued } = await certified(context, { name: 'revoked' });
    const running = ssh(context, key, [], 'sleep 60');
    await gateway.recordsUntil((all) =>
      all.some(({ type, summary }) => type === 'exchange.intent' && summary === 'sleep'),
    );
    const token = await gateway.issuer.token();
    const revoked = await askApi(gateway, `/v1/credentials/${issued.id}`, { token, method: 'DELETE' });
    expect(revoked.json).toMatchObject({ revoked: true, sessions: [expect.any(String)] });
    // Told why where there was time for it; ended in any case.
    expect([126, 255]).toContain((await running).code);
    expect((await ssh(context, key)).code).toBe(255);
    await gateway.recordsUntil((all) => all.some(({ code }) => code === 'ERR_SSH_CERTIFICATE'));
  });

  it('P1: is not made for who may open nothing, nor for what is no key', async (context) => {
    requireTool(context, tools.sshd);
    const publicKey = 'ssh-ed25519 AAAA';
    const invalid = await askApi(gateway, '/v1/ssh/certificates', {
      token: await gateway.issuer.token(),
      body: { publicKey: `${publicKey}AAAAAAAAAAAAA` },
    });
    expect(invalid.json).toMatchObject({ status: 400, code: 'ERR_API_INVALID' });
    const { key } = await certified(context, { name: 'other' });
    const denied = await askApi(gateway, '/v1/ssh/certificates', {
      token: await gateway.issuer.token({ groups: ['others'] }),
      body: { publicKey: readFileSync(`${key}.pub`, 'utf8') },
    });
    expect(denied.json).toMatchObject({ status: 403, code: 'ERR_API_DENIED' });
  });
});
