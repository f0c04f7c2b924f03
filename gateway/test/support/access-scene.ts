/** A gateway where people ask for access and rules are observed: what the quick start has no story of. */
import pg from 'pg';
import type { Page } from 'playwright-core';
import { CONSOLE_API, openConsolePeople } from './console-people.ts';
import { startTestGateway } from './gateway.ts';
import { LOGIN_CLIENT } from './login-desk.ts';

const ACCESS = 'access: { by: [dba], within: 8h, upTo: 4h, breakGlass: { by: [oncall], reviewWithin: 1d } }';
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: agents-connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: read-orders, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT], tables: [public.orders] } }
  - id: repair-orders
    description: Wrong totals are mended by hand, while somebody knows.
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [UPDATE], tables: [public.orders] }
    ${ACCESS}
  - id: no-exports
    mode: observe
    description: Is anybody reading the whole table?
    effect: deny
    on: sql
    match: { kinds: [SELECT], tables: [public.orders] }
`;

/** Pictures of the access page and of observed rules. @param take writes the picture of a page, by its name */
export async function takeAccess(
  chromium: string,
  take: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  await using gateway = await startTestGateway({
    policy: POLICY,
    setUp: 'CREATE TABLE orders (id int PRIMARY KEY, total int); GRANT ALL ON orders TO app',
    api: CONSOLE_API,
    recording: {},
  });
  await using people = await openConsolePeople(chromium, gateway);
  const client = new pg.Client({ connectionString: await gateway.url({ claims: { sub: 'report-bot' } }) });
  await client.connect();
  for (let n = 0; n < 12; n += 1) await client.query('SELECT id, total FROM orders');
  await client.end();
  const ask = async (sub: string, groups: readonly string[], why: string): Promise<void> => {
    const { page, context } = await people.signIn({ sub, groups, client_id: LOGIN_CLIENT });
    await page.goto(`${people.url}access`);
    await page.getByRole('button', { name: 'Ask for access' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('What for').fill(why);
    if (groups.includes('oncall')) await form.getByLabel('It is an emergency').check();
    else await take(page, 'access-ask');
    await form.getByRole('button', { name: 'Ask', exact: true }).click();
    await form.waitFor({ state: 'detached' });
    await context.close();
  };
  await ask('olga', ['agents', 'oncall'], 'the shop is down: orders without a total block the queue');
  await ask('rhea', ['agents'], 'ticket 4711: duplicate orders of customer 173');
  const { page } = await people.signIn({ sub: 'dora', groups: ['dba', 'viewers'] });
  await page.goto(`${people.url}access?show=all`);
  await page.getByRole('button', { name: 'Grant' }).waitFor();
  await take(page, 'access');
  await page.goto(`${people.url}policy`);
  await page.getByRole('row').filter({ hasText: 'no-exports' }).waitFor();
  await take(page, 'policy-observed');
}
