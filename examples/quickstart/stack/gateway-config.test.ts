import { expect, it } from 'vitest';
import { parseConfig } from '../../../gateway/src/config/load-config.ts';
import { protocols } from '../../../gateway/src/protocols/index.ts';
import { foldersAt } from './folders.ts';
import { gatewayConfig } from './gateway-config.ts';

it('writes a config that the gateway accepts, wherever the repository is', () => {
  const folders = foldersAt('/srv/it\'s "here": {odd}/.sallyport');
  const ended = Promise.resolve();
  const stop = (): Promise<void> => Promise.resolve();
  const text = gatewayConfig(
    folders,
    {
      shop: {
        server: {
          host: '127.0.0.1',
          port: 5544,
          superuser: { user: 'postgres', password: 'never in the config' },
          pid: 1,
          logFile: '',
          ended,
          stop,
        },
        database: 'shop',
        caFile: `${folders.postgresCertificates}/ca.crt`,
        ca: '',
        accounts: ['app_ro', 'app_rw'].map((name) => ({
          name,
          passwordFile: `${folders.credentials}/${name}`,
        })),
        service: { host: '', port: 0, database: 'shop', user: 'shop_api', password: 'never in the config' },
      },
      service: {
        api: { url: 'http://127.0.0.1:5546', arrivals: [], stop },
        credentialFile: `${folders.credentials}/shop-api`,
      },
      host: {
        machine: {
          host: '127.0.0.1',
          port: 5547,
          hostKey: Buffer.alloc(0),
          loginKey: '',
          arrivals: [],
          stop,
        },
        user: 'deploy',
        home: folders.machine,
        fingerprint: `SHA256:${'A'.repeat(43)}`,
        keyFile: `${folders.credentials}/shop-host`,
      },
    },
    {
      issuer: 'http://127.0.0.1:5545',
      audience: 'urn:sallyport:gateway',
      people: [],
      registerConsole: () => undefined,
      secretOf: () => '',
      token: () => Promise.resolve(''),
      stop,
    },
  );
  expect(text).not.toContain('never in the config');
  const plan = parseConfig(text, { file: 'sallyport.yaml', protocols });
  expect(plan.dataDir).toBe(folders.gatewayData);
  expect(plan.policy.folder).toBe(folders.policy);
  expect(plan.audit.durability).toBe('synced');
  expect(plan.listeners.map(({ protocol, listen }) => [protocol, listen])).toEqual([
    ['postgres', { host: '127.0.0.1', port: 0 }],
    ['http', { host: '127.0.0.1', port: 0 }],
    ['ssh', { host: '127.0.0.1', port: 0 }],
  ]);
  expect(plan.resources[0]).toMatchObject({
    name: 'shop',
    labels: { env: 'demo' },
    mode: 'enforce',
    config: { host: '127.0.0.1', port: 5544, database: 'shop', tls: { mode: 'verify-full' } },
  });
  expect(plan.resources[2]).toMatchObject({
    name: 'shop-host',
    config: { port: 5547, accounts: [{ name: 'deploy', home: folders.machine }] },
  });
  expect(plan.resources[1]).toMatchObject({
    name: 'shop-api',
    labels: { env: 'demo' },
    mode: 'enforce',
    config: {
      url: 'http://127.0.0.1:5546',
      credential: { bearer: { file: `${folders.credentials}/shop-api` } },
      graphql: ['/graphql'],
    },
  });
});
