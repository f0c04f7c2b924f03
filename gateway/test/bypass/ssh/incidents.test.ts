/** Incidents 8 and 21 of agents with a shell, replayed by `ssh` against a real machine, under the policy of the cases in `shell-incidents`. */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { runOpenSsh, type SshLogin } from '../../support/ssh-clients.ts';
import { type SshScene, startSshScene } from '../../support/ssh-scene.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

/** Decoding as such is allowed, so that what is denied is running what comes of it. */
const MORE = `rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: decode, effect: allow, on: shell, match: { kinds: [RUN], argv: ['base64 -d'] } }`;
const POLICY = path.join(import.meta.dirname, '../shell-incidents/policy/shell.yaml');
const LOADER = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'].find((file) => existsSync(file));

let bin: TemporaryFolder;
let scene: SshScene;
/** In place of the policy's /srv. */
let srv: string;

beforeAll(async () => {
  bin = createTemporaryFolder('incidents');
  chmodSync(bin.path, 0o755);
  const started = await startSshScene({
    sshd: [`SetEnv PATH=${bin.path}:/usr/bin:/bin`],
    gateway: ({ folder, home }) => ({
      policy: readFileSync(POLICY, 'utf8').replaceAll('/srv/', `${folder}/srv/`).replace('rules:', MORE),
      resource: { shell: 'guarded' },
      account: { home },
    }),
  });
  if (started === undefined) return;
  scene = started;
  srv = path.join(scene.sshd.folder, 'srv');
  // The shared rule names what is looked for; the program leaves a trace of whatever it was told.
  const trace = `#!/bin/sh\necho "terraform $*" | tee -a '${scene.sshd.folder}/terraform'\n`;
  writeFileSync(path.join(bin.path, 'terraform'), trace, { mode: 0o755 });
  build();
}, 60_000);
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
  bin?.[Symbol.dispose]();
});

/** Everything in it may be removed by the login. */
function build(): void {
  rmSync(srv, { recursive: true, force: true });
  for (const folder of ['', 'infra', 'app', 'data']) {
    mkdirSync(path.join(srv, folder), { recursive: true });
    chmodSync(path.join(srv, folder), 0o777);
  }
  writeFileSync(path.join(srv, 'data/canary'), 'alive');
  // As if it had got there by other ways.
  copyFileSync('/bin/rm', path.join(srv, 'app/x'));
  chmodSync(path.join(srv, 'app/x'), 0o755);
}

