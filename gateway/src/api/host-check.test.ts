import { describe, expect, it } from 'vitest';
import { checkOrigin, toHostNames } from './host-check.ts';

const names = toHostNames(['Gateway.Example', '10.0.0.5', '0.0.0.0', '::']);

function check(host: string | undefined, origin?: string, localAddress = '192.0.2.1'): () => void {
  return () => checkOrigin({ host, origin, localAddress }, names);
}

describe('the check of Host', () => {
  it.each([
    'localhost',
    'LOCALHOST:8443',
    'gateway.example',
    'GATEWAY.example:443',
    '10.0.0.5:8443',
    '192.0.2.1',
    '192.0.2.1:1',
  ])('lets %s in', (host) => {
    expect(check(host)).not.toThrow();
  });

  it('lets the address of the connection in, in either family', () => {
    expect(check('[::1]:8443', undefined, '::1')).not.toThrow();
    expect(check('[2001:db8::1]', undefined, '2001:db8::1')).not.toThrow();
    expect(check('[::1]')).toThrow('not a name of the gateway');
  });

  it.each([
    undefined,
    '',
    'attacker.example',
    'localhost.attacker.example',
    'localhost.',
    'gateway.example.',
    'gateway.example@attacker.example',
    'gateway.example, attacker.example',
    'localhost:8443:1',
    'localhost:',
    'localhost/x',
    ' localhost',
    '192.0.2.2',
    '0.0.0.0',
    '[::]',
    '[localhost]',
    '2130706433',
    '0x7f.1',
    'xn--localhost-',
  ])('refuses %s', (host) => {
    expect(check(host)).toThrow(expect.objectContaining({ code: 'ERR_API_HOST', status: 421 }));
  });
});

describe('the check of Origin', () => {
  it('lets in what is no browser, and pages of the API itself', () => {
    expect(check('localhost:8443')).not.toThrow();
    expect(check('localhost:8443', 'https://localhost:8443')).not.toThrow();
    expect(check('Localhost:8443', 'https://LOCALHOST:8443')).not.toThrow();
  });

  it.each([
    'null',
    '',
    'https://attacker.example',
    'http://localhost:8443',
    'https://localhost',
    'https://localhost:9443',
    'https://localhost:8443/',
    'https://localhost:8443.attacker.example',
    'https://gateway.example:8443',
  ])('refuses a page of %s', (origin) => {
    expect(check('localhost:8443', origin)).toThrow(
      expect.objectContaining({ code: 'ERR_API_ORIGIN', status: 403 }),
    );
  });
});
