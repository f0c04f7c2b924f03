/** The console as people use it, in a real Chromium, over the quick start: a real PostgreSQL, identity provider and agent. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriousViolations } from '../../support/axe.ts';
import {
  type ConsoleBrowser,
  openConsoleBrowser,
  signIn,
  type Visitor,
} from '../../support/console-browser.ts';
import { findTool, tools } from '../../support/installed-tool.ts';
import { type RunningQuickstart, startQuickstart } from '../../support/quickstart.ts';

const PATIENCE_MS = 300_000;
const chromiumPath = findTool(tools.chromium);
/** Recorded text that would like to be more than text. */
const HOSTILE = `<img src=x onerror="window.pwned=1"><script>window.pwned=2</script>`;

let quickstart: RunningQuickstart;
let browser: ConsoleBrowser;
let environment: Readonly<Record<string, string>>;
let approver: Visitor;
let admin: Visitor;
let url: string;

describe.skipIf(chromiumPath === undefined)('the console', () => {
  beforeAll(async () => {
    // Long enough for people: nothing is approved here but by them.
    quickstart = await startQuickstart('--approve-after', '900');
    await quickstart.shows('waits for somebody');
    environment = await quickstart.environment();
    url = environment['SALLYPORT_CONSOLE'] ?? '';
    browser = await openConsoleBrowser(chromiumPath ?? '', url, environment['SALLYPORT_CA'] ?? '');
    approver = await browser.visit();
    admin = await browser.visit();
  }, PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await quickstart?.stop();
  }, PATIENCE_MS);

  const person = (role: 'APPROVER' | 'ADMIN'): { name: string; password: string } => ({
    name: environment[`CONSOLE_${role}`] ?? '',
    password: environment[`CONSOLE_${role}_PASSWORD`] ?? '',
  });
  const agent = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: environment['AGENT_PG_URL'] ?? '' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };

  it('shows nothing before somebody signs in, and loads in less than 500 kB', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { page, context, trouble } = await browser.visit();
    const network = await context.newCDPSession(page);
    let bytes = 0;
    await network.send('Network.enable');
    network.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    await page.goto(url);
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    expect(await page.locator('nav').count()).toBe(0);
    await signIn(page, url, person('ADMIN'));
    await page.getByRole('heading', { name: 'Latest runs' }).waitFor();
    expect(bytes).toBeLessThan(500_000);
    expect(trouble).toEqual([]);
    await context.close();
  });

  it('lets an approver answer what waits, live, and it runs once', { timeout: PATIENCE_MS }, async () => {
    const { page, trouble } = approver;
    await signIn(page, url, person('APPROVER'));
    await page.getByText('DELETE FROM support_tickets WHERE id = $1').waitFor();
    expect(await page.getByRole('link', { name: 'Audit' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Approve once' }).click();
    await quickstart.shows('was approved from another terminal');
    // The next one appears by itself, and is answered by keyboard; not before the agent was told that it waits.
    await quickstart.shows('"POST /refunds" with');
    await page.getByText('POST /refunds').first().waitFor();
    await page.getByText('340.66').waitFor();
    await page.keyboard.press('a');
    await page.keyboard.type('half of it was lost');
    await page.keyboard.press('Control+Enter');
    await quickstart.shows('Everything is up');
    expect(quickstart.output()).toMatch(/\d+ requests permitted, \d+ refused, as they had to be\./);
    expect(trouble).toEqual([]);
  });

  it('asks again for the identical statement, and tells the agent why it is denied', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { page } = approver;
    const client = await agent();
    const ask = (): Promise<unknown> =>
      client
        .query('DELETE FROM support_tickets WHERE id = $1', ['150'])
        .catch((error: Error) => error.message);
    const waiting = ask();
    await page.getByText('DELETE FROM support_tickets WHERE id = $1').waitFor();
    await page.getByLabel('Comment').fill('the ticket is evidence');
    await page.getByRole('button', { name: 'Deny', exact: true }).click();
    expect(await waiting).toMatch(/the ticket is evidence|APPROVAL_PENDING/);
    expect(await ask()).toContain('the ticket is evidence');
    await client.end();
  });

  it('tells the run of the agent as a story, masked as it was', { timeout: PATIENCE_MS }, async () => {
    const { page, trouble } = admin;
    await signIn(page, url, person('ADMIN'));
    await page
      .getByRole('link', { name: /agent-1/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'What agent-1 did' }).waitFor();
    await page.getByText('DELETE /customers/173').waitFor();
    await page.getByText('Keys of other services').waitFor();
    const story = await page.locator('main').innerText();
    for (const part of [
      '[redacted]',
      'Keys of other services are not for agents',
      'held for people',
      'nothing-is-deleted',
    ]) {
      expect(story).toContain(part);
    }
    expect(story).not.toContain('02261549382');
    expect(trouble).toEqual([]);
  });

  it('shows hostile text as text: in statements, results, names and escapes', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { page, trouble } = admin;
    const client = await agent();
    const escape = '\u001b]0;owned\u0007\u202e';
    await client
      .query({
        text: `SELECT subject AS "${HOSTILE.replaceAll('"', "'")}" FROM support_tickets WHERE subject <> $1 LIMIT 1`,
        values: [`${HOSTILE}${escape}`],
      })
      .catch(() => undefined);
    await client
      .query(`SELECT '${HOSTILE.replaceAll("'", "''")}${escape}' AS x FROM products LIMIT 1`)
      .catch(() => undefined);
    await page.goto(`${url}sessions`);
    await page.getByText('live').first().click();
    await page.getByText('<script>window.pwned=2</script>').first().waitFor();
    await page.getByText(String.raw`\u{1b}`).first().waitFor();
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect(await page.locator('main img').count()).toBe(0);
    expect(trouble).toEqual([]);
    await client.end();
  });

  it('ends a live session when an administrator says so', { timeout: PATIENCE_MS }, async () => {
    const { page } = admin;
    const client = await agent();
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
    let told = '';
    client.once('error', (error) => (told = error.message));
    await client.query('SELECT count(*) FROM products');
    await page.goto(`${url}sessions?state=open`);
    await page.getByText('live').first().click();
    await page.getByRole('button', { name: 'End session' }).click();
    await page
      .getByRole('dialog')
      .getByLabel(/Reason/)
      .fill('enough');
    await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
    await ended;
    expect(told).toContain('an administrator ended this session: enough');
    await page.getByText('Because').waitFor();
    expect(await page.getByRole('button', { name: 'End session' }).count()).toBe(0);
  });

  it('replays a session of SQL: statements, what decided them, and result tables as the agent saw them', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { page, trouble } = admin;
    const client = await agent();
    const { rows } = await client.query<{ full_name: string; email: string; national_id: string }>(
      'SELECT full_name, email, national_id FROM customers WHERE id = $1',
      [173],
    );
    await client.query('DROP TABLE customers').catch(() => undefined);
    await page.goto(`${url}sessions?state=open`);
    await page.getByText('live').first().click();
    await page.getByText('DROP TABLE customers').first().waitFor();
    await client.end();
    // The page of a session that has ended is read from its recording alone.
    await page.getByText('closed', { exact: true }).first().waitFor();
    await page.reload();
    await page.getByText('DROP TABLE customers').first().waitFor();
    const table = page.getByRole('table').first();
    expect(await table.getByRole('columnheader').allInnerTexts()).toEqual([
      'full_name',
      expect.stringMatching(/^email\s+\(masked\)$/u),
      expect.stringMatching(/^national_id\s+\(masked\)$/u),
    ]);
    const [row] = rows;
    expect(await table.getByRole('cell').allInnerTexts()).toEqual([
      row?.full_name,
      row?.email,
      row?.national_id,
    ]);
    const transcript = await page.locator('main').innerText();
    expect(transcript).toContain('SELECT full_name, email, national_id FROM customers WHERE id = $1');
    expect(transcript).not.toContain('02261549382');
    expect(trouble).toEqual([]);
  });

  it('answers questions to the policy, and runs nothing', { timeout: PATIENCE_MS }, async () => {
    const { page } = admin;
    await page.goto(`${url}policy?show=playground`);
    await page.getByLabel('What is asked').fill('DROP TABLE orders');
    await page.getByRole('button', { name: 'Decide, and run nothing' }).click();
    await page.getByRole('status').filter({ hasText: 'Denied' }).waitFor();
    await page.getByLabel('What is asked').fill('SELECT email FROM customers');
    await page.getByRole('button', { name: 'Decide, and run nothing' }).click();
    await page.getByRole('status').filter({ hasText: 'Permitted' }).waitFor();
    await page.getByText('shown in part').first().waitFor();
  });

  it('proves the audit', { timeout: PATIENCE_MS }, async () => {
    const { page } = admin;
    await page.goto(`${url}audit`);
    await page.getByRole('button', { name: 'Verify the whole audit' }).click();
    await page.getByText('proved: nothing was changed, cut or reordered').waitFor();
  });

  it('has no serious violation of WCAG on any page, light and dark', { timeout: PATIENCE_MS }, async () => {
    const found: string[] = [];
    const paths = [
      'access',
      '',
      'inbox?show=all',
      'runs',
      'sessions',
      'sessions?show=exchanges',
      'policy',
      'policy?show=playground',
      'resources',
      'audit',
    ];
    for (const colorScheme of ['light', 'dark'] as const) {
      await admin.page.emulateMedia({ colorScheme });
      for (const path of paths) {
        await admin.page.goto(`${url}${path}`);
        await admin.page.getByRole('heading', { level: 1 }).waitFor();
        await admin.page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
        found.push(...(await seriousViolations(admin.page)).map((one) => `${colorScheme} /${path}: ${one}`));
      }
      await admin.page.goto(`${url}runs`);
      await admin.page
        .getByRole('link', { name: /agent-1/ })
        .first()
        .click();
      await admin.page.getByText('DELETE /customers/173').waitFor();
      found.push(...(await seriousViolations(admin.page)).map((one) => `${colorScheme} run: ${one}`));
    }
    expect(found).toEqual([]);
  });

  it('works at the width of a phone', { timeout: PATIENCE_MS }, async () => {
    const { page, trouble } = await browser.visit({ viewport: { width: 390, height: 844 } });
    await page.goto(url);
    await page.getByRole('link', { name: 'Sign in' }).click();
    const { name, password } = person('APPROVER');
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Main parts' }).waitFor();
    const client = await agent();
    const waiting = client
      .query('DELETE FROM support_tickets WHERE id = $1', ['151'])
      .catch((error: Error) => error.message);
    await page.getByText('DELETE on public.support_tickets').first().click();
    await page.getByRole('button', { name: 'Approve once' }).click();
    await waiting;
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
    expect(trouble).toEqual([]);
    await client.end();
  });

  it('fits the smallest phone on every page, a run with its results among them', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { page, context } = await browser.visit();
    await signIn(page, url, person('ADMIN'));
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of ['', 'inbox', 'access', 'runs', 'sessions', 'policy', 'resources', 'audit']) {
      await page.goto(`${url}${path}`);
      await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
      expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 360]);
    }
    await page.goto(`${url}runs`);
    await page.getByRole('main').getByRole('link').first().click();
    await page.getByText('(masked)').first().waitFor({ state: 'attached' });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await context.close();
  });

  it('says so when the gateway does not answer, whatever the browser thinks of its network', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { page, context } = await browser.visit();
    await signIn(page, url, person('ADMIN'));
    await page.getByRole('heading', { name: 'Latest runs' }).waitFor();
    await context.setOffline(true);
    await page.getByText('Week', { exact: true }).click();
    await page.getByText('the gateway does not answer').first().waitFor();
    // A part of the console that was not loaded yet.
    await page.getByRole('link', { name: 'Policy' }).first().click();
    await page.getByText('This page could not be loaded').waitFor();
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Hash of the files').waitFor();
    await context.close();
  });

  it('P11: a page of another origin can neither act, nor read, nor frame it', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { page, context } = await browser.visit();
    await signIn(page, url, person('ADMIN'));
    const [cookie] = (await context.cookies(url)).filter(({ name }) => name === '__Host-sallyport');
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
    expect(await page.evaluate('document.cookie')).toBe('');
    const evil = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<iframe id="frame" src="${url}"></iframe>`);
    }).listen(0, '127.0.0.1');
    await once(evil, 'listening');
    const { port } = evil.address() as AddressInfo;
    const other = await context.newPage();
    await other.goto(`http://localhost:${port}/`);
    const results = await other.evaluate(async (api) => {
      const tries = [
        fetch(`${api}/v1/whoami`, { credentials: 'include' }),
        fetch(`${api}/v1/whoami`, { credentials: 'include', headers: { 'x-sallyport-console': '1' } }),
        fetch(`${api}/v1/audit/verify`, {
          method: 'POST',
          credentials: 'include',
          mode: 'no-cors',
          body: '{}',
        }),
      ];
      return (await Promise.allSettled(tries)).map((one) =>
        one.status === 'fulfilled' ? one.value.type : 'failed',
      );
    }, `${url}api`);
    expect(results).toEqual(['failed', 'failed', 'failed']);
    const frame = other.frames().find((one) => one !== other.mainFrame());
    expect(
      await frame
        ?.locator('#root')
        .count()
        .catch(() => 0),
    ).toBe(0);
    evil.close();
    // Nor does a page of its own without the header, as a form has none.
    const plain = await page.evaluate(async (api) => (await fetch(`${api}/v1/whoami`)).status, `${url}api`);
    expect(plain).toBe(403);
    await context.close();
  });

  it('signs nobody in by a word that was there before, and nobody stays signed in', {
    timeout: PATIENCE_MS,
  }, async () => {
    const { page, context } = await browser.visit();
    const planted = {
      name: '__Host-sallyport',
      value: 'A'.repeat(43),
      url: new URL('/', url).href,
      secure: true,
      httpOnly: true,
    };
    await context.addCookies([planted]);
    await signIn(page, url, person('ADMIN'));
    const [cookie] = (await context.cookies(url)).filter(({ name }) => name === planted.name);
    expect(cookie?.value).not.toBe(planted.value);
    await page.getByRole('button', { name: /cleo/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await context.addCookies([{ ...planted, value: cookie?.value ?? '' }]);
    await page.goto(url);
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    // An answer of the identity provider that this browser did not ask for.
    await page.goto(`${url}callback?code=stolen&state=guessed`);
    await page.getByText('was not begun in this browser').waitFor();
    await context.close();
  });
});
