/**
 * Ways round a policy that allows all programs but some, and all files but some: programs that run others, options that name files in
 * another way. Through the real wire, against a real machine, where each is also tried without a gateway.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { connectSsh2, resultOf, type TestClient } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

/** Each leaves a file `f` where it runs. */
const RUNNERS: readonly string[] = [
  'choom -n 0 -- touch f',
  'x86_64 touch f',
  'i386 touch f',
  'setarch -R touch f',
  'ssh-agent touch f',
  'gpg-agent --daemon --homedir . touch f',
  `perl5.36-x86_64-linux-gnu -e 'system("touch f")'`,
  "x86_64-linux-gnu-gcc -wrapper sh,-c,'touch f' -E -x c /dev/null",
  "echo 'exec touch f' | tclsh --version",
  'debconf touch f',
  'fakeroot-sysv touch f',
  `echo 'system("touch f");1' | json_pp -f eval`,
  'prove -e touch x',
  "prove --exec 'touch f' x",
  'sotruss touch f',
  'memusage touch f',
  'fstab-decode touch f',
  'not-14 touch f',
  'dpkg-architecture -c touch f',
  String.raw`printf 'msgid "a"\nmsgstr "b"\n' | msgfilter touch f`,
  String.raw`printf 'msgid "a"\nmsgstr "b"\n' | msgexec touch f`,
  String.raw`printf '.sy touch f\n' | groff -U -Tascii`,
  String.raw`printf '.sy touch f\n' | troff -U`,
  String.raw`printf '.PS\nsh X touch f X\n.PE\n' | pic -U`,
  'run0 touch f',
  'systemd-inhibit touch f',
  'systemd-cat touch f',
  'pager --help',
  'less --help',
  'editor f',
  'pydoc3 f',
  'jobs -x touch f',
  "sleep 0 & wait -n -p 'a[$(touch f)]'",
  `bash -c "sleep 0 & wait -n -p 'a[\\$(touch f)]'"`,
  "tar -c -f -- --checkpoint=1 --checkpoint-action=exec='touch f' /etc/hostname",
  String.raw`printf 'output = "f"\nurl = "file:///etc/hostname"\n' | curl -s -o -- -K -`,
  String.raw`printf ':!touch f\n:q!\n' | TERM=vt100 git rebase -i HEAD~1`,
  String.raw`printf ':!touch f\n:q!\n' | TERM=vt100 git branch --edit-description`,
  String.raw`printf ':!touch f\n:q!\n' | TERM=vt100 git tag -a v1`,
  String.raw`printf ':!touch f\n:q!\n' | TERM=vt100 git commit --allow-empty -m x -e`,
  String.raw`printf ':!touch f\n:q!\n' | TERM=vt100 git commit --allow-empty --fixup=reword:HEAD`,
  String.raw`printf ':!touch f\n:q!\n' | TERM=vt100 git notes add`,
  'apt-cache -o Dir::Bin::dpkg=/tmp/x policy',
  'APT_CONFIG=/tmp/x apt-cache policy',
  `ZIP="-T -TT 'touch f'" zip q.zip /etc/hostname`,
  'GNUPGHOME=/tmp/x gpg -K',
  'SYSTEM_WGETRC=/tmp/x wget -q http://127.0.0.1:1/',
  'SSLKEYLOGFILE=f curl -s https://127.0.0.1:1/',
  'KRB5_CONFIG=/tmp/x curl --negotiate -u : http://127.0.0.1:1/',
  "hg --config 'alias.x=!touch f' x",
];

/** Each would start a pager, or an editor, on a terminal. */
const PAGED: readonly string[] = [
  'git log -- --no-pager',
  'git log --author --no-pager',
  'git --no-pager log --help',
  'git --no-pager -p log',
  'git --no-pager revert HEAD',
  'journalctl -u --no-pager',
  'journalctl -- --no-pager',
  'systemctl --help --no-pager',
  'systemctl status --property --no-pager',
  'machinectl list',
  'systemd-analyze blame',
  'gh pr list --search --no-pager',
  'dpkg-query -l',
];

