import { describe, expect, it } from 'vitest';
import { parseSearchRun, searchRunPage } from './search-run.ts';

const TIMES = Array.from({ length: 40 }, (_, at) => ({
  kind: at % 2 === 0 ? 'words' : 'one run',
  ms: 40 - at,
}));
const LINE = JSON.stringify({ exchanges: 1_000_000, browser: '150', times: TIMES });
const SETTING = { date: '2026-11-28', commit: 'abc', node: '24', machine: 'Two cores.' };

describe('the page of the long search', () => {
  it('has percentiles of each kind, and of all', () => {
    const run = parseSearchRun(LINE);
    const page = run === undefined ? '' : searchRunPage(run, SETTING);
    expect(page).toContain(
      '1,000,000 exchanges, 40 searches, 2026-11-28, commit abc, Node 24, Chromium 150.',
    );
    expect(page).toContain('| words | 20 | 20 ms | 38 ms | 40 ms |');
    expect(page).toContain('| **all** | 40 | 20 ms | 38 ms | 40 ms |');
  });

  it.each(['', '{"exchanges":1', '{"exchanges":1000,"times":[]}', '{}'])('is not written of %j', (line) => {
    expect(parseSearchRun(line)).toBeUndefined();
  });
});
