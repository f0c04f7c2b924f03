/** `node open-page.ts CHROMIUM`: a page that fetches by itself, opened by a URL with the token in it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { verifiedKey } from '../../support/pinned-key.ts';

const { SALLYPORT_HTTP_URL: base = '', SALLYPORT_TOKEN: token = '', SALLYPORT_CA: ca = '' } = process.env;
const chromium = process.argv[2] ?? '';
const home = mkdtempSync(path.join(tmpdir(), 'sallyport-browser-'));

/** What the page became, as text. */
async function open(url: string): Promise<string> {
  const args = [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
    `--user-data-dir=${home}`,
    `--ignore-certificate-errors-spki-list=${await verifiedKey(new URL(url), ca)}`,
    ...['--virtual-time-budget=20000', '--dump-dom', url],
  ];
  const child = spawn(chromium, args, {
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  return text;
}

try {
  const url = new URL(`${base}/page`);
  url.username = 'agent';
  url.password = token;
  const page = await open(url.href);
  const found = /<p id="out">([^<]*)</.exec(page)?.[1] ?? page.slice(0, 200).replaceAll('\n', ' ');
  const what = 'opens a page by its URL, and the page gets masked JSON and a readable denial';
  process.stdout.write(
    found === 'Ann [redacted] POLICY_DENIED' ? `ok ${what}\n` : `not ok ${what} # the page says: ${found}\n`,
  );
} finally {
  rmSync(home, { recursive: true, force: true });
}
