import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRequests } from '../wire/testing/read-messages.ts';
import { type Route, routeOf } from './route.ts';

function route(target: string, host = 'gateway', hosts: Readonly<Record<string, string>> = {}): Route {
  const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const head = readRequests([bytes]).messages[0]?.head;
  if (head === undefined) throw new Error('no head');
  return routeOf(head, hosts);
}

describe('routes', () => {
  it.each([
    ['/shop/a/b?c=1', 'shop', '/a/b?c=1'],
    ['/shop', 'shop', '/'],
    ['/shop/', 'shop', '/'],
    ['/shop?x=/y', 'shop', '/?x=/y'],
    ['/shop/../other/a', 'shop', '/../other/a'],
    ['/shop//a', 'shop', '//a'],
    ['http://gateway/shop/a', 'shop', '/a'],
  ])('%s', (target, resource, rest) => {
    expect(route(target)).toEqual({ resource, prefix: `/${resource}`, target: rest });
  });

  it('a host name leads to its resource, and the path is the service’s own', () => {
    const hosts = { 'shop.internal': 'shop' };
    expect(route('/a', 'Shop.Internal:443', hosts)).toEqual({ resource: 'shop', prefix: '', target: '/a' });
    expect(route('/a/b', 'other', hosts).resource).toBe('a');
    expect(route('/a/b', 'constructor', hosts).resource).toBe('a');
  });

  it.each(['/', '/%73hop/a', '/sh%6fp', '/-/a', '/shop;x/a'])('P3: %s names no resource', (target) => {
    expect(() => route(target)).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_UNKNOWN_RESOURCE', status: 404 }),
    );
  });

  it('P2: prefix and rest are the target, whatever it is', () => {
    const part = fc
      .stringMatching(/^[a-z0-9._%2fe/?=&-]{0,20}$/)
      .filter((text) => !/%(?![0-9a-f]{2})/.test(text));
    fc.assert(
      fc.property(part, (rest) => {
        const target = `/shop/${rest}`;
        expect(route(target)).toEqual({ resource: 'shop', prefix: '/shop', target: `/${rest}` });
      }),
    );
  });
});
