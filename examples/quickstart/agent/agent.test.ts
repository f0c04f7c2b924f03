import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningPostgres, startPostgres } from '../postgres/server.ts';
import { createShop, type ShopDatabase } from '../shop/database.ts';

let server: RunningPostgres;
let shop: ShopDatabase;
beforeAll(async () => {
  server = await startPostgres();
  shop = await createShop(server);
});
afterAll(() => server.stop());

async function runAgent(url: string | undefined): Promise<{ code: number | null; output: string }> {
  const script = fileURLToPath(new URL('../agent.ts', import.meta.url));
  const { AGENT_PG_URL: _, ...inherited } = process.env;
  const env = { ...inherited, ...(url === undefined ? {} : { AGENT_PG_URL: url }) };
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

it('says what is missing when it has no URL', async () => {
  const { code, output } = await runAgent(undefined);
  expect(output).toContain('AGENT_PG_URL is not set');
  expect(code).toBe(2);
});
