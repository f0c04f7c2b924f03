import { describe, expect, it } from 'vitest';
import { keyOf, keysOf, readDestinationPattern } from './destination-pattern.ts';

/** Whether a pattern names a place. */
function names(pattern: string, host: string, port = 443): boolean {
  const read = readDestinationPattern(pattern);
  if (!read.ok) throw new Error(read.reason);
  return keysOf({ host, port }).includes(keyOf(read.value));
}

describe('a destination', () => {
  it.each<readonly [string, string, number, boolean]>([
    ['api.openai.com', 'api.openai.com', 443, true],
    ['api.openai.com', 'api.openai.com', 80, false],
    ['api.openai.com', 'api.openai.com', 8443, false],
    ['api.openai.com', 'openai.com', 443, false],
    ['api.openai.com', 'x.api.openai.com', 443, false],
    ['api.openai.com', 'xapi.openai.com', 443, false],
    ['api.openai.com.', 'api.openai.com', 443, true],
    ['api.internal:8443', 'api.internal', 8443, true],
    ['api.internal:8443', 'api.internal', 443, false],
    ['*.github.com', 'api.github.com', 443, true],
    ['*.github.com', 'a.b.github.com', 443, true],
    ['*.github.com', 'github.com', 443, false],
    ['*.github.com', 'evilgithub.com', 443, false],
    ['*.github.com', 'github.com.evil.example', 443, false],
    ['*.github.com', 'api.github.com', 8443, false],
    ['*.github.com:8443', 'api.github.com', 8443, true],
    ['192.0.2.7', '192.0.2.7', 443, true],
    ['192.0.2.7', '92.0.2.7', 443, false],
    ['[2001:DB8:0::7]', '[2001:db8::7]', 443, true],
  ])('P3: %s names %s at port %d: %s', (pattern, host, port, expected) => {
    expect(names(pattern, host, port)).toBe(expected);
  });

  it.each([
    ['*'],
    ['*.com'],
    ['*.'],
    ['*.*.example.com'],
    ['api.*.example.com'],
    ['a*.example.com'],
    ['*.0.2.7'],
    ['*.192.0.2.7'],
    ['*.[2001:db8::7]'],
    ['https://api.example.com'],
    ['api.example.com/path'],
    ['me@api.example.com'],
    ['api.example.com:0'],
    ['api.example.com:65536'],
    ['api.example.com:'],
    ['0x7f.1'],
    ['2130706433'],
    ['017700000001'],
    ['127.1'],
    ['exämple.com'],
    ['a b'],
    [''],
  ])('P3: %j is none', (text) => {
    expect(readDestinationPattern(text).ok).toBe(false);
  });

  it('is found by no name that only ends like it', () => {
    expect(keysOf({ host: '10.0.0.1', port: 443 })).toEqual(['10.0.0.1:443']);
    expect(keysOf({ host: '[::1]', port: 443 })).toEqual(['[::1]:443']);
    expect(keysOf({ host: 'a.b.c', port: 1 })).toEqual(['a.b.c:1', '*.b.c:1', '*.c:1']);
  });
});
