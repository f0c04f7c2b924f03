import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArgvWord, compileArgvPattern, writeArgv } from './argv-pattern.ts';

function pattern(text: string): NonNullable<ReturnType<typeof compileArgvPattern>> {
  const compiled = compileArgvPattern(text);
  if (compiled === undefined) throw new Error(`no pattern: ${text}`);
  return compiled;
}

describe('a pattern for commands', () => {
  it('compares word by word, whatever the blanks', () => {
    expect(pattern('systemctl  status nginx').covers('systemctl status nginx')).toBe(true);
    expect(pattern('systemctl status').covers('systemctl status nginx')).toBe(false);
    expect(pattern('systemctl status nginx').covers("'systemctl status' nginx")).toBe(false);
  });

  it('P3: takes a star for one argument that is no option, and two for any words', () => {
    const status = pattern('systemctl status *');
    expect(status.covers('systemctl status nginx')).toBe(true);
    expect(status.covers('systemctl status')).toBe(false);
    expect(status.covers('systemctl status a b')).toBe(false);
    expect(status.covers('systemctl status --host=evil')).toBe(false);
    expect(status.covers("systemctl status ''")).toBe(true);
    expect(pattern('journalctl **').covers('journalctl -u nginx --since today')).toBe(true);
    expect(pattern('journalctl **').covers('journalctl')).toBe(true);
    expect(pattern('a ** z').covers('a b -c z')).toBe(true);
    expect(pattern('tail -n* /var/log/*').covers('tail -n5 /var/log/syslog')).toBe(true);
    expect(pattern('ls *.log').covers('ls -R.log')).toBe(false);
  });

  it('reads stars and blanks in quotes as they are', () => {
    expect(pattern("grep 'a b' *").covers("grep 'a b' f")).toBe(true);
    expect(pattern("echo '*'").covers("echo '*'")).toBe(true);
    expect(pattern("echo '*'").covers('echo x')).toBe(false);
    expect(pattern("echo '*'*").covers("echo '*x'")).toBe(true);
    expect(pattern('echo \\*').covers("echo '*'")).toBe(true);
  });

  it('P3: an allow covers what is not known only by two stars; a deny is hit by what it may be', () => {
    const unknown = writeArgv([['rm'], [undefined]]);
    const several = writeArgv([['rm'], 'many']);
    const begun = writeArgv([['rm'], ['/srv/', undefined]]);
    expect([unknown, several, begun]).toEqual(['rm *', 'rm **', 'rm /srv/*']);
    expect(pattern('rm *').covers(unknown)).toBe(false);
    expect(pattern('rm *').covers(several)).toBe(false);
    expect(pattern('rm *').covers(begun)).toBe(true);
    expect(pattern('rm /srv/*').covers(begun)).toBe(false);
    expect(pattern('rm **').covers(several)).toBe(true);
    expect(pattern('rm -rf **').hits(unknown)).toBe(true);
    expect(pattern('rm -rf **').hits(several)).toBe(true);
    expect(pattern('rm -rf **').hits(begun)).toBe(false);
    expect(pattern('rm /srv/x').hits(begun)).toBe(true);
  });

  it('P3: a path in an allow does not lead up', () => {
    const logs = pattern('cat /var/log/*');
    expect(logs.covers('cat /var/log/app/x.log')).toBe(true);
    expect(logs.covers('cat /var/log/..x')).toBe(true);
    expect(logs.covers('cat /var/log/../../etc/shadow')).toBe(false);
    expect(logs.covers('cat /var/log/..')).toBe(false);
    expect(pattern('x --file=/srv/*').covers('x --file=/srv/a/../../etc/x')).toBe(false);
    expect(logs.hits('cat /var/log/../x')).toBe(true);
    expect(pattern('ls ../x').covers('ls ../x')).toBe(true);
  });

  it('a deny knows a program by the last part of its path, an allow does not', () => {
    expect(pattern('rm **').hits('/tmp/rm x')).toBe(true);
    expect(pattern('rm **').covers('/tmp/rm x')).toBe(false);
  });

  it('refuses quotes left open, and too many words', () => {
    expect(compileArgvPattern("echo 'a")).toBeUndefined();
    expect(compileArgvPattern(' ')).toBeUndefined();
    expect(compileArgvPattern('a '.repeat(65))).toBeUndefined();
  });

  it('what covers also hits, and a written word covers itself', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '-', '*', "'", ' ', '/', '\\'), maxLength: 4 });
    const word: fc.Arbitrary<ArgvWord> = fc.oneof(
      text.map((one) => [one]),
      fc.constant('many' as const),
      fc.array(fc.option(text, { nil: undefined }), { minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 4 }),
        fc.array(word, { minLength: 1, maxLength: 4 }),
        (left, right) => {
          const compiled = compileArgvPattern(writeArgv(left));
          const value = writeArgv(right);
          if (compiled?.covers(value) === true) expect(compiled.hits(value)).toBe(true);
          expect(compiled?.hits(writeArgv(left))).toBe(true);
        },
      ),
    );
  });

  it('P10: takes a time that is bounded by the words', () => {
    const words = 'a '.repeat(4000);
    expect(pattern('a ** b ** c ** d ** e ** f **').covers(words)).toBe(false);
    expect(pattern('** b ** c ** d ** e ** f **').hits(`${'** '.repeat(4000)}x`)).toBe(true);
  });
});
