/** Debian's psql as the agent, people in a real Chromium: what waits, is approved once, denied, too late, and ended. */
import type { Locator, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { Visitor } from '../../support/console-browser.ts';
import {
  CONSOLE_API,
  type ConsolePeople,
  ensureConsoleBuilt,
  openConsolePeople,
} from '../../support/console-people.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { findTool, tools } from '../../support/installed-tool.ts';
import type { ProcessResult } from '../../support/processes.ts';
import { runPsql } from '../../support/psql.ts';

const chromium = findTool(tools.chromium);
const WITHIN_S = 60;
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT, EXECUTE FUNCTION], tables: [public.notes], functions: [pg_catalog.pg_sleep] } }
  - id: counts
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [UPDATE, SELECT], tables: [public.counters] }
    approval: { by: [dba], wait: ${WITHIN_S}s, within: ${WITHIN_S}s }
`;
const SETUP = `
  CREATE TABLE counters (id int PRIMARY KEY, n int);
  CREATE TABLE notes (id int PRIMARY KEY);
  INSERT INTO counters VALUES (1, 0);
  INSERT INTO notes VALUES (7);
  GRANT ALL ON ALL TABLES IN SCHEMA public TO app`;
/** What it returns tells how often it ran. */
const COUNT = 'UPDATE counters SET n = n + 1 WHERE id = 1 RETURNING n';
const PSQL_MS = 100_000;

let gateway: TestGateway;
let people: ConsolePeople;
let dora: Visitor;
let aheadMs = 0;

describe.skipIf(chromium === undefined)('people at the console, and psql', () => {
  beforeAll(async () => {
    await ensureConsoleBuilt();
    gateway = await startTestGateway({
      policy: POLICY,
      setUp: SETUP,
      api: CONSOLE_API,
      recording: {},
      now: () => Date.now() + aheadMs,
    });
    people = await openConsolePeople(chromium ?? '', gateway);
    dora = await people.signIn({ sub: 'dora', groups: ['dba', 'admins'] });
  }, 120_000);
  afterAll(async () => {
    await people?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
  });

  const psql = async (context: TestContext, sub: string, script: string): Promise<ProcessResult> =>
    runPsql(context, { url: await gateway.url({ claims: { sub } }), script, timeoutMs: PSQL_MS });
  const ran = async (): Promise<unknown> =>
    (await gateway.postgres.query('SELECT n FROM counters WHERE id = 1'))[0]?.['n'];
  /** Ids of what this agent asked for, once there are so many. */
  const asked = async (sub: string, count: number): Promise<readonly string[]> => {
    const requests = (): readonly string[] =>
      gateway
        .records()
        .filter(
          ({ type, requester }) =>
            type === 'approval.requested' && JSON.stringify(requester).includes(`"${sub}"`),
        )
        .map(({ approval }) => String(approval));
    await gateway.recordsUntil(() => requests().length >= count);
    return requests();
  };
  /** What became of a request, by the audit. */
  const eventsOf = (id: string): readonly unknown[] =>
    gateway
      .records()
      .filter(({ approval }) => approval === id)
      .map(({ type }) => type);
  /** Its card, as soon as it is the one that is shown. The list is that of the inbox, and is not loaded anew. */
  const card = async (id: string): Promise<Locator> => {
    const item = dora.page.locator(`a[href*="look=${id}"]`);
    await item.click();
    await dora.page.locator(`a[href*="look=${id}"][aria-current]`).waitFor();
    const main = dora.page.locator('main');
    await main.getByRole('button', { name: 'Approve once' }).waitFor();
    return main;
  };

  /** What the gateway answers to the page itself. */
  const askApi = (path: string): Promise<unknown> =>
    dora.page.evaluate(
      async (url) =>
        (await fetch(url, { headers: { 'x-sallyport-console': '1' } })).json() as Promise<unknown>,
      `/console/api${path}`,
    );
  const openInbox = async (): Promise<void> => {
    await dora.page.goto(`${people.url}inbox`);
    await dora.page.getByText('Nothing waits for you').waitFor();
  };

  it('P12: approve what psql waits with: it runs once, the identical one waits again, and is denied', async (context) => {
    await openInbox();
    const agent = psql(context, 'psql-1', `${COUNT};\n${COUNT};\n`);
    const [first = ''] = await asked('psql-1', 1);
    const main = await card(first);
    expect(await main.locator('pre').first().innerText()).toBe(`${COUNT};`);
    expect(await main.innerText()).toContain('psql-1');
    expect(await ran()).toBe(0);
    await main.getByRole('button', { name: 'Approve once' }).click();
    const [, second = ''] = await asked('psql-1', 2);
    await card(second);
    // The first is over by then, and was one execution.
    expect(await ran()).toBe(1);
    expect(eventsOf(first).filter((type) => type === 'approval.consumed')).toHaveLength(1);
    expect(eventsOf(second)).not.toContain('approval.granted');
    await main.getByLabel('Comment').fill('once was enough');
    await main.getByRole('button', { name: 'Deny', exact: true }).click();
    const { code, stdout, stderr } = await agent;
    expect(stdout).toBe('1\n');
    expect(stderr).toMatch(/^ERROR: {2}POLICY_DENIED.*once was enough/);
    expect(code).toBe(0);
    expect(await ran()).toBe(1);
    expect(dora.trouble).toEqual([]);
  });

  it('P12: deny: psql is told why, goes on, and nothing ran', async (context) => {
    const before = await ran();
    await openInbox();
    const agent = psql(context, 'psql-2', `${COUNT};\nSELECT id FROM notes;\n`);
    const [id = ''] = await asked('psql-2', 1);
    const main = await card(id);
    await main.getByLabel('Comment').fill('not before the freeze is over');
    await main.getByRole('button', { name: 'Deny', exact: true }).click();
    const { stdout, stderr } = await agent;
    expect(stderr).toContain('not before the freeze is over');
    expect(stdout, stderr).toBe('7\n');
    expect(await ran()).toBe(before);
    expect(eventsOf(id)).not.toContain('approval.granted');
  });

  it('see what came while the list was read for the first time', async (context) => {
    await openInbox();
    const json = await askApi('/v1/approvals?status=open&limit=50');
    const held = Promise.withResolvers<void>();
    // The answer is from before the statement, and comes after it.
    const late = (route: Route): Promise<void> => held.promise.then(() => route.fulfill({ json }));
    await dora.page.route('**/v1/approvals?status=open*', late, { times: 1 });
    await dora.page.goto(`${people.url}inbox`);
    await dora.page.getByText('live', { exact: true }).waitFor();
    const agent = psql(context, 'psql-5', `${COUNT};\n`);
    const [id = ''] = await asked('psql-5', 1);
    // One more round trip: the event has come by then.
    await askApi('/v1/whoami');
    held.resolve();
    const main = await card(id);
    await main.getByRole('button', { name: 'Deny', exact: true }).click();
    expect((await agent).stderr).toMatch(/^ERROR: {2}POLICY_DENIED/);
  });

  it('P12: answer too late: the time ends while the click is on its way, psql is told, and nothing ran', async (context) => {
    const before = await ran();
    await openInbox();
    const agent = psql(context, 'psql-3', `${COUNT};\n`);
    const [id = ''] = await asked('psql-3', 1);
    const main = await card(id);
    const held = Promise.withResolvers<void>();
    await dora.page.route('**/approve', async (route) => {
      await held.promise;
      await route.continue();
    });
    await main
      .getByText(/\d s left/)
      .first()
      .waitFor();
    await main.getByRole('button', { name: 'Approve once' }).click();
    aheadMs += (WITHIN_S + 1) * 1000;
    const { stdout, stderr } = await agent;
    expect(stderr).toContain('nobody answered in time');
    expect(stdout).toBe('');
    const refused = dora.page.waitForResponse('**/approve');
    held.resolve();
    expect((await refused).status()).toBe(409);
    await dora.page.unroute('**/approve');
    await dora.page.goto(`${people.url}inbox?show=all&look=${id}`);
    await dora.page.locator(`a[href*="look=${id}"][aria-current]`).waitFor();
    await main.getByText('expired', { exact: true }).first().waitFor();
    expect(await main.getByRole('button', { name: /Approve/ }).count()).toBe(0);
    expect(await ran()).toBe(before);
    expect(eventsOf(id)).not.toContain('approval.granted');
    expect(eventsOf(id)).toContain('approval.expired');
  });

  it('end the live session of a psql in the middle of a statement', async (context) => {
    const agent = psql(context, 'psql-4', `SELECT pg_sleep(600), id FROM notes;\nSELECT id FROM notes;\n`);
    await gateway.recordsUntil((all) => all.some((one) => JSON.stringify(one).includes('pg_sleep(600)')));
    const live = dora.page.getByText('live', { exact: true });
    // The list follows the audit by a moment, and is not looked at again for seconds.
    do {
      await dora.page.goto(`${people.url}sessions?state=open&principal=psql-4`);
      await live.or(dora.page.getByText('No session fits')).first().waitFor();
    } while ((await live.count()) === 0);
    await live.first().click();
    await dora.page.getByText('SELECT pg_sleep(600), id FROM notes').first().waitFor();
    await dora.page.getByRole('button', { name: 'End session' }).click();
    const dialog = dora.page.getByRole('dialog');
    await dialog.getByLabel(/Reason/).fill('enough');
    await dialog.getByRole('button', { name: 'End session' }).click();
    const { code, stdout, stderr } = await agent;
    expect(stderr).toContain('an administrator ended this session: enough');
    expect(stdout).toBe('');
    expect(code).toBe(2);
    await dora.page.getByText('Because').waitFor();
    expect(await dora.page.getByRole('button', { name: 'End session' }).count()).toBe(0);
    expect(dora.trouble).toEqual([]);
  });
});
