import { describe, expect, it } from 'vitest';
import { analyseShell } from './analyse-shell.ts';
import { MOST_BYTES } from './limits.ts';

function refusalOf(text: string | Uint8Array): string | undefined {
  return analyseShell(text).facts.statements.flatMap(({ opaque }) => opaque)[0];
}

describe('analysing a text for a shell', () => {
  it('gives the commands, their atoms, and the text that is sent', () => {
    const { facts, canonical } = analyseShell("ls -l | grep 'a b' > /tmp/x", {
      home: '/home/a',
      folder: '/home/a',
    });
    expect(canonical).toBe("'ls' '-l' | 'grep' 'a b' >'/tmp/x'");
    expect(facts).toMatchObject({ family: 'shell', action: 'exec' });
    expect(facts.statements.map(({ summary }) => summary)).toEqual(['ls', 'the shell itself', 'grep']);
    expect(facts.statements[0]).toMatchObject({
      atoms: [
        { label: 'ls -l', values: { kinds: ['RUN'], commands: ['ls'], argv: ['ls -l'], flags: ['-l'] } },
      ],
      attributes: { name: 'ls', argv: ['ls', '-l'], commands: 3, background: false },
    });
    expect(facts.statements[1]?.atoms).toMatchObject([{ values: { kinds: ['WRITE'], writes: ['/tmp/x'] } }]);
  });

  it('P3: does not say what the words of a command are where a shell makes them', () => {
    const [statement] = analyseShell('ls "$x"').facts.statements;
    expect(statement?.attributes).not.toHaveProperty('argv');
    expect(statement?.unknown).toEqual(['argv']);
  });

  it('a text without anything to do for a program is still something that can be denied', () => {
    expect(analyseShell('> /dev/null').facts.statements[0]?.atoms[0]?.values).toMatchObject({
      commands: [':'],
    });
    expect(refusalOf('')).toBe('a text without a command, at character 1');
    expect(refusalOf("sh -c ''")).toBe('a text without a command, at character 1');
  });

  it.each([
    ['a zero byte', 'ls\u0000rm', 3, 'U+0000'],
    ['an escape', 'echo \u001b[2J', 6, 'U+001B'],
    ['a carriage return', 'ls\r\nrm', 3, 'U+000D'],
    ['a blank that is no space', 'rm\u00a0x', 3, 'U+00A0'],
    ['a zero width', 'r\u200bm x', 2, 'U+200B'],
    ['a change of direction', 'ls \u202ex', 4, 'U+202E'],
    ['half of a character', 'ls \ud800', 4, 'U+D800'],
    ['a mark of the byte order', '\ufeffls', 1, 'U+FEFF'],
    ['a line separator', 'ls\u2028rm', 3, 'U+2028'],
    ['a delete', 'ls\u007f', 3, 'U+007F'],
    ['a tag', 'ls \u{e0041}', 4, 'U+E0041'],
  ])('P3: refuses %s, and says where', (_, text, at, code) => {
    expect(refusalOf(text)).toBe(
      `the character ${code}, which is not shown or not read by all alike, at character ${at}`,
    );
  });

  it('P3: refuses bytes that are no UTF-8, and does not drop a mark of the byte order', () => {
    expect(refusalOf(Uint8Array.from([0x6c, 0x73, 0xff]))).toContain('no UTF-8');
    expect(refusalOf(Uint8Array.from([0xef, 0xbb, 0xbf, 0x6c, 0x73]))).toContain('U+FEFF');
    expect(refusalOf(Uint8Array.from([0xc0, 0xaf]))).toContain('no UTF-8');
  });

  it('keeps letters of all languages as they are', () => {
    expect(analyseShell("echo 'grüße 你好 🚀'").canonical).toBe("'echo' 'grüße 你好 🚀'");
  });

  it.each([
    ['bytes', `echo ${'a'.repeat(MOST_BYTES)}`],
    ['commands', 'a;'.repeat(300)],
    ['commands of one pipeline', Array.from({ length: 300 }, () => 'a').join('|')],
    ['commands of one list', Array.from({ length: 300 }, () => 'a').join(' && ')],
    ['words', `a ${'b '.repeat(5000)}`],
    ['words that braces make', `a ${'{1..200} '.repeat(9000)}`],
    ['words of a loop that braces make', `for i in ${'{1..200} '.repeat(9000)}; do a; done`],
    ['length of what braces make', `a ${'x'.repeat(9000)}{1..200}`],
    ['redirections', `a ${'>b '.repeat(100)}`],
    ['depth of groups', `${'{ '.repeat(40)}a${'; }'.repeat(40)}`],
    ['depth of substitutions', `${'a $('.repeat(40)}b${')'.repeat(40)}`],
    ['expansions', `a ${'$x'.repeat(3000)}`],
    ['here-documents', `a ${'<<A '.repeat(3000)}`],
    ['unclosed groups', '('.repeat(100_000)],
    ['unclosed substitutions', '"$('.repeat(40_000)],
    ['unclosed brackets of globs in braces', '{[a,'.repeat(30_000)],
  ])('P10: bounds the %s', (_, text) => {
    expect(refusalOf(text)).toMatch(/more than|nested|grammatical|cannot|no plain name|quote them/);
  });

  it('P10: bounds texts inside of texts', () => {
    let text = 'ls';
    for (let level = 0; level < 10; level += 1) text = `sh -c '${text.replaceAll("'", "'\\''")}'`;
    expect(refusalOf(text)).toMatch(/more than \d+ bytes/);
  });

  it('knows a folder only where it is sure', () => {
    const where = { home: '/home/a', folder: '/home/a' };
    const readsOf = (text: string): readonly (readonly string[])[] =>
      analyseShell(text, where)
        .commands.filter(({ name }) => name === 'cat')
        .map(({ reads }) => reads);
    expect(readsOf('cat x')).toEqual([['/home/a/x']]);
    expect(readsOf('cd /etc && cat x && cat y')).toEqual([['/etc/x'], ['/etc/y']]);
    expect(readsOf('cd sub && cat x')).toEqual([['/home/a/sub/x']]);
    expect(readsOf('cd ~/sub && cat x')).toEqual([['/home/a/sub/x']]);
    for (const text of [
      'cd /etc; cat x',
      'cd /etc || cat x',
      'cd /etc & cat x',
      'cd /etc | cat x',
      '! cd /etc && cat x',
      'cat x; { cd /etc; }',
      'if cd /etc; then cat x; fi',
      'cd "$d" && cat x',
      'cd - && cat x',
      'cd .. && cat x',
      'f() { cd /etc; }; f; cat x',
      'command cd /etc; cat x',
      'pushd /etc && cat x',
      'while cat x; do cd /etc; done',
    ]) {
      expect([text, ...readsOf(text).flat()]).toEqual([text, '*']);
    }
    expect(readsOf('cat x; (cd /etc && cat y)')).toEqual([['*'], ['*']]);
  });

  it('P3: on a terminal, programs with a pager are opaque unless it is off', () => {
    const opaqueOf = (text: string, hasTerminal: boolean): readonly string[] =>
      analyseShell(text, { hasTerminal }).commands.flatMap(({ opaque }) => opaque);
    expect(opaqueOf('systemctl status nginx', false)).toEqual([]);
    expect(opaqueOf('systemctl status nginx', true)).toEqual(['escape:systemctl']);
    expect(opaqueOf('sudo sh -c "git log"', true)).toEqual(['escape:git']);
    expect(opaqueOf('journalctl --no-pager -u nginx', true)).toEqual([]);
  });

  it.each([
    'git tag --sort=-creatordate',
    'git tag -a v1 -m one',
    'git cherry-pick -x abc',
    'git grep -c text',
    'git revert --no-edit HEAD',
    'git notes list',
    'git commit -am text -- file',
    'service nginx status',
    'apt-cache policy nginx',
    'ssh-keygen -lf key.pub',
  ])('honest: nothing of %s is unseen', (text) => {
    expect(analyseShell(text).commands.flatMap(({ opaque }) => opaque)).toEqual([]);
  });

  it.each([
    'git tag -a v1',
    'git tag --sign v1',
    'git commit -a -- -m',
    'git commit --fixup reword:HEAD',
    'git cherry-pick -e abc',
    'git grep -O text',
    'git rebase --continue',
    'service ../../tmp/x start',
  ])('P1: %s may start what is not seen', (text) => {
    expect(analyseShell(text).commands.flatMap(({ opaque }) => opaque)).toHaveLength(1);
  });

  it.each([
    [
      'cp /a/x /etc/app.conf',
      ', which writes /etc/app.conf/x if /etc/app.conf is a folder (-T says that it is none)',
    ],
    ['cp -T /a/x /etc/app.conf', ''],
    ['cp /a/x .', ''],
    ['touch /a /a/x', ''],
  ])('P9: says of %s what a rule for the one file does not cover', (text, more) => {
    const [statement] = analyseShell(text, { home: '/home/d', folder: '/home/d' }).facts.statements;
    expect(statement?.atoms[0]?.label).toBe(`${text}${more}`);
  });

  it('P9: names the command of several, and where it stands', () => {
    expect(refusalOf('ls; cat x | "$EDITOR" y')).toBe(
      'a command whose name is not written out (command at character 13)',
    );
  });
});
