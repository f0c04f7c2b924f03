import { describe, expect, it } from 'vitest';
import { apiSchema } from '../config/api-schema.ts';
import { consoleAddress } from './console-address.ts';

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
