/** Recorded sessions of SSH and HTTP in a real Chromium, from a real sshd and a real service; all that is on record is hostile. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriousViolations } from '../../support/axe.ts';
import type { Visitor } from '../../support/console-browser.ts';
import {
  CONSOLE_API,
  type ConsolePeople,
  ensureConsoleBuilt,
  openConsolePeople,
} from '../../support/console-people.ts';
import { curl } from '../../support/http-clients.ts';
import { findTool, tools } from '../../support/installed-tool.ts';
import { driveShell } from '../../support/shell-driver.ts';
import { connectSsh2, type SshLogin, type TestClient } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { replayed, sessionOf } from '../../support/ssh-recordings.ts';
import { openSsh2Sftp } from '../../support/ssh-transfers.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

const chromium = findTool(tools.chromium);
const sshdPath = findTool(tools.sshd);
/** Markup that would like to be more than text; no slash, because it is a file's name too. */
const MARKUP = '<img src=x onerror="window.pwned=1">';
const POLICY = (folder: string): string => `apiVersion: sallyport.dev/v1
rules:
  - { id: enters, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: terminal, effect: allow, on: shell, match: { groups: [agents], terminals: [recorded] } }
  - { id: prints, effect: allow, on: shell, match: { groups: [agents], argv: ['echo **', 'printf **', 'false'] } }
  - { id: files, effect: allow, on: files, match: { groups: [agents], operations: [READ, LIST, STAT], paths: ["${folder}/**"] } }
  - { id: service, effect: allow, on: http, match: { groups: [agents] } }
`;

/** Of the browser, as far as it is asked. */
interface Styles {
  getComputedStyle(element: unknown): { readonly color: string };
}

let sshd: TestSshd;
let service: Server;
let gateway: SshGateway;
let people: ConsolePeople;
let viewer: Visitor;