const isAlive = (): boolean => existsSync(path.join(srv, 'data/canary'));
const trace = (): string => {
  const file = path.join(scene.sshd.folder, 'terraform');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

/** Past the gateway, with the machine's own key. */
async function direct(ssh: string, text: string): Promise<void> {
  const { host, port, user, keyFile } = scene.sshd;
  const login: SshLogin = { host, port, user, password: '' };
  await runOpenSsh(ssh, login, { command: [text], options: ['-i', keyFile] });
}

const removal = (): string => Buffer.from(`rm -rf ${srv}/data\n`).toString('base64');

/** Each removes the canary where nobody looks at it. */
const removals = (): readonly (readonly [text: string, denial: RegExp])[] => [
  [
    `/proc/self/root/usr/bin/rm -rf ${srv}/data`,
    /the command \/proc\/self\/root\/usr\/bin\/rm, a path round its name/,
  ],
  [`cd ${srv} && cp /bin/rm ./x; ./x -rf data`, /the command \.\/x in a folder that is not known/],
  [`${srv}/app/x -rf ${srv}/data`, /runs what cannot be seen \(program:/],
  [
    `cd ${srv}/app && ./x -rf ../data`,
    /srv\/app\/x -rf \.\.\/data, which runs what cannot be seen \(program:/,
  ],
  [`bash -c "$(echo ${removal()} | base64 -d)"`, /DENIED \[\w+\] bash -c/],
  [`echo ${removal()} | base64 -d | sh`, /DENIED \[\w+\] sh, which runs what cannot be seen \(stdin:/],
  [`python3 -c 'import shutil; shutil.rmtree("${srv}/data")'`, /code:python3/],
  [`${LOADER} /bin/rm -rf ${srv}/data`, /program:\/lib(?:64)?\/ld-linux/],
  [`rm -rf ${srv}/data`, /denied by rule no-removal\. Nothing is removed by agents/],
];

/** Each ends the infrastructure where nobody looks at it. */
const destructions = (): readonly string[] => [
  'terraform destroy -auto-approve',
  `cd ${srv}/infra && terraform destroy -auto-approve | tail -n 5`,
  `bash -c 'cd ${srv}/infra; terraform destroy'`,
  'terraform apply -auto-approve',
  'terraform "des"troy',
  't=destroy; terraform $t',
  `env TF_CLI_ARGS=-auto-approve ${bin.path}/terraform apply`,
];

describe('incident 8, infrastructure destroyed by an agent', () => {
  it('P1: the plan runs; no form of destroy does, and the agent is told what to do instead', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const login = await scene.login();
    const planned = await runOpenSsh(ssh, login, { command: ['terraform plan'] });
    expect(planned).toMatchObject({ code: 0, stdout: 'terraform plan\n' });
    for (const text of destructions()) {
      const { code, stdout, stderr } = await runOpenSsh(ssh, login, { command: [text] });
      expect([text, code, stdout]).toEqual([text, 126, '']);
      expect(stderr).toMatch(/^POLICY_DENIED \[dec_\w+\] /);
    }
    const told = await runOpenSsh(ssh, login, { command: [destructions()[0] ?? ''] });
    expect(told.stderr).toMatch(/no-unattended-destruction|Plans are applied by the pipeline/);
    expect(trace()).toBe('terraform plan\n');
  }, 60_000);

  it('P9: in one guarded shell each is denied by a line of its own, and the session goes on', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const before = trace();
    const login = await scene.login({ claims: { sub: 'agent-8' } });
    const input = destructions()
      .map((text) => `${text}\necho "status $?"\n`)
      .join('');
    const ended = await runOpenSsh(ssh, login, { command: [], input: `${input}echo on\n`, options: ['-T'] });
    expect(ended.stdout).toBe(
      `${destructions()
        .map(() => 'status 126\n')
        .join('')}on\n`,
    );
    expect(ended.stderr.match(/^POLICY_DENIED/gm)).toHaveLength(destructions().length);
    expect(ended.code).toBe(0);
    expect(trace()).toBe(before);
  }, 60_000);
});

describe('incident 21, a list of denied commands that is got round', () => {
  it('the texts do what they say where nobody judges them, so that the canary is one', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    for (const [text] of removals()) {
      build();
      await direct(ssh, text);
      expect([text, isAlive()]).toEqual([text, false]);
    }
    build();
  }, 60_000);

  it('P1: none of them removes anything, and each denial names what it is for', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    for (const [index, [text, denial]] of removals().entries()) {
      const login = await scene.login({ claims: { sub: `agent-21-${index}` } });
      const { code, stdout, stderr } = await runOpenSsh(ssh, login, { command: [text] });
      expect([text, code, stdout, isAlive()]).toEqual([text, 126, '', true]);
      expect(stderr).toMatch(/^POLICY_DENIED \[dec_\w+\] /);
      expect(stderr).toMatch(denial);
    }
  }, 60_000);

  it('P9: one after the other in one connection and in one guarded shell, which go on', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    await using client = await scene.connect();
    for (const [text] of removals()) {
      expect((await client.run(text)).code).toBe(126);
      expect(await client.run(`cat ${srv}/data/canary`)).toMatchObject({ code: 0, stdout: 'alive' });
    }
    const login = await scene.login({ claims: { sub: 'agent-21' } });
    const input = `${removals()
      .map(([text]) => text)
      .join('\n')}\ncat ${srv}/data/canary\n`;
    const ended = await runOpenSsh(ssh, login, { command: [], input, options: ['-T'] });
    expect(ended).toMatchObject({ code: 0, stdout: 'alive' });
    expect(ended.stderr.match(/^POLICY_DENIED/gm)).toHaveLength(removals().length);
  }, 60_000);
});
