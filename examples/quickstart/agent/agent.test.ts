import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi } from '../api/server.ts';
import { type RunningPostgres, startPostgres } from '../postgres/server.ts';
import { createShop, type ShopDatabase } from '../shop/database.ts';
import { HTTP_SCRIPT } from './http-script.ts';
import { HttpTool } from './http-tool.ts';
import { runAgent as runPlan } from './loop.ts';
import { createTranscript } from './transcript.ts';

let server: RunningPostgres;
let shop: ShopDatabase;
beforeAll(async () => {
  server = await startPostgres();
  shop = await createShop(server);
});
afterAll(() => server.stop());

const SERVICE = {
  AGENT_HTTP_URL: 'http://127.0.0.1:1/shop-api',
  AGENT_TOKEN: 'none',
  AGENT_SSH_HOST: '127.0.0.1',
  AGENT_SSH_PORT: '1',
  AGENT_SSH_USER: 'nobody',
  AGENT_SSH_PASSWORD: 'none',
};

async function runAgent(url: string | undefined): Promise<{ code: number | null; output: string }> {
  const script = fileURLToPath(new URL('../agent.ts', import.meta.url));
  const {
    AGENT_PG_URL: _,
    AGENT_HTTP_URL: __,
    AGENT_TOKEN: ___,
    SALLYPORT_CA: ____,
    ...inherited
  } = process.env;
  const env = { ...inherited, ...SERVICE, ...(url === undefined ? {} : { AGENT_PG_URL: url }) };
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code: code as number | null, output: out + errors };
}

it('fails where no gateway stands before the database: then it reads everything', async () => {
  const account = shop.accounts.find(({ name }) => name === 'app_rw');
  const url = `postgresql://app_rw:${account?.password}@127.0.0.1:${server.port}/shop`;
  const { code, output } = await runAgent(url);
  expect(output).toContain('was permitted, but these are readable: email, phone, national_id, card_number');
  expect(code).toBe(1);
});

it('does not take the refusals of PostgreSQL itself for those of the gateway', async () => {
  const account = shop.accounts.find(({ name }) => name === 'app_ro');
  const url = `postgresql://app_ro:${account?.password}@127.0.0.1:${server.port}/shop`;
  const { code } = await runAgent(url);
  expect(code).toBe(1);
});

it('fails where no gateway stands before the service either', async () => {
  const { name: user, password } = shop.service;
  const { host, port } = server;
  const api = await startApi({
    database: { host, port, database: shop.database, user, password },
    credential: 'of the service',
  });
  const tool = new HttpTool({ url: api.url, token: 'of the service' });
  const { surprises } = await runPlan(
    {
      database: () => Promise.reject(new Error('not asked')),
      service: (request, body) => tool.ask(request, body),
      machine: () => Promise.reject(new Error('not asked')),
    },
    { transcript: createTranscript(new PassThrough()), onPending: () => undefined, plan: HTTP_SCRIPT },
  );
  tool.close();
  await api.stop();
  expect(surprises).toEqual([
    '`GET /customers/173` was permitted, but these are readable: email, phone, date_of_birth, national_id, card_number, iban',
  ]);
});

it('says what is missing when it has no URL', async () => {
  const { code, output } = await runAgent(undefined);
  expect(output).toMatch(/AGENT_PG_URL.* is not set/u);
  expect(code).toBe(2);
});
