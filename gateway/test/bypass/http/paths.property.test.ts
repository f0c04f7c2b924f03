/** Paths that nobody listed: pieces that services decode, fold, cut and resolve, in any order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPath } from '../../../src/protocols/http/facts/path.ts';
import { readingsOf } from './service-eyes.ts';

const PIECES = [
  ...[
    '/',
    '//',
    '.',
    '..',
    '\\',
    ';',
    ';x=1',
    'a',
    'public',
    'admin',
    'ADMIN',
    'dmin',
    '%',
    '?',
    '#',
    ':',
    '@',
  ],
  ...[
    '%2f',
    '%2F',
    '%5c',
    '%2e',
    '%2E',
    '%3b',
    '%3f',
    '%23',
    '%00',
    '%20',
    '%09',
    '%0d',
    '%25',
    '%61',
    '%41',
  ],
  ...[
    '%252e',
    '%252f',
    '%c0%ae',
    '%c0%af',
    '%e0%80%ae',
    '%ef%bc%8e',
    '%ef%bc%8f',
    '%e2%80%a5',
    '%e2%80%8b',
    '%u002e',
  ],
  ...['%ef%bd%81', '%c2%a0', '%ad', '%c2%ad', '%e2%88%95', '%7f', '%ff'],
];

describe('paths that nobody listed', () => {
  it('P2: what is permitted as public is not taken for /admin, whatever a service does to it', () => {
    const path = fc
      .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 9 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(path, (rest) => {
        const read = readPath(`/public/${rest}`, { encodedSlash: 'refuse' });
        if (!read.ok || !read.value.text.startsWith('/public/')) return;
        for (const reading of readingsOf(read.value.encoded)) expect(reading).not.toMatch(/^\/?admin/);
      }),
      { numRuns: 20_000 },
    );
  });
});
