import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANY_FILE, compileFilePattern } from './file-pattern.ts';

function pattern(text: string): NonNullable<ReturnType<typeof compileFilePattern>> {
  const compiled = compileFilePattern(text);
  if (compiled === undefined) throw new Error(`no pattern: ${text}`);
  return compiled;
}

describe('a pattern for files', () => {
  it('compares segment by segment, and minds the case', () => {
    expect(pattern('/var/log/*').covers('/var/log/syslog')).toBe(true);
    expect(pattern('/var/log/*').covers('/var/log/a/b')).toBe(false);
    expect(pattern('/var/log/**').covers('/var/log')).toBe(true);
    expect(pattern('/var/log/**').covers('/var/logs')).toBe(false);
    expect(pattern('/var/LOG/*').hits('/var/log/x')).toBe(false);
    expect(pattern('/').covers('/')).toBe(true);
  });

  it('P3: an allow takes a set only whole; a deny is hit by a part of it', () => {
    expect(pattern('/var/log/**').covers('/var/log/*.log')).toBe(true);
    expect(pattern('/var/log/*.log').covers('/var/log/*.log')).toBe(true);
    expect(pattern('/var/log/a.log').covers('/var/log/*.log')).toBe(false);
    expect(pattern('/var/log/a.log').hits('/var/log/*.log')).toBe(true);
    expect(pattern('/var/log/a.txt').hits('/var/log/*.log')).toBe(false);
    expect(pattern('/srv/**').covers('/srv/app/**')).toBe(true);
    expect(pattern('/srv/*').covers('/srv/**')).toBe(false);
    expect(pattern('/etc/**').hits('/**')).toBe(true);
    expect(pattern('/etc/passwd').hits('/etc/**')).toBe(true);
    expect(pattern('/home/*/.ssh/**').hits('/home/a/*')).toBe(true);
    expect(pattern('/home/*/.ssh/**').hits('/home/a/.config/x')).toBe(false);
  });

  it('P3: a file that is not known is covered by everything only, and hit by every deny', () => {
    expect(pattern('/srv/**').covers(ANY_FILE)).toBe(false);
    expect(pattern('/**').covers(ANY_FILE)).toBe(true);
    expect(pattern('/srv/x').hits(ANY_FILE)).toBe(true);
  });

  it('refuses what is no absolute path', () => {
    for (const text of ['var/log', '~/x', '/a//b', '/a/../b', '/a/./b', '/a**', `/${'a/'.repeat(65)}b`]) {
      expect(compileFilePattern(text)).toBeUndefined();
    }
  });

  it('what covers also hits', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', 'ab', '*', 'a*', '*b', '**'), { minLength: 1, maxLength: 5 })
      .map((segments) => `/${segments.join('/')}`);
    fc.assert(
      fc.property(path, path, (left, right) => {
        const compiled = pattern(left);
        if (compiled.covers(right)) expect(compiled.hits(right)).toBe(true);
        expect(compiled.hits(left)).toBe(true);
      }),
    );
  });

  it('says of a set what it says of the paths in it', () => {
    const segment = fc.constantFrom('a', 'b', 'ab');
    const withStars = fc.array(fc.constantFrom('a', '*', 'a*', '**'), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        withStars,
        withStars,
        fc.array(segment, { minLength: 1, maxLength: 4 }),
        (left, set, path) => {
          const wanted = pattern(`/${left.join('/')}`);
          const value = `/${set.join('/')}`;
          const file = `/${path.join('/')}`;
          const isInside = pattern(value).covers(file);
          if (isInside && wanted.covers(value)) expect(wanted.covers(file)).toBe(true);
          if (isInside && wanted.covers(file)) expect(wanted.hits(value)).toBe(true);
        },
      ),
    );
  });
});