describe.skipIf(chromium === undefined || sshdPath === undefined)('a recorded session in the console', () => {
  beforeAll(async () => {
    await ensureConsoleBuilt();
    sshd = await startTestSshd(sshdPath ?? '');
    service = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.setHeader('x-note', MARKUP);
      response.end(`<p>${MARKUP}<script>window.pwned=2</script>\u001b]0;owned\u0007</p>`);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => service.once('listening', resolve));
    gateway = await startSshGateway({
      sshd,
      policy: POLICY(sshd.folder),
      recording: {},
      resource: { shell: 'recorded' },
      api: CONSOLE_API,
      more: {
        listeners: [{ listen: '127.0.0.1:0', protocol: 'http', allowLoopbackPlaintext: true }],
        resources: [
          {
            name: 'pages',
            protocol: 'http',
            url: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
            credential: { none: true },
          },
        ],
      },
    });
    people = await openConsolePeople(chromium ?? '', gateway);
    viewer = await people.signIn({ sub: 'vera', groups: ['viewers'] });
  }, 120_000);
  afterAll(async () => {
    await people?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    await sshd?.[Symbol.asyncDispose]();
    service?.closeAllConnections();
    service?.close();
  });

  const login = async (sub: string): Promise<SshLogin> => ({
    host: gateway.host,
    port: gateway.port,
    user: 'deploy+box',
    password: await gateway.issuer.token({ sub }),
  });
  const open = async (sub: string): Promise<void> => {
    await viewer.page.goto(`${people.url}sessions/${sessionOf(gateway, sub)}`);
    await viewer.page.getByRole('heading', { name: 'Terminal' }).waitFor();
  };
  /** Ends the connection, and opens its session in the console. */
  const show = async (client: TestClient, sub: string): Promise<void> => {
    await replayed(gateway, client, sub);
    await open(sub);
  };
  /** What the player shows as text. */
  const screen = async (): Promise<string> =>
    (await viewer.page.locator('.ap-term-text').textContent()) ?? '';
  const untilScreen = async (wanted: (text: string) => boolean): Promise<string> => {
    await viewer.page.locator('.ap-term-text').waitFor();
    for (;;) {
      const text = await screen();
      if (wanted(text)) return text;
      await viewer.page.waitForTimeout(50);
    }
  };
  const nothingRan = async (): Promise<void> => {
    expect(await viewer.page.evaluate('window.pwned')).toBeUndefined();
    expect(await viewer.page.locator('main img, main script').count()).toBe(0);
    expect(await viewer.page.title()).not.toContain('owned');
    expect(viewer.trouble).toEqual([]);
  };

  it('plays the commands of a session, with what decided them as marks to go to', async () => {
    const client = await connectSsh2(await login('runner'));
    await client.run('echo first came this');
    expect((await client.run('rm -rf /nothing')).code).toBe(126);
    await client.run('echo and last came that');
    await show(client, 'runner');
    const { page } = viewer;
    const end = await untilScreen((text) => text.includes('and last came that'));
    expect(end).toContain('$ echo first came this');
    expect(end).toContain('POLICY_DENIED');
    const marks = page.getByRole('list', { name: 'Decisions and ends' }).getByRole('button');
    await marks.filter({ hasText: 'permit by prints: echo first came this' }).click();
    const early = await untilScreen((text) => !text.includes('POLICY_DENIED'));
    expect(early).not.toContain('and last came that');
    // Played from there, faster, it comes to its end.
    await page.getByText('8×', { exact: true }).click();
    await page.locator('.ap-playback-button').click();
    await untilScreen((text) => text.includes('and last came that'));
    expect(await marks.filter({ hasText: 'deny' }).count()).toBe(1);
    expect(await seriousViolations(page)).toEqual([]);
    await nothingRan();
  });

  it('plays a whole terminal as it looked, and nothing of it acts', async () => {
    const client = await connectSsh2(await login('typist'));
    const shell = driveShell(await client.terminal(undefined, { cols: 100, rows: 30 }), /\$ $/);
    await shell.expect(/\$ $/);
    shell.send(
      `printf '\\033]0;owned\\007\\033]52;c;ZXZpbA==\\007\\033]8;;javascript:window.pwned=3\\007link\\033]8;;\\007\\033[31mred\\033[0m ${MARKUP.replaceAll('"', '')}\\n'\r`,
    );
    await shell.expect(/red.*onerror/s);
    shell.send('stty size\r');
    await shell.expect(/30 100/);
    shell.send('exit 4\r');
    await shell.closed;
    await show(client, 'typist');
    const text = await untilScreen((one) => one.includes('30 100'));
    expect(text).toContain('red <img src=x onerror=window.pwned=1>');
    expect(await viewer.page.locator('.ap-term-text').locator('img, a, script').count()).toBe(0);
    const colourOf = (piece: RegExp): Promise<string> =>
      viewer.page
        .locator('.ap-line > span')
        .filter({ hasText: piece })
        .first()
        .evaluate((element) => (globalThis as unknown as Styles).getComputedStyle(element).color);
    expect(await colourOf(/^red\s*$/)).not.toBe(await colourOf(/<img/));
    await nothingRan();
  });

  it('follows a terminal while it is live, leaves whoever looks back where they are, and ends with it', async () => {
    const client = await connectSsh2(await login('walker'));
    await client.run('echo at first this');
    await open('walker');
    const { page } = viewer;
    const panel = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Terminal' }) });
    await untilScreen((text) => text.includes('at first this'));
    await client.run('echo then this came');
    await untilScreen((text) => text.includes('then this came'));
    expect(await seriousViolations(page)).toEqual([]);
    expect(await panel.getByText('That did not work').count()).toBe(0);
    const marks = page.getByRole('list', { name: 'Decisions and ends' }).getByRole('button');
    await marks.filter({ hasText: 'permit by prints: echo at first this' }).click();
    const back = await untilScreen((text) => !text.includes('then this came'));
    await client.run('echo meanwhile that');
    const later = marks.filter({ hasText: 'permit by prints: echo meanwhile that' });
    await later.waitFor();
    expect(await screen()).toBe(back);
    await panel.getByRole('button', { name: 'Follow' }).click();
    await untilScreen((text) => text.includes('meanwhile that'));
    await marks.filter({ hasText: 'permit by prints: echo then this came' }).click();
    await untilScreen((text) => !text.includes('meanwhile that'));
    // Played to the end of what was, it is at what is.
    await panel.getByText('8×', { exact: true }).click();
    await panel.locator('.ap-playback-button').click();
    await panel.getByText('following').waitFor();
    await client.run('echo at last');
    await untilScreen((text) => text.includes('at last'));
    client.raw.end();
    await panel.getByText('following').waitFor({ state: 'detached' });
    await untilScreen((text) => text.includes('at last'));
    await panel.getByRole('button', { name: 'Follow' }).waitFor({ state: 'detached' });
    await nothingRan();
  });

  it('names of files, of the machine and of the client, are text', async () => {
    const names = path.join(sshd.folder, 'names');
    mkdirSync(names);
    chmodSync(names, 0o777);
    writeFileSync(path.join(names, MARKUP), 'content');
    const client = await connectSsh2(await login('reader'));
    const sftp = await openSsh2Sftp(client);
    const listed = (await sftp.call('readdir', names)) as readonly { readonly filename: string }[];
    expect(listed.map(({ filename }) => filename)).toContain(MARKUP);
    await sftp.call('readFile', path.join(names, MARKUP));
    await show(client, 'reader');
    await viewer.page.getByRole('article').filter({ hasText: MARKUP }).first().waitFor();
    await nothingRan();
  });

  it('pairs of HTTP show bodies and heads as text, and there is no player', async () => {
    const [, http] = gateway.gateway.ready.listeners;
    const token = await gateway.issuer.token({ sub: 'browser' });
    const target = `http://${http?.host}:${http?.port}/pages/search?q=${encodeURIComponent(MARKUP)}`;
    const body = JSON.stringify({ note: MARKUP, more: '\u202egnp.exe' });
    const { stdout } = await curl([
      ...['-H', `Authorization: Bearer ${token}`, '-H', 'content-type: application/json'],
      ...['-X', 'POST', '-d', body, target],
    ]);
    expect(stdout).toContain('window.pwned=2');
    await gateway.recordsUntil((all) => all.some(({ type }) => type === 'exchange.outcome'));
    const { page } = viewer;
    await page.goto(`${people.url}sessions?principal=browser`);
    await page.getByRole('link').filter({ hasText: 'pages' }).first().click();
    await page.getByText('<script>window.pwned=2</script>').first().waitFor();
    const story = await page.locator('main').innerText();
    expect(story).toContain(MARKUP);
    expect(story).toContain(String.raw`\u{1b}]0;owned\u{7}`);
    expect(story).toContain(String.raw`\u{202e}gnp.exe`);
    expect(await page.getByRole('heading', { name: 'Terminal' }).count()).toBe(0);
    await nothingRan();
  });
});
