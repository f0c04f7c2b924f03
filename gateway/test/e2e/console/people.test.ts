/** People at the console who let agents do things, or do not: real statements of a real client wait, in a real Chromium. */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { seriousViolations } from '../../support/axe.ts';
import type { Visitor } from '../../support/console-browser.ts';
import {
  CONSOLE_API,
  type ConsolePeople,
  ensureConsoleBuilt,
  openConsolePeople,
} from '../../support/console-people.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { findTool, tools } from '../../support/installed-tool.ts';
import type { TokenClaims } from '../../support/issuer.ts';
import { LOGIN_CLIENT } from '../../support/login-desk.ts';

const chromium = findTool(tools.chromium);
const ASKED = 'by: [dba], wait: 60s';
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT], tables: [public.planned] } }
  - { id: planned, effect: allow, on: sql, match: { groups: [agents], kinds: [UPDATE], tables: [public.planned] }, approval: { ${ASKED}, within: 15m } }
  - { id: counted, effect: allow, on: sql, match: { groups: [agents], kinds: [DELETE, SELECT], tables: [public.counted] }, approval: { ${ASKED}, within: 15m, preview: exact } }
  - { id: pair, effect: allow, on: sql, match: { groups: [agents], kinds: [DELETE], tables: [public.pair] }, approval: { ${ASKED}, within: 15m, count: 2 } }
  - { id: strict, mode: observe, effect: deny, on: sql, match: { kinds: [SELECT], tables: [public.planned] } }
  - { id: idle, effect: deny, on: sql, match: { tables: [public.nowhere] } }
  - { id: repair, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT, EXECUTE FUNCTION], tables: [public.closed], functions: [pg_catalog.pg_sleep] }, access: { by: [dba], within: 15m, upTo: 4h, breakGlass: { by: [oncall], reviewWithin: 1d } } }
