import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readKnownHosts } from './known-hosts.ts';

const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAA';
const keysOf = (text: string, host = 'web-1.internal', port = 22): readonly string[] => [
  ...readKnownHosts(text, host, port).trusted,
];

describe('known_hosts', () => {
  it('vouches for the host and port that a line names', () => {
    expect(keysOf(`web-1.internal ssh-ed25519 ${KEY}`)).toEqual([KEY]);
    expect(keysOf(`a,WEB-1.internal,b ssh-ed25519 ${KEY} comment\r\n`)).toEqual([KEY]);
    expect(keysOf(`web-1.internal ssh-ed25519 ${KEY}`, 'web-1.internal', 2222)).toEqual([]);
    expect(keysOf(`[web-1.internal]:2222 ssh-ed25519 ${KEY}`, 'web-1.internal', 2222)).toEqual([KEY]);
    expect(keysOf(`web-1.internal.evil ssh-ed25519 ${KEY}`)).toEqual([]);
    expect(keysOf(`evil-web-1.internal ssh-ed25519 ${KEY}`)).toEqual([]);
  });

  it('knows patterns, and names that are left out', () => {
    expect(keysOf(`web-?.* ssh-ed25519 ${KEY}`)).toEqual([KEY]);
    expect(keysOf(`web-?? ssh-ed25519 ${KEY}`)).toEqual([]);
    expect(keysOf(`*,!web-1.internal ssh-ed25519 ${KEY}`)).toEqual([]);
    expect(keysOf(`!web-2.internal ssh-ed25519 ${KEY}`)).toEqual([]);
  });

  it('knows hashed names', () => {
    const salt = Buffer.alloc(20, 7);
    const hash = createHmac('sha1', salt).update('web-1.internal').digest('base64');
    const line = `|1|${salt.toString('base64')}|${hash} ssh-ed25519 ${KEY}`;
    expect(keysOf(line)).toEqual([KEY]);
    expect(keysOf(line, 'web-2.internal')).toEqual([]);
  });

  it('revokes, whatever else is said, and takes no authority for a key', () => {
    const revoked = readKnownHosts(`@revoked * ssh-ed25519 ${KEY}\n* ssh-ed25519 ${KEY}`, 'x', 22);
    expect(revoked.revoked.has(KEY)).toBe(true);
    expect(keysOf(`@cert-authority * ssh-ed25519 ${KEY}`)).toEqual([]);
    expect([...readKnownHosts(`@cert-authority *.x ssh-ed25519 ${KEY}`, 'a.x', 22).authorities]).toEqual([
      KEY,
    ]);
    expect(readKnownHosts(`@cert-authority *.x ssh-ed25519 ${KEY}`, 'a.y', 22).authorities.size).toBe(0);
    expect(keysOf(`@unknown * ssh-ed25519 ${KEY}`)).toEqual([]);
  });

  it('P10: vouches for nothing where it cannot be read, in time that is bounded', () => {
    for (const text of [
      '',
      '#',
      `# web-1.internal ssh-ed25519 ${KEY}`,
      'web-1.internal',
      '|1|x|y z w',
      '\0',
    ]) {
      expect(keysOf(text)).toEqual([]);
    }
    const stars = `${'*a'.repeat(2_000)} ssh-ed25519 ${KEY}`;
    expect(keysOf(stars, 'a'.repeat(253))).toEqual([]);
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, host) => readKnownHosts(text, host, 22) !== undefined),
    );
  });
});
