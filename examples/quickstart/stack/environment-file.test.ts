import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningIdentityProvider, startIdentityProvider } from '../identity/provider.ts';
import { createEnvironment, postgresUrl, writeEnvironment } from './environment-file.ts';
import type { GatewayReady } from './gateway-process.ts';

const ready: GatewayReady = {
  event: 'ready',
  listeners: [{ protocol: 'postgres', host: '127.0.0.1', port: 5433 }],
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

it('hands out a URL that verifies the gateway, whatever the path of the CA looks like', () => {
  const url = new URL(postgresUrl(ready, 'a.b-c_d'));
  expect(url).toMatchObject({
    username: 'app_rw',
    password: 'a.b-c_d',
    host: 'localhost:5433',
    pathname: '/shop',
  });
  expect(Object.fromEntries(url.searchParams)).toEqual({ sslmode: 'verify-full', sslrootcert: ready.ca });
});

it('says so when the gateway does not speak PostgreSQL', () => {
  expect(() => postgresUrl({ ...ready, listeners: [] }, 't')).toThrow('no listener for PostgreSQL');
});

it('writes one line for each key, readable for the owner only, over whatever was there', async () => {
  const file = path.join(folder, 'quickstart.env');
  await writeFile(file, 'OLD=1\n', { mode: 0o644 });
  const environment = await createEnvironment(ready, identity);
  await writeEnvironment(file, environment);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const parsed = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  expect(parsed).toEqual(environment);
  expect(Object.keys(parsed)).toEqual([
    'SALLYPORT_API',
    'SALLYPORT_CA',
    'AGENT_TOKEN',
    'APPROVER_TOKEN',
    'ADMIN_TOKEN',
    'AGENT_PG_URL',
  ]);
});