/** Each shows `%/app/secret/key` or `%/app/top`, whose text is `KEPT`. */
const READERS: readonly string[] = [
  'rev %/app/top',
  'date -f %/app/top',
  'date --file=%/app/top',
  'date -uf %/app/top',
  'diff %/app %/open/top',
  'diff -N %/app %/open/empty',
  'grep -d recurse . %/app',
  'grep -drecurse . %/app',
  'grep --directories=recurse . %/app',
  'grep --dereference-recursive . %/app',
  `awk 'BEGIN { ARGV[1] = "%/app/secret/key"; ARGC = 2 } { print }'`,
  `awk 'BEGIN { ARGV[1] = "%/app/top" } { print }' %/open/top`,
  'strings @%/app/top',
  'wc --files0-from=%/app/top',
  'file -m %/app/top /dev/null',
  'MAGIC=%/app/top file /dev/null',
  'echo 1 | BC_ENV_ARGS=%/app/top bc',
  'ln -s %/app %/open/l1 && cat %/open/l1/secret/key',
  'ln -s ../app/secret/key %/open/l2; cat %/open/l2',
  'ln -s app/secret/key %/l3; cat %/l3',
  'cp --archive %/app %/open/copy; cat %/open/copy/secret/key',
  'cp -t%/open %/app/top; cat %/open/top',
];

/** Each makes or changes a file in `%/app`. */
const WRITERS: readonly string[] = [
  "sed -n --in-place='%/app/*' p %/open/new",
  "sed -n --in-place=%/app/'*' p %/open/new",
  'cp %/open/new %/app',
  'cp %/open/new %/app/',
  'cd %; cp -tapp open/new',
  'cd % && cp -tapp open/new',
  'cd % && cp -fvtapp open/new',
  'cd % && mv -tapp open/new',
  'cd % && install -tapp open/new',
  'install %/open/new %/app',
  'ln %/open/new %/app',
  'cp -S -- -t%/app %/open/new',
  'sort -o %/app/new %/open/new',
];

const policy = (folder: string): string => `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: programs, effect: allow, on: shell, match: { groups: [agents], commands: ['*'] } }
  - { id: variables, effect: allow, on: shell, match: { groups: [agents], kinds: [SET], variables: ['*'] } }
  - { id: no-touch, effect: deny, on: shell, match: { commands: [touch, vi, vim] } }
  - { id: kept, effect: deny, on: shell, match: { reads: ['${folder}/app/top', '${folder}/app/secret/**'] } }
  - { id: fixed, effect: deny, on: shell, match: { writes: ['${folder}/app/new', '${folder}/app/top', '${folder}/app/secret/**'] } }
`;

const KEPT = 'KEPT-0123456789';
const SHOWN = new RegExp(`${KEPT}|${[...KEPT].reverse().join('')}`);

let sshd: TestSshd;
let gateway: SshGateway;
let client: TestClient;
let direct: TestClient;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  gateway = await startSshGateway({ sshd, policy: policy(sshd.folder), account: { home: sshd.home } });
  client = await connectSsh2({
    host: gateway.host,
    port: gateway.port,
    user: 'box',
    password: await gateway.issuer.token(),
  });
  const { host, port, user, keyFile } = sshd;
  direct = await connectSsh2(
    { host, port, user, password: '' },
    { privateKey: readFileSync(keyFile), password: undefined },
  );
}, 60_000);
afterAll(async () => {
  await direct?.[Symbol.asyncDispose]();
  await client?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
});

/** A fresh folder with what is kept and what is open. */
function lay(): void {
  const { folder } = sshd;
  for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true });
  for (const name of ['app', 'app/secret', 'open', 'open/empty']) {
    mkdirSync(path.join(folder, name), { mode: 0o777 });
    chmodSync(path.join(folder, name), 0o777);
  }
  writeFileSync(path.join(folder, 'app/top'), `${KEPT}\n`);
  writeFileSync(path.join(folder, 'app/secret/key'), `${KEPT}\n`);
  writeFileSync(path.join(folder, 'open/top'), 'open\n', { mode: 0o666 });
  writeFileSync(path.join(folder, 'open/new'), 'new\n', { mode: 0o666 });
  chmodSync(path.join(folder, 'open/new'), 0o666);
}

const filled = (text: string): string => text.replaceAll('%', sshd.folder);

