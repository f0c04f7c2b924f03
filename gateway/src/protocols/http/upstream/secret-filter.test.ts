import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretFilter, secretFilter, secretForms } from './secret-filter.ts';

const SECRET = 'k3y/with+some=signs&more';

function filter(
  pieces: readonly (string | Buffer)[],
  secret = SECRET,
): { readonly text: string; readonly found: number } {
  const one = new SecretFilter(secretForms(secret));
  const out = pieces.map((piece) => one.push(Buffer.from(piece as string, 'latin1')));
  return { text: Buffer.concat([...out, one.end()]).toString('latin1'), found: one.found };
}
const stars = (length: number): string => '*'.repeat(length);

describe('P6: a secret in a body', () => {
  it.each<readonly [string, (secret: string) => string]>([
    ['as it is', (secret) => secret],
    ['in a URL', encodeURIComponent],
    [
      'in a URL in lower case',
      (secret) => encodeURIComponent(secret).replace(/%../g, (hex) => hex.toLowerCase()),
    ],
    ['in JSON', (secret) => JSON.stringify(secret).slice(1, -1)],
    ['in JSON of PHP', (secret) => secret.replaceAll('/', '\\/')],
    ['in JSON of Go', (secret) => secret.replaceAll('&', '\\u0026')],
    [
      'in JSON of Gson',
      (secret) => secret.replaceAll('&', '\\u0026').replaceAll('=', '\\u003d').replaceAll('+', '\\u002b'),
    ],
    ['in HTML', (secret) => secret.replaceAll('&', '&amp;')],
  ])('is hidden %s, and nothing moves', (_what, write) => {
    const written = write(SECRET);
    expect(filter([`{"next":"/a?key=${written}&p=2"}`]).text).toBe(
      `{"next":"/a?key=${stars(written.length)}&p=2"}`,
    );
  });

  it('is hidden twice, side by side, and beside what looks like it', () => {
    const { text, found } = filter([`${SECRET}${SECRET} k3y/with+some=signs&mor k3y/`]);
    expect(text).toBe(`${stars(2 * SECRET.length)} k3y/with+some=signs&mor k3y/`);
    expect(found).toBe(2);
  });

  it('is hidden in whatever pieces it comes, and everything else is as it was', () => {
    const secrets = fc.constantFrom(SECRET, 'aaaaaaaa', 'abababab', 'aabaabaa');
    const texts = fc.array(fc.constantFrom('a', 'b', 'ab', 'k3y/', 'k', '\xff', 'SECRET'), { maxLength: 30 });
    fc.assert(
      fc.property(
        secrets,
        texts,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (secret, parts, sizes) => {
          const text = parts.map((part) => (part === 'SECRET' ? secret : part)).join('');
          const pieces: string[] = [];
          for (let at = 0, turn = 0; at < text.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            pieces.push(text.slice(at, at + size));
            at += size;
          }
          const { text: out } = filter(pieces, secret);
          expect(out).toHaveLength(text.length);
          expect(out).not.toContain(secret);
          // What became of a byte is the byte, or a star in place of a secret.
          if (!text.includes(secret)) expect(out).toBe(text);
          else for (let at = 0; at < text.length; at += 1) expect([text[at], '*']).toContain(out[at]);
        },
      ),
    );
  });

  it('is looked for in texts, and in what does not say what it is', () => {
    const injected = { place: 'header', name: 'authorization', value: SECRET, secret: SECRET } as const;
    const kinds = [
      undefined,
      'application/json',
      'text/html; charset=utf-8',
      'image/svg+xml',
      'application/vnd.api+json',
    ];
    for (const kind of kinds) expect(secretFilter(injected, kind)).toBeInstanceOf(SecretFilter);
    for (const kind of ['image/png', 'application/octet-stream', 'Application/ZIP']) {
      expect(secretFilter(injected, kind)).toBeUndefined();
    }
    expect(secretFilter(undefined, 'application/json')).toBeUndefined();
  });

  it('is not looked for where it is so short that it is found in everything', () => {
    expect(secretForms('secret')).toEqual([]);
    expect(filter(['my secret'], 'secret')).toEqual({ text: 'my secret', found: 0 });
  });

  it('does not hold up what cannot be the beginning of it', () => {
    const one = new SecretFilter(secretForms(SECRET));
    expect(one.push(Buffer.from('data: 1\n\n')).toString()).toBe('data: 1\n\n');
    expect(one.push(Buffer.from('data: k3y')).toString()).toBe('data: ');
    expect(one.push(Buffer.from('s\n\n')).toString()).toBe('k3ys\n\n');
  });

  it('does not change the piece, which others may read', () => {
    const piece = Buffer.from(`-${SECRET}-`);
    new SecretFilter(secretForms(SECRET)).push(piece);
    expect(piece.toString()).toBe(`-${SECRET}-`);
  });
});