`;
const SETUP = `
  CREATE TABLE planned (id int PRIMARY KEY, label text);
  CREATE TABLE counted (id int PRIMARY KEY);
  CREATE TABLE pair (id int PRIMARY KEY);
  CREATE TABLE closed (id int PRIMARY KEY);
  INSERT INTO planned SELECT i, 'x' FROM generate_series(1, 1000) i;
  INSERT INTO counted SELECT i FROM generate_series(1, 100) i;
  INSERT INTO pair VALUES (1);
  INSERT INTO closed VALUES (1);
  ANALYZE;
  GRANT ALL ON ALL TABLES IN SCHEMA public TO app`;

let gateway: TestGateway;
let people: ConsolePeople;
let dora: Visitor;
const clients: pg.Client[] = [];

describe.skipIf(chromium === undefined)('people at the console', () => {
  beforeAll(async () => {
    await ensureConsoleBuilt();
    gateway = await startTestGateway({ policy: POLICY, setUp: SETUP, api: CONSOLE_API, recording: {} });
    people = await openConsolePeople(chromium ?? '', gateway);
    dora = await people.signIn({ sub: 'dora', groups: ['dba', 'viewers'] });
  }, 120_000);
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end().catch(() => undefined);
  });
  afterAll(async () => {
    await people?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
  });

  const connect = async (claims: TokenClaims): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: await gateway.url({ claims }) });
    client.on('error', () => undefined);
    clients.push(client);
    await client.connect();
    return client;
  };
  /** Asks, and resolves to `done` or to why not. */
  const asking = (client: pg.Client, text: string, values: readonly unknown[] = []): Promise<string> =>
    client.query(text, [...values]).then(
      () => 'done',
      (error: Error) => error.message,
    );
  const countOf = async (table: string): Promise<unknown> =>
    (await gateway.postgres.query(`SELECT count(*)::int AS n FROM ${table}`))[0]?.['n'];
  /** The request in the inbox that holds this text, looked at. */
  const open = async (visitor: Visitor, text: string): Promise<Locator> => {
    await visitor.page.goto(`${people.url}inbox`);
    await visitor.page.getByRole('list', { name: 'Requests' }).getByText(text).first().click();
    const main = visitor.page.locator('main');
    await main.getByRole('button', { name: 'Approve once' }).waitFor();
    return main;
  };

  it('see what a write would change before it runs: by the planner, or counted exactly', async () => {
    const client = await connect({ sub: 'bot-1' });
    await client.query('SELECT id FROM planned LIMIT 3');
    const planned = asking(client, 'UPDATE planned SET label = $1 WHERE id <= $2', ['y', 1000]);
    const card = await open(dora, 'UPDATE on public.planned');
    await card.getByText('by the estimate of the planner').waitFor();
    const text = await card.innerText();
    expect(text).toMatch(/about (9\d\d|1,\d{3}) rows/);
    for (const part of ['public.planned.label', 'by a condition', 'bot-1', 'SELECT id FROM planned LIMIT 3'])
      expect(text).toContain(part);
    // The statement is coloured: its parameter is one word.
    expect(await card.locator('pre span').getByText('$1', { exact: true }).count()).toBe(1);
    expect(await countOf("planned WHERE label = 'y'")).toBe(0);
    await card.getByRole('button', { name: 'Approve once' }).click();
    expect(await planned).toBe('done');
    const counted = asking(client, 'DELETE FROM counted');
    const other = await open(dora, 'DELETE on public.counted');
    await other.getByText('counted by running it and rolling it back').waitFor();
    expect(await other.innerText()).toMatch(/100 rows[\s\S]*not at all/);
    expect(await countOf('counted')).toBe(100);
    expect(await seriousViolations(dora.page)).toEqual([]);
    await other.getByLabel('Comment').fill('not all of them');
    await other.getByRole('button', { name: 'Deny', exact: true }).click();
    expect(await counted).toContain('not all of them');
    expect(await countOf('counted')).toBe(100);
  });

  it('agree together, at once: two are needed, and neither counts twice', async () => {
    const client = await connect({ sub: 'bot-4' });
    const dana = await people.signIn({ sub: 'dana', groups: ['dba'] });
    const waiting = asking(client, 'DELETE FROM pair');
    const [one, other] = await Promise.all([open(dora, 'on public.pair'), open(dana, 'on public.pair')]);
    await one.getByText('0 of 2').waitFor();
    await one.getByRole('button', { name: 'Approve once' }).click();
    await one.getByText('You agreed; others have to as well.').waitFor();
    expect(await one.getByRole('button', { name: 'Approve once' }).count()).toBe(0);
    expect(await countOf('pair')).toBe(1);
    await other.getByText('1 of 2').waitFor();
    await other.getByRole('button', { name: 'Approve once' }).click();
    expect(await waiting).toBe('done');
    expect(await countOf('pair')).toBe(0);
    expect(dana.trouble).toEqual([]);
    await dana.context.close();
  });

  it('see what an observed rule would have denied, which rules decided, and which never did', async () => {
    const client = await connect({ sub: 'bot-5' });
    for (let n = 0; n < 3; n += 1) await client.query('SELECT label FROM planned WHERE id = 1');
    const { page } = dora;
    await page.goto(`${people.url}policy`);
    const row = page.getByRole('row').filter({ hasText: 'strict' });
    await row.waitFor();
    // The index follows the recording by up to a second.
    while (!/^strict\s+[3-9]\s+0/.test(await row.innerText())) {
      await page.waitForTimeout(300);
      await page.reload();
      await row.waitFor();
    }
    expect(await page.getByRole('article', { name: 'idle' }).innerText()).toContain('not in 30 days');
    expect(await page.getByRole('article', { name: 'strict' }).innerText()).toMatch(
      /would have denied \d times/,
    );
    expect(await page.getByRole('article', { name: 'reads' }).innerText()).toMatch(/\d times, last/);
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByText('Never hit', { exact: true }).click();
    expect(await page.getByRole('article', { name: 'idle' }).count()).toBe(1);
    expect(await page.getByRole('article', { name: 'reads' }).count()).toBe(0);
    await row.getByRole('link').click();
    await page.getByText('SELECT label FROM planned WHERE id = 1').first().waitFor();
    expect(dora.trouble).toEqual([]);
  });

  it('ask for access, get it from others, and lose it at once', async () => {
    const claims = { sub: 'rhea', groups: ['agents'], client_id: LOGIN_CLIENT };
    const rhea = await people.signIn(claims);
    await rhea.page.goto(`${people.url}access`);
    await rhea.page.getByRole('button', { name: 'Ask for access' }).click();
    const form = rhea.page.getByRole('dialog');
    await form.getByLabel('What for').fill('ticket 4711: <b>wrong</b> totals');
    await form.getByRole('button', { name: 'Ask', exact: true }).click();
    await rhea.page.getByText('You asked for this yourself, so others have to agree.').waitFor();
    const session = await connect(claims);
    expect(await asking(session, 'SELECT id FROM closed')).toContain('Request access');
    await dora.page.goto(`${people.url}access`);
    const main = dora.page.locator('main');
    await main.getByText('“ticket 4711: <b>wrong</b> totals”').waitFor();
    expect(await seriousViolations(dora.page)).toEqual([]);
    await rhea.page.locator('main').getByText('live', { exact: true }).waitFor();
    await main.getByRole('button', { name: 'Grant' }).click();
    // Told, not asked: who waits sees it at once.
    await rhea.page.getByText('Nobody waits for access').waitFor();
    await dora.page.getByText('Granted', { exact: true }).click();
    await main.getByText('granted', { exact: true }).waitFor();
    expect(await asking(session, 'SELECT id FROM closed')).toBe('done');
    const busy = asking(session, 'SELECT pg_sleep(60), id FROM closed');
    await main.getByRole('button', { name: 'End access now' }).click();
    expect(await busy).toMatch(/access window .* is over/);
    await main.getByText('Nothing is open for a time').waitFor();
    const again = await connect(claims);
    expect(await asking(again, 'SELECT id FROM closed')).toContain('Request access');
    expect([...rhea.trouble, ...dora.trouble]).toEqual([]);
    await rhea.context.close();
  });

  it('open in an emergency, and somebody else has to look at it afterwards', async () => {
    const claims = { sub: 'olga', groups: ['agents', 'oncall'], client_id: LOGIN_CLIENT };
    const olga = await people.signIn(claims);
    await olga.page.goto(`${people.url}access`);
    await olga.page.getByRole('button', { name: 'Ask for access' }).click();
    const form = olga.page.getByRole('dialog');
    await form.getByLabel('What for').fill('the shop is down');
    await form.getByLabel('It is an emergency').check();
    await form.getByRole('button', { name: 'Ask', exact: true }).click();
    await form.waitFor({ state: 'detached' });
    const session = await connect(claims);
    expect(await asking(session, 'SELECT id FROM closed')).toBe('done');
    await olga.page.getByText('Granted', { exact: true }).click();
    await olga.page.getByText('emergency', { exact: true }).waitFor();
    expect(await olga.page.getByRole('button', { name: 'Close the review' }).count()).toBe(0);
    await dora.page.goto(`${people.url}access?show=all`);
    const main = dora.page.locator('main');
    await main
      .getByLabel(/Somebody has to look at this emergency/)
      .fill('the index was rebuilt, nothing else');
    await main.getByRole('button', { name: 'Close the review' }).click();
    await main.getByText('the index was rebuilt, nothing else').waitFor();
    expect(await main.getByRole('button', { name: 'Close the review' }).count()).toBe(0);
    expect(gateway.records().filter(({ type }) => type === 'access.reviewed')).toHaveLength(1);
    await olga.context.close();
  });

  it('see sessions in the list as they open and end', async () => {
    const { page } = dora;
    const told = page.waitForResponse((response) => response.url().endsWith('/v1/sessions/events'));
    await page.goto(`${people.url}sessions`);
    await told;
    const row = page.locator('main').getByRole('link').filter({ hasText: 'bot-listed' });
    const client = await connect({ sub: 'bot-listed' });
    await row.getByText('live').waitFor();
    await client.end();
    await row.getByText('closed').waitFor();
  });

  it('save the records of a time as OCSF, where they are auditors', async () => {
    const client = await connect({ sub: 'bot-9' });
    await client.query('SELECT id FROM planned LIMIT 1');
    const { page, context } = await people.signIn({ sub: 'audrey', groups: ['auditors'] });
    await page.goto(`${people.url}audit`);
    await page.getByLabel('From').fill('2020-01-01T00:00');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download', exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^audit-2020-01-01-\d{4}-\d\d-\d\d-ocsf\.jsonl$/);
    const lines = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\n');
    const classes = new Set(
      lines.map((line) => (JSON.parse(line) as { readonly class_uid: number }).class_uid),
    );
    // The start, sign-ins, statements and looks at the API.
    for (const one of [6002, 3002, 6005, 6003]) expect(classes).toContain(one);
    await page.getByText('Saved as audit-2020-01-01').waitFor();
    await page.getByLabel('To').fill('2019-01-01T00:00');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    await page.getByText('Nothing was saved: `until` has to be after `since`').waitFor();
    await context.close();
  });
});