describe('P1: where all programs are allowed but some', () => {
  it('none that runs others runs them unseen', async (context) => {
    requireTool(context, tools.sshd);
    const { folder } = sshd;
    const ran: string[] = [];
    for (const text of RUNNERS) {
      lay();
      const { code, stderr } = await client.run(text);
      if (code !== 126 || !stderr.includes('POLICY_DENIED')) ran.push(`${code}: ${text} ${stderr}`);
    }
    expect(ran).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['app', 'open']);
    expect(await client.run('uname && ls /dev/null && git --version && python3 --version')).toMatchObject({
      code: 0,
    });
  }, 120_000);

  it('none starts a pager on a terminal, which has a way to a shell', async (context) => {
    requireTool(context, tools.sshd);
    for (const text of PAGED) {
      const result = await resultOf(await client.terminal(text));
      expect([text, result.code, result.stderr]).toEqual([text, 126, expect.stringMatching(/escape:|runs:/)]);
    }
    const texts = ['git --no-pager status', 'git -C / --no-pager status', 'systemctl status x --no-pager -l'];
    for (const text of [...texts, 'journalctl -xe --no-pager', 'journalctl -n 5 --no-pager']) {
      expect([text, (await resultOf(await client.terminal(text))).code]).not.toEqual([text, 126]);
    }
  }, 60_000);

  it('those that are there do what they are meant to where nobody judges them', async (context) => {
    requireTool(context, tools.sshd);
    const did: string[] = [];
    const git =
      'git init -q . && git config user.email a@b && git config user.name a && for i in 1 2; do git commit -q --allow-empty -m x; done';
    for (const text of RUNNERS) {
      lay();
      const place = path.join(sshd.folder, 'open/empty');
      const before = text.includes('git ') ? `${git} && ` : '';
      await direct.run(
        `cd ${place} && ${before}{ timeout 5 bash -c '${text.replaceAll("'", String.raw`'\''`)}'; } < /dev/null`,
      );
      if (readdirSync(place).includes('f')) did.push(text);
    }
    expect(did.length, did.join('\n')).toBeGreaterThanOrEqual(6);
  }, 120_000);
});

describe('P1: where all files are allowed but some', () => {
  it('those are not shown, however they are named', async (context) => {
    requireTool(context, tools.sshd);
    const shown: string[] = [];
    for (const text of READERS) {
      lay();
      const { code, stdout, stderr } = await client.run(filled(text));
      if (code !== 126 || SHOWN.test(stdout + stderr)) shown.push(`${code}: ${text}`);
    }
    expect(shown).toEqual([]);
  }, 120_000);

  it('nor changed', async (context) => {
    requireTool(context, tools.sshd);
    const changed: string[] = [];
    for (const text of WRITERS) {
      lay();
      const { code } = await client.run(filled(text));
      const there = readdirSync(path.join(sshd.folder, 'app')).sort();
      if (code !== 126 || there.join() !== 'secret,top') changed.push(`${code}: ${text}`);
    }
    expect(changed).toEqual([]);
  }, 120_000);

  it('what is tried shows and changes them where nobody judges it', async (context) => {
    requireTool(context, tools.sshd);
    const idle: string[] = [];
    for (const text of READERS) {
      lay();
      const { stdout, stderr } = await direct.run(filled(text));
      if (!SHOWN.test(stdout + stderr)) idle.push(text);
    }
    for (const text of WRITERS) {
      lay();
      await direct.run(filled(text));
      if (!readdirSync(path.join(sshd.folder, 'app')).includes('new')) idle.push(text);
    }
    expect(READERS.length + WRITERS.length - idle.length, idle.join('\n')).toBeGreaterThanOrEqual(20);
  }, 120_000);

  it('and all that is honest beside them is done', async (context) => {
    requireTool(context, tools.sshd);
    lay();
    const texts = [
      'date -u +%Y',
      "date -d 'yesterday' +%F",
      'date -Iseconds',
      'x=1; date -d "@$x" +%s',
      'cp %/open/new %/open/other',
      'cp -r %/open/empty %/open/e2',
      'cp -T %/open/new %/open/third',
      'mv %/open/third %/open/fourth',
      'ln -sfn open/new %/current',
      'cd % && ln -s open/new link',
      'install -m 644 %/open/new %/open/fifth',
      'install -d %/open/sixth',
      'rmdir %/open/sixth',
      'diff %/open/new %/open/other',
      'grep -rn new %/open',
      'sed -i s/new/newer/ %/open/new',
      'sed -i -E "s/(newer)/new/" %/open/new',
      "awk '{ print $1 }' %/open/new",
      'sort %/open/new | uniq -c | head -n 1',
      'rev %/open/new | rev',
      'sha256sum %/open/new > /dev/null',
      'hostname',
      'tar -cf %/open/a.tar -C %/open new && tar -tf %/open/a.tar',
      'sleep 0 & wait',
    ];
    const refused: string[] = [];
    for (const text of texts) {
      const { code, stderr } = await client.run(filled(text).replaceAll(`+${sshd.folder}`, '+%'));
      if (code !== 0) refused.push(`${code}: ${text} ${stderr}`);
    }
    expect(refused).toEqual([]);
  }, 60_000);
});
