/** `npm run screenshots`: pictures of the console for the documentation, of a quick start that has just been at work. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { takeAccess } from '../gateway/test/support/access-scene.ts';
import { openConsoleBrowser, signIn } from '../gateway/test/support/console-browser.ts';
import { findTool, tools } from '../gateway/test/support/installed-tool.ts';
import { startQuickstart } from '../gateway/test/support/quickstart.ts';
import { repositoryRoot } from './check/source-files.ts';

const folder = path.join(repositoryRoot, 'docs', 'console');
const PHONE = { width: 390, height: 780 };

const chromium = findTool(tools.chromium);
if (chromium === undefined) throw new Error('chromium is not installed: apt-get install chromium');
mkdirSync(folder, { recursive: true });
const quickstart = await startQuickstart('--approve-after', '900');
await quickstart.shows('waits for somebody');
const environment = await quickstart.environment();
const url = environment['SALLYPORT_CONSOLE'] ?? '';
const browser = await openConsoleBrowser(chromium, url, environment['SALLYPORT_CA'] ?? '');
const person = (role: string): { name: string; password: string } => ({
  name: environment[`CONSOLE_${role}`] ?? '',
  password: environment[`CONSOLE_${role}_PASSWORD`] ?? '',
});

/** Waits until nothing is on its way any more. */
async function settled(page: Page): Promise<void> {
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
  await page.waitForTimeout(600);
}

async function take(page: Page, name: string): Promise<void> {
  await settled(page);
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
  console.log(`docs/console/${name}.png`);
}

try {
  const approver = await browser.visit();
  await signIn(approver.page, url, person('APPROVER'));
  await approver.page.getByText('DELETE FROM support_tickets').waitFor();
  const admin = await browser.visit();
  await signIn(admin.page, url, person('ADMIN'));
  await take(approver.page, 'inbox');
  const phone = await browser.visit({ viewport: PHONE, colorScheme: 'dark' });
  await phone.page.goto(url);
  await phone.page.getByRole('link', { name: 'Sign in' }).click();
  await phone.page.getByLabel('Name').fill(person('APPROVER').name);
  await phone.page.getByLabel('Password').fill(person('APPROVER').password);
  await phone.page.getByRole('button', { name: 'Sign in' }).click();
  await phone.page.getByText('DELETE on public.support_tickets').first().click();
  await phone.page.getByRole('button', { name: 'Approve once' }).waitFor();
  await take(phone.page, 'phone');
  await approver.page.getByRole('button', { name: 'Approve once' }).click();
  await quickstart.shows('"POST /refunds" with');
  await approver.page.getByText('340.66').waitFor();
  await approver.page.getByRole('button', { name: 'Approve once' }).click();
  await quickstart.shows('Everything is up');
  const { page } = admin;
  await page.goto(url);
  await page.getByText('Denials by rule').waitFor();
  await take(page, 'home');
  await page
    .getByRole('link', { name: /agent-1/ })
    .first()
    .click();
  await page.getByText('DELETE /customers/173').waitFor();
  await take(page, 'run');
  await page.getByText('Keys of other services').scrollIntoViewIfNeeded();
  await take(page, 'run-denials');
  for (const name of ['runs', 'sessions', 'policy', 'resources']) {
    await page.goto(`${url}${name}`);
    await take(page, name);
  }
  await page.getByRole('link', { name: 'Sessions' }).first().click();
  await page.getByText('shop-api').first().click();
  await page.getByText('GET /customers/173').first().waitFor();
  await take(page, 'session');
  await page.getByRole('link', { name: 'Sessions' }).first().click();
  await page.getByText('shop-host').first().click();
  await page.locator('.ap-term-text').getByText('$', { exact: false }).first().waitFor();
  await page.getByText('Pauses are cut').scrollIntoViewIfNeeded();
  await take(page, 'terminal');
  await page.goto(`${url}policy?show=playground`);
  await page.getByLabel('What is asked').fill("SELECT full_name, email FROM customers WHERE city = 'Berlin'");
  await page.getByRole('button', { name: 'Decide, and run nothing' }).click();
  await page.getByText('Rule by rule').waitFor();
  await take(page, 'playground');
  await page.goto(`${url}audit`);
  await page.getByRole('button', { name: 'Verify the whole audit' }).click();
  await page.getByText('proved: nothing was changed').waitFor();
  await take(page, 'audit');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${url}runs`);
  await page
    .getByRole('link', { name: /agent-1/ })
    .first()
    .click();
  await page.getByText('DELETE /customers/173').waitFor();
  await take(page, 'run-dark');
  await page.setViewportSize(PHONE);
  await take(page, 'run-phone');
  await takeAccess(chromium, take);
} finally {
  await browser.close();
  await quickstart.stop();
}
