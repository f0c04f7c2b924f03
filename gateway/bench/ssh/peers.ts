/** The ways to one sshd: straight, by a relay that reads nothing of what it moves, and by gateways. Each with a login of OpenSSH. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { askApi } from '../../test/e2e/api/api-client.ts';
import { ENVIRONMENT, SALLYPORT } from '../../test/e2e/process/gateway-site.ts';
import { AUDIENCE, type TestIssuer } from '../../test/support/issuer.ts';
import { type RunningProcess, runProcess, startProcess } from '../../test/support/processes.ts';
import type { TestSshd } from '../../test/support/sshd.ts';

/** A way. */
export interface SshPeer {
  readonly name: string;
  /** Arguments of `ssh` up to the host. */
  readonly login: readonly string[];
  /** Of the gateway. */
  readonly pid: number | undefined;
}

/** How a gateway is started. */
export interface GatewayHow {
  readonly name: string;
  readonly folder: string;
  readonly issuer: TestIssuer;
  readonly recording: Readonly<Record<string, unknown>>;
  /** Of all output; empty: nothing is masked. */
  readonly mask: string;
  readonly nodeFlags: readonly string[];
}

const CIPHER = 'aes128-gcm@openssh.com';

/** Arguments of `ssh` for whoever logs in by a key. */
export function loginBy(
  keyFile: string,
  where: { readonly port: number; readonly user: string },
): readonly string[] {
  const settings = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    `Ciphers=${CIPHER}`,
    'KexAlgorithms=curve25519-sha256',
  ];
  const options = settings.flatMap((one) => ['-o', one]);
  return ['-F', 'none', ...options, '-i', keyFile, '-p', String(where.port), `${where.user}@127.0.0.1`];
}

/** A gateway as a process of its own; audit `written`, a policy of a hundred rules. Clients have a certificate of it. */
export async function gatewayPeer(
  sshd: TestSshd,
  programs: { readonly sshKeygen: string },
  how: GatewayHow,
): Promise<SshPeer & { readonly process: RunningProcess }> {
  const { name, issuer, nodeFlags } = how;
  const home = path.join(how.folder, name.replaceAll(/\W+/g, '-'));
  mkdirSync(path.join(home, 'policy'), { recursive: true });
  writeFileSync(path.join(home, 'policy', 'policy.yaml'), policyOf(how.mask));
  const file = path.join(home, 'sallyport.yaml');
  const { host, port, fingerprint, user, keyFile } = sshd;
  const config = {
    dataDir: path.join(home, 'data'),
    policy: { folder: path.join(home, 'policy') },
    audit: { durability: 'written' },
    log: { level: 'warn' },
    identity: { issuers: [{ issuer: issuer.url, audience: [AUDIENCE] }] },
    recording: how.recording,
    api: { listen: '127.0.0.1:0' },
    listeners: [{ protocol: 'ssh', listen: '127.0.0.1:0' }],
    resources: [
      {
        name: 'box',
        protocol: 'ssh',
        host,
        port,
        hostKeys: [fingerprint],
        accounts: [{ name: 'deploy', user, key: { file: keyFile } }],
      },
    ],
  };
  writeFileSync(file, JSON.stringify(config));
  const process = startProcess(globalThis.process.execPath, [...nodeFlags, SALLYPORT, 'serve', '-c', file], {
    env: ENVIRONMENT,
    timeoutMs: 3_600_000,
    cwd: home,
  });
  const [line] = await process.waitForOutput(/\{"event":"ready".*\}(?=\n)/, 60_000);
  const ready = JSON.parse(line) as Ready;
  const key = path.join(home, 'id');
  await runProcess(programs.sshKeygen, ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const answer = await askApi({ api: ready.api, caFile: ready.ca }, '/v1/ssh/certificates', {
    token: await issuer.token({ groups: ['agents'], expiresIn: 24 * 3600 }),
    body: { publicKey: readFileSync(`${key}.pub`, 'utf8'), expiresIn: 3600 },
  });
  if (answer.status !== 200) throw new Error(`no certificate: ${answer.text}`);
  writeFileSync(`${key}-cert.pub`, `${(answer.json as { readonly certificate: string }).certificate}\n`);
  const where = { port: ready.listeners[0]?.port ?? 0, user: 'deploy+box' };
  return { name, login: loginBy(key, where), pid: process.pid, process };
}

interface Ready {
  readonly listeners: readonly { readonly port: number }[];
  readonly api: string;
  readonly ca: string;
}

/** Many rules that do not match, a few that do. */
function policyOf(mask: string): string {
  const others = Array.from({ length: 96 }, (_, index) => {
    const effect = index % 5 === 4 ? 'deny' : 'allow';
    return `  - { id: other-${index}, effect: ${effect}, on: shell, match: { groups: [team-${index % 9}], argv: ["tool${index} **"] } }`;
  });
  return `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: shell, match: { groups: [agents], argv: ["cat **", "true"] }${mask === '' ? '' : `, ${mask}`} }
${others.join('\n')}
`;
}
