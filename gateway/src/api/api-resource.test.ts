import { describe, expect, it } from 'vitest';
import { type ResourceView, toApiResource } from './api-resource.ts';

const VIEW: ResourceView = {
  resource: { name: 'shop', protocol: 'postgres', labels: {}, mode: 'enforce' },
  targets: () => [],
  families: [],
  form: { makeVerifier: async () => '', login: () => ({ user: '', url: '' }) },
  listener: { address: '192.0.2.1', port: 6432 },
  names: ['gateway.example'],
};

describe('where a client is sent by a session credential', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', 'gateway.example'],
    ['::', 'gateway.example'],
    ['127.0.0.1', 'localhost'],
    ['::1', 'localhost'],
    ['2001:db8::1', '2001:db8::1'],
  ])('a listener on %s is called %s', (address, host) => {
    expect(toApiResource({ ...VIEW, listener: { address, port: 6432 } }).login).toMatchObject({
      host,
      port: 6432,
    });
  });

  it('is nowhere without a listener, or where the protocol takes none', () => {
    expect(toApiResource({ ...VIEW, listener: undefined }).login).toBeUndefined();
    expect(toApiResource({ ...VIEW, form: undefined }).login).toBeUndefined();
  });

  it('is localhost where the gateway listens everywhere and has no name', () => {
    const view = { ...VIEW, names: [], listener: { address: '::', port: 1 } };
    expect(toApiResource(view).login).toMatchObject({ host: 'localhost' });
  });
});
