import { describe, expect, it } from 'vitest';
import { httpResourceSchema } from '../config.ts';
import { Destinations } from '../destinations/destinations.ts';
import type { RequestHead } from '../wire/head/request-head.ts';
import { readRequests } from '../wire/testing/read-messages.ts';
import { isForProxy, placeOf, routeTo } from './proxy-route.ts';

const destinations = new Destinations([
  {
    resource: { name: 'crm', protocol: 'http', labels: {}, mode: 'enforce' },
    config: httpResourceSchema.parse({ url: 'https://crm.internal/api', credential: { none: true } }),
  },
]);

function head(line: string, host: string): RequestHead {
  const bytes = Buffer.from([`${line} HTTP/1.1`, `Host: ${host}`, '', ''].join('\r\n'));
  const found = readRequests([bytes]).messages[0]?.head;
  if (found === undefined) throw new Error('no head');
  return found;
}

function crm(): Parameters<typeof routeTo>[0] {
  const found = destinations.find({ host: 'crm.internal', port: 443 });
  if (found.kind !== 'found') throw new Error('not found');
  return found.destination;
}

describe('the place of a request', () => {
  it.each<readonly [string, string, object]>([
    ['CONNECT A.example:443', 'a.example:443', { host: 'a.example', port: 443 }],
    ['CONNECT a.example.:8443', 'a.example.:8443', { host: 'a.example', port: 8443 }],
    ['CONNECT [0:0::1]:443', '[0:0::1]:443', { host: '[::1]', port: 443 }],
    ['GET http://a.example/b', 'a.example', { host: 'a.example', port: 80 }],
    ['GET https://a.example/b', 'a.example', { host: 'a.example', port: 443 }],
    ['GET http://a.example:8080/b', 'a.example:8080', { host: 'a.example', port: 8080 }],
  ])('of %s is in its one form', (line, host, expected) => {
    expect(placeOf(head(line, host))).toEqual({ ok: true, value: expected });
  });

  it.each([
    ['CONNECT 2130706433:443', '2130706433:443'],
    ['CONNECT 0x7f.1:443', '0x7f.1:443'],
    ['GET http://127.1/b', '127.1'],
  ])('P3: of %s is none', (line, host) => {
    expect(placeOf(head(line, host)).ok).toBe(false);
  });

  it('is there only where a request names one', () => {
    expect(isForProxy(head('GET /a', 'a.example'))).toBe(false);
    expect(isForProxy(head('OPTIONS *', 'a.example'))).toBe(false);
    expect(isForProxy(head('GET http://a.example/', 'a.example'))).toBe(true);
  });
});

describe('the way of a request to its place', () => {
  it.each<readonly [string, string, string]>([
    ['GET /api/v1/a?b=c', 'crm.internal', '/v1/a?b=c'],
    ['GET /api', 'crm.internal', '/'],
    ['GET /api?b=c', 'CRM.internal:443', '/?b=c'],
    ['GET https://crm.internal/api/v1', 'crm.internal', '/v1'],
    ['OPTIONS *', 'crm.internal', '*'],
  ])('%s is what the service’s rules know', (line, host, target) => {
    const route = routeTo(crm(), head(line, host));
    expect(route).toMatchObject({ resource: 'crm', prefix: '/api', target });
    expect(route).not.toHaveProperty('misdirection');
  });

  it.each<readonly [string, string]>([
    ['GET /apix', 'crm.internal'],
    ['GET /', 'crm.internal'],
    ['GET /API/a', 'crm.internal'],
    ['GET /api/a', 'crm.internal:80'],
    ['GET /api/a', 'evil.example'],
    ['GET http://crm.internal:443/api/a', 'crm.internal:443'],
  ])('P3: %s to %s has none', (line, host) => {
    expect(routeTo(crm(), head(line, host)).misdirection).toBeTypeOf('string');
  });

  it('P3: has none where the tunnel says so, whatever else it says', () => {
    expect(routeTo(crm(), head('GET /api/a', 'crm.internal'), 'a reason').misdirection).toBe('a reason');
  });
});
