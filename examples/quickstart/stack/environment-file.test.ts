import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningIdentityProvider, startIdentityProvider } from '../identity/provider.ts';
import { mintAgentUrl } from './agent-credential.ts';
import { createEnvironment, writeEnvironment } from './environment-file.ts';
import type { GatewayReady } from './gateway-process.ts';

const ready: GatewayReady = {
  event: 'ready',
  listeners: [
    { protocol: 'postgres', host: '127.0.0.1', port: 5433 },
    { protocol: 'http', host: '127.0.0.1', port: 8080 },
  ],
  api: 'https://127.0.0.1:8443',
  ca: '/some where/a&b/ca.crt',
};
let folder: string;
let identity: RunningIdentityProvider;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sallyport-env-'));
  identity = await startIdentityProvider();
});
afterAll(async () => {
  await identity.stop();
  await rm(folder, { recursive: true, force: true });
});

it('says so when the gateway has no API to mint a credential by', async () => {
  const { api: _, ...without } = ready;
  await expect(mintAgentUrl(without, 't', 60)).rejects.toThrow('it has no HTTP API');
});

it('writes one line for each key, readable for the owner only, over whatever was there', async () => {
  const file = path.join(folder, 'quickstart.env');
  await writeFile(file, 'OLD=1\n', { mode: 0o644 });
  const environment = await createEnvironment(
    ready,
    identity,
    { knownHosts: '/some where/known_hosts' },
    {
      database: async (_, token) => `postgresql://${token.length}`,
      machine: async () => new URL('ssh://deploy%2Bshop-host%2Bcred_1:s%2Fcret@localhost:2222'),
    },
  );
  await writeEnvironment(file, environment);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const parsed = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  expect(parsed).toEqual(environment);
  expect(Object.keys(parsed)).toEqual([
    'SALLYPORT_API',
    'SALLYPORT_CONSOLE',
    'SALLYPORT_CA',
    'AGENT_TOKEN',
    'APPROVER_TOKEN',
    'ADMIN_TOKEN',
    'AGENT_PG_URL',
    'AGENT_HTTP_URL',
    'CONSOLE_APPROVER',
    'CONSOLE_APPROVER_PASSWORD',
    'CONSOLE_ADMIN',
    'CONSOLE_ADMIN_PASSWORD',
    'AGENT_SSH_HOST',
    'AGENT_SSH_PORT',
    'AGENT_SSH_USER',
    'AGENT_SSH_PASSWORD',
    'AGENT_SSH_KNOWN_HOSTS',
  ]);
  expect(parsed['SALLYPORT_CONSOLE']).toBe('https://127.0.0.1:8443/console/');
  expect(parsed).toMatchObject({ AGENT_SSH_USER: 'deploy+shop-host+cred_1', AGENT_SSH_PASSWORD: 's/cret' });
  expect(parsed['AGENT_HTTP_URL']).toBe('https://localhost:8080/shop-api');
});
