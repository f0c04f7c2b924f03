import { describe, expect, it } from 'vitest';
import { serviceUrl } from './service-url.ts';

describe('the URL of a service', () => {
  it.each([
    ['http://a', { isTls: false, hostname: 'a', port: 80, host: 'a', origin: 'http://a', basePath: '' }],
    ['https://a.b:443/', { isTls: true, port: 443, host: 'a.b', origin: 'https://a.b', basePath: '' }],
    ['https://a:8443/v1/', { port: 8443, host: 'a:8443', origin: 'https://a:8443', basePath: '/v1' }],
    ['http://[::1]:81/x/y', { hostname: '::1', port: 81, host: '[::1]:81', basePath: '/x/y' }],
  ])('%s is taken apart', (url, expected) => {
    expect(serviceUrl({ url })).toMatchObject(expected);
  });

  it('is taken apart once for each resource', () => {
    const resource = { url: 'https://a/' };
    expect(serviceUrl(resource)).toBe(serviceUrl(resource));
  });
});
