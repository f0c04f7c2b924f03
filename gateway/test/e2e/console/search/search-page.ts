/** The search of the console as a person uses it: types, presses Enter, reads. Times are taken in the page itself. */
import type { Locator, Page } from 'playwright-core';
import { type ConsoleSearch, type ExpectedRow, SEARCH_FIELDS } from './console-searches.ts';

/** What came of a search. */
export interface SearchedPage {
  /** From the key to the first frame that shows what was found, or that nothing was. */
  readonly ms: number;
  /** Rows that are drawn, from the first on. */
  readonly rows: readonly ExpectedRow[];
}

/** Waits, in the page, from Enter until the old results have gone and new ones were painted. */
const WATCH = `void (window.searched = new Promise((resolve) => {
  let pressedMs;
  let isAway = false;
  const isShown = () =>
    document.querySelector('[aria-label="Found exchanges"] [role="listitem"]') !== null ||
    document.querySelector('main').innerText.includes('Nothing was found');
  addEventListener('keydown', ({ key, timeStamp }) => { if (key === 'Enter') pressedMs ??= timeStamp; }, { capture: true });
  const observer = new MutationObserver(() => {
    if (pressedMs === undefined) return;
    if (!isShown()) isAway = true;
    else if (isAway) {
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - pressedMs)));
    }
  });
  observer.observe(document.querySelector('main'), { childList: true, subtree: true });
}))`;

/** Searches once. @param url base of the console, with a slash at its end */
export async function searchOnPage(
  page: Page,
  url: string,
  { fields, effect }: ConsoleSearch,
): Promise<SearchedPage> {
  const form = page.getByRole('search');
  await page.goto(`${url}sessions?show=exchanges${effect === undefined ? '' : `&effect=${effect}`}`);
  await foundOrNot(page).first().waitFor();
  for (const label of SEARCH_FIELDS) {
    const value = fields[label];
    if (value !== undefined) await form.getByRole('textbox', { name: label, exact: true }).fill(value);
  }
  await page.evaluate(WATCH);
  await form.getByRole('textbox', { name: SEARCH_FIELDS[0], exact: true }).press('Enter');
  const ms = Number(await page.evaluate('window.searched'));
  return { ms, rows: await drawnRows(page) };
}

/** Whether exactly so many were found, by going to the end of the list. @param count not more than some hundreds */
export async function hasExactly(page: Page, count: number): Promise<boolean> {
  if (count === 0) return (await page.getByText('Nothing was found').count()) === 1;
  const list = foundList(page);
  const last = list.locator(`[data-index="${count - 1}"]`);
  while ((await last.count()) === 0) await list.press('End');
  return (await list.locator(`[data-index="${count}"]`).count()) === 0;
}

/** Goes on until so many were found at least: the list asks for more as its end comes near. */
export async function readUntil(page: Page, count: number): Promise<void> {
  const list = foundList(page);
  const drawn = list.getByRole('listitem').last();
  while (Number(await drawn.getAttribute('data-index')) < count - 1) await list.press('End');
}

const foundList = (page: Page): Locator => page.getByRole('region', { name: 'Found exchanges' });

function foundOrNot(page: Page): Locator {
  return foundList(page).getByRole('listitem').or(page.getByText('Nothing was found'));
}

/** Verdict, text, rules, agent, how long, when. */
const CELLS = 6;

/** The cells of each row, as they are read. */
async function drawnRows(page: Page): Promise<readonly ExpectedRow[]> {
  const cells = await foundList(page).locator('[role="listitem"] > a > span').allInnerTexts();
  return Array.from({ length: cells.length / CELLS }, (_, row) => {
    const [verdict = '', text = '', rule = '', agent = ''] = cells.slice(row * CELLS);
    return { verdict: verdict.trim(), text, rule, agent };
  });
}
