import { describe, expect, it } from 'vitest';
import { fingerprintOf, newHostKeyText, readPrivateKey } from './keys.ts';

describe('keys of SSH', () => {
  it('each new host key can be read again', () => {
    const prints = new Set<string>();
    for (let made = 0; made < 1000; made += 1) {
      const key = readPrivateKey(newHostKeyText());
      expect(key?.type).toBe('ssh-ed25519');
      prints.add(fingerprintOf(key?.getPublicSSH() ?? Buffer.alloc(0)));
    }
    expect(prints.size).toBe(1000);
  });

  it('what is no private key is none', () => {
    for (const text of ['', 'not a key', newHostKeyText().slice(0, 200)]) {
      expect(readPrivateKey(text)).toBeUndefined();
    }
  });
});
