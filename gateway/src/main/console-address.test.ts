import { describe, expect, it } from 'vitest';
import { apiSchema } from '../config/api-schema.ts';
import { clientsOfPeople, consoleAddress } from './console-address.ts';

describe('where people have the console', () => {
  it.each([
    [
      { listen: '127.0.0.1:8443', names: ['gateway.example.com'] },
      'https://gateway.example.com:8443/console',
    ],
    [{ listen: '0.0.0.0:443', names: ['gateway.example.com'] }, 'https://gateway.example.com/console'],
    [{ listen: '0.0.0.0:8443' }, 'https://localhost:8443/console'],
    [{ listen: '127.0.0.1:8443' }, 'https://localhost:8443/console'],
    [{ listen: '192.0.2.7:8443' }, 'https://192.0.2.7:8443/console'],
    [{ listen: '[2001:db8::7]:8443' }, 'https://[2001:db8::7]:8443/console'],
    [{ listen: '127.0.0.1:0', names: ['gateway.example.com'] }, undefined],
  ])('%o: %s', (api, address) => {
    expect(consoleAddress(apiSchema.parse({ ...api, console: {} }))).toBe(address);
    expect(consoleAddress(apiSchema.parse(api))).toBeUndefined();
  });

  it('is nowhere without an API', () => {
    expect(consoleAddress(undefined)).toBeUndefined();
  });
});

describe('clients of people', () => {
  it('are those of the config, and the one that was named for the console', () => {
    const api = { listen: '127.0.0.1:0' };
    const named = apiSchema.parse({ ...api, console: { login: { clientId: 'pages' } } });
    expect(clientsOfPeople(named, ['inbox'])).toEqual(['inbox', 'pages']);
    // Agents may use the client of the issuer.
    expect(clientsOfPeople(apiSchema.parse({ ...api, console: {} }), ['inbox'])).toEqual(['inbox']);
    expect(clientsOfPeople(undefined, [])).toEqual([]);
  });
});
