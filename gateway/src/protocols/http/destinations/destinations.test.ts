import { describe, expect, it } from 'vitest';
import type { ConfiguredResource } from '../../protocol.ts';
import { type HttpConfig, httpResourceSchema } from '../config.ts';
import { Destinations, type Found } from './destinations.ts';

const configured = (name: string, keys: object): ConfiguredResource<HttpConfig> => ({
  resource: { name, protocol: 'http', labels: {}, mode: 'enforce' },
  config: httpResourceSchema.parse({ credential: { none: true }, ...keys }),
});

const nameOf = (found: Found): string =>
  found.kind === 'found' ? found.destination.configured.resource.name : found.kind;

describe('the places of all resources', () => {
  const destinations = new Destinations([
    configured('crm', { url: 'https://crm.internal/api' }),
    configured('old', { url: 'http://127.0.0.1:8080' }),
    configured('six', { url: 'https://[2001:db8::7]:8443' }),
    configured('github', { destinations: ['*.github.com', 'github.com'] }),
    configured('gists', { destinations: ['*.gist.github.com', 'uploads.github.com'] }),
    configured('blind', { destinations: ['*.bank.example'], inspect: false }),
    configured('one', { destinations: ['shared.example', '*.shared.example'] }),
    configured('two', { destinations: ['shared.example', '*.shared.example', 'mine.shared.example'] }),
  ]);

  it.each<readonly [string, number, string]>([
    ['crm.internal', 443, 'crm'],
    ['crm.internal', 80, 'unknown'],
    ['127.0.0.1', 8080, 'old'],
    ['[2001:db8::7]', 8443, 'six'],
    ['github.com', 443, 'github'],
    ['api.github.com', 443, 'github'],
    ['a.gist.github.com', 443, 'gists'],
    ['gist.github.com', 443, 'github'],
    ['uploads.github.com', 443, 'gists'],
    ['x.bank.example', 443, 'blind'],
    ['shared.example', 443, 'ambiguous'],
    ['a.shared.example', 443, 'ambiguous'],
    ['mine.shared.example', 443, 'two'],
    ['example.org', 443, 'unknown'],
    ['169.254.169.254', 80, 'unknown'],
    ['localhost', 443, 'unknown'],
  ])('P3: %s at port %d belong to the one that names them most narrowly: %s', (host, port, expected) => {
    expect(nameOf(destinations.find({ host, port }))).toBe(expected);
  });

  it('P3: are not reached by another scheme than theirs', () => {
    expect(nameOf(destinations.find({ host: 'crm.internal', port: 443 }, 'http'))).toBe('unknown');
    expect(nameOf(destinations.find({ host: 'crm.internal', port: 443 }, 'https'))).toBe('crm');
    expect(nameOf(destinations.find({ host: '127.0.0.1', port: 8080 }, 'https'))).toBe('unknown');
    expect(nameOf(destinations.find({ host: '127.0.0.1', port: 8080 }, 'http'))).toBe('old');
  });

  it('are the service at that place, the same each time', () => {
    const found = destinations.find({ host: 'api.github.com', port: 443 });
    expect(found).toMatchObject({
      destination: {
        scheme: 'https',
        isInspected: true,
        configured: { config: { url: 'https://api.github.com', allowAddresses: [] } },
      },
    });
    expect(destinations.find({ host: 'api.github.com', port: 443 })).toEqual(found);
    const again = destinations.find({ host: 'api.github.com', port: 443 });
    if (found.kind !== 'found' || again.kind !== 'found') throw new Error('not found');
    expect(again.destination).toBe(found.destination);
    expect(destinations.find({ host: 'crm.internal', port: 443 })).toMatchObject({
      destination: { configured: { config: { url: 'https://crm.internal/api' } }, isInspected: true },
    });
    expect(destinations.find({ host: 'x.bank.example', port: 443 })).toMatchObject({
      destination: { isInspected: false },
    });
  });

  it('P10: are kept in bounds, however many names clients make up', () => {
    const first = destinations.find({ host: 'first.github.com', port: 443 });
    for (let index = 0; index < 1000; index += 1)
      destinations.find({ host: `h${index}.github.com`, port: 443 });
    const later = destinations.find({ host: 'first.github.com', port: 443 });
    if (first.kind !== 'found' || later.kind !== 'found') throw new Error('not found');
    expect(later.destination).not.toBe(first.destination);
  });

  it('are told of where two resources claim the same', () => {
    expect(destinations.ambiguities).toEqual([
      'shared.example:443 (one, two)',
      '*.shared.example:443 (one, two)',
    ]);
  });
});
