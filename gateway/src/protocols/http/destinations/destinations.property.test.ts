import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { httpResourceSchema } from '../config.ts';
import { readAuthority } from '../facts/authority.ts';
import { Destinations } from './destinations.ts';

const label = fc.constantFrom('a', 'b', 'api', 'example', 'test', 'com', 'evil', 'x-1', 'x_1');
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const port = fc.constantFrom(443, 80, 8443);
const pattern = fc.record({
  host: fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.')),
  port,
  isWildcard: fc.boolean(),
});
type Pattern = typeof pattern extends fc.Arbitrary<infer Value> ? Value : never;

const textOf = ({ host, port: at, isWildcard }: Pattern): string => `${isWildcard ? '*.' : ''}${host}:${at}`;

/** What a pattern means, said in another way. */
function isMeant(one: Pattern, host: string, at: number): boolean {
  if (one.port !== at) return false;
  return one.isWildcard ? host.endsWith(`.${one.host}`) : host === one.host;
}

function destinationsOf(lists: readonly (readonly Pattern[])[]): Destinations {
  return new Destinations(
    lists.map((list, index) => ({
      resource: { name: `r${index}`, protocol: 'http', labels: {}, mode: 'enforce' },
      config: httpResourceSchema.parse({ destinations: list.map(textOf), credential: { none: true } }),
    })),
  );
}

describe('places that clients name', () => {
  it('P3: are found exactly where a pattern means them, and go to the narrowest one', () => {
    const lists = fc.array(fc.array(pattern, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(lists, name, port, (resources, host, at) => {
        const found = destinationsOf(resources).find({ host, port: at });
        const meant = resources.flatMap((list, index) =>
          list.filter((one) => isMeant(one, host, at)).map((one) => ({ one, index })),
        );
        const width = ({ one }: { readonly one: Pattern }): number =>
          one.isWildcard ? 1000 - one.host.length : 0;
        const narrowest = Math.min(...meant.map(width));
        const owners = new Set(meant.filter((entry) => width(entry) === narrowest).map(({ index }) => index));
        if (owners.size === 0) expect(found.kind).toBe('unknown');
        else if (owners.size > 1) expect(found.kind).toBe('ambiguous');
        else {
          if (found.kind !== 'found') throw new Error(found.kind);
          expect(found.destination.configured.resource.name).toBe(`r${[...owners].join('')}`);
          expect(found.destination.authority).toEqual({ host, port: at });
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('P3: are dialled by the name that was permitted, and by no other', () => {
    const start = fc.oneof(name, fc.string({ maxLength: 60, unit: 'grapheme' }));
    const noise = fc.oneof(
      fc.constantFrom('', '.', ':443', ':8443', '@evil', '/x', '#', '?', '%2e', '\\', ' ', '..', '.:443'),
      fc.string({ maxLength: 20 }),
    );
    const wide = destinationsOf([[{ host: 'example.test', port: 443, isWildcard: true }]]);
    fc.assert(
      fc.property(start, noise, (before, behind) => {
        const authority = readAuthority(`${before}.example.test${behind}`, 'https');
        if (!authority.ok) return;
        const found = wide.find(authority.value);
        if (found.kind !== 'found') return;
        const url = new URL(found.destination.configured.config.url);
        expect(url.hostname).toBe(authority.value.host);
        expect(url.hostname.endsWith('.example.test')).toBe(true);
        expect([url.protocol, url.port, url.username, url.pathname, url.search]).toEqual([
          'https:',
          '',
          '',
          '/',
          '',
        ]);
      }),
      { numRuns: 2000 },
    );
  });
});
