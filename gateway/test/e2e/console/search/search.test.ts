/**
 * A search by the console over many recorded exchanges, in a real Chromium: some thousands here, a million by
 * `npm run test:long`, which says how many and takes the times.
 */
import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visitor } from '../../../support/console-browser.ts';
import {
  CONSOLE_API,
  type ConsolePeople,
  ensureConsoleBuilt,
  openConsolePeople,
} from '../../../support/console-people.ts';
import { findTool, tools } from '../../../support/installed-tool.ts';
import { type StartedGateway, startRunningGateway } from '../../../support/running-gateway.ts';
import { SESSION_EXCHANGES, seedRecordings } from '../../../support/seeded-recordings.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.ts';
import { consoleSearch, expectedOf, SEARCH_KINDS } from './console-searches.ts';
import { hasExactly, readUntil, searchOnPage } from './search-page.ts';

const chromium = findTool(tools.chromium);
const SESSIONS = Number(process.env['SALLYPORT_TEST_SEARCH_SESSIONS'] ?? 4);
const SEARCHES = Number(process.env['SALLYPORT_TEST_SEARCHES'] ?? SEARCH_KINDS);
/** Where a long run says how it went. */
const SUMMARY = process.env['SALLYPORT_TEST_SEARCH_SUMMARY'];
/** A page of the API: more than that is asked for as the list is read on. */
const PAGE = 100;
/** Of more than this it is enough that there is a second page. */
const MANY = 3 * PAGE;
const TIMEOUT_MS = 60_000 + SESSIONS * 3_000 + SEARCHES * 10_000;

let folder: TemporaryFolder;
let gateway: StartedGateway;
let people: ConsolePeople;
let vera: Visitor;

describe.skipIf(chromium === undefined)(`a search over ${SESSIONS * SESSION_EXCHANGES} exchanges`, () => {
  beforeAll(async () => {
    folder = createTemporaryFolder('search');
    await ensureConsoleBuilt();
    await seedRecordings(folder.path, SESSIONS);
    gateway = await startRunningGateway(
      { dataDir: folder.path, api: CONSOLE_API, recording: {} },
      {
        policy: 'apiVersion: sallyport.dev/v1\nrules: []\n',
        listener: { protocol: 'http' },
        resources: () => [
          { name: 'nothing', protocol: 'http', url: 'http://127.0.0.1:9', credential: { none: true } },
        ],
      },
    );
    people = await openConsolePeople(chromium ?? '', gateway);
    vera = await people.signIn({ sub: 'vera', groups: ['viewers'], expiresIn: 36_000 });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await people?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    folder?.[Symbol.dispose]();
  }, 120_000);

  it('finds what was asked for: so many, the newest first, each with its verdict, rule and agent', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const times: { readonly kind: string; readonly ms: number }[] = [];
    for (let at = 0; at < SEARCHES; at += 1) {
      const search = consoleSearch(at, SESSIONS);
      const what = JSON.stringify(search.fields);
      const { ms, rows } = await searchOnPage(vera.page, people.url, search);
      times.push({ kind: search.kind, ms });
      const { count, newest } = expectedOf(search, SESSIONS, rows.length);
      expect(rows, what).toEqual(newest);
      expect(rows.length, what).toBeGreaterThanOrEqual(Math.min(count, 10));
      if (count < MANY) expect(await hasExactly(vera.page, count), what).toBe(true);
      else await readUntil(vera.page, PAGE + 1);
    }
    expect(vera.trouble).toEqual([]);
    if (SUMMARY !== undefined) {
      const browser = vera.context.browser()?.version();
      appendFileSync(SUMMARY, JSON.stringify({ exchanges: SESSIONS * SESSION_EXCHANGES, browser, times }));
    }
  });
});
