/** The files of `sallyport rdp` and of the console, and what comes of them: xfreerdp, by Network Level Authentication, at a whole gateway. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { seriousViolations } from '../../support/axe.ts';
import { createTestCertificate } from '../../support/certificates.ts';
import { CONSOLE_API, ensureConsoleBuilt, openConsolePeople } from '../../support/console-people.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { runProcess } from '../../support/processes.ts';
import { startRdpGateway } from '../../support/rdp-gateway.ts';
import type { StartedGateway } from '../../support/running-gateway.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { startVirtualDisplay } from '../../support/virtual-display.ts';
import { askApi } from '../api/api-client.ts';

const folder = createTemporaryFolder('rdp-login');
let gateway: StartedGateway;

beforeAll(async () => {
  const { caFile } = await createTestCertificate(path.join(folder.path, 'ca'));
  // Nobody listens there: these clients want to be authenticated, and no desktop.
  const target = { host: '127.0.0.1', port: 1, user: 'nobody', password: 'secret', certificateFile: caFile };
  await ensureConsoleBuilt();
  gateway = await startRdpGateway({ target, api: CONSOLE_API, listener: { security: 'nla' } });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function sallyport(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const options = ['--api', gateway.api, '--ca', gateway.caFile, '--token', await gateway.issuer.token()];
  const code = await runCli([...argv, ...options], {
    stdout: { write: (text: string) => (texts.out += text) },
    stderr: { write: (text: string) => (texts.err += text) },
  });
  return { code, ...texts };
}

/** What xfreerdp says of a login by this file. */
async function opened(context: TestContext, file: string, secret: string): Promise<string> {
  const program = requireTool(context, tools.xfreerdp);
  await using display = await startVirtualDisplay(context);
  const { stdout, stderr } = await runProcess(program, [file, `/p:${secret}`, '/cert:ignore', '+auth-only'], {
    env: { DISPLAY: display.name, HOME: folder.path },
  });
  return stdout + stderr;
}

const REFUSED = /LOGON_FAILURE|ACCOUNT_RESTRICTION/;

describe('sallyport rdp', () => {
  it('P6: its file logs in with the secret, as often as it may, and until it is revoked', async (context) => {
    const file = path.join(folder.path, 'desk.rdp');
    const made = await sallyport('rdp', 'desk', '--output', file, '--uses', '2');
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining('svc@desk') });
    const secret = made.out.trim();
    const text = readFileSync(file, 'latin1');
    expect(text).not.toContain(secret);
    const id = /cred_\w{16}/.exec(text)?.[0] ?? '';
    const route = `/v1/credentials/${id}/rdp`;
    const ofApi = await askApi(gateway, route, { token: await gateway.issuer.token() });
    expect(ofApi).toMatchObject({ status: 200, text });
    const other = { token: await gateway.issuer.token({ sub: 'somebody-else' }) };
    expect(await askApi(gateway, route, other)).toMatchObject({ status: 404 });

    expect(await opened(context, file, `${secret}x`)).toMatch(/LOGON_FAILURE/);
    expect(await opened(context, file, secret)).not.toMatch(REFUSED);
    expect((await sallyport('credential', 'list')).out).toMatch(
      new RegExp(`${id} +svc@desk \\(rdp\\) .* 1 of 2 `),
    );
    expect(await opened(context, file, secret)).not.toMatch(REFUSED);
    expect(await opened(context, file, secret)).toMatch(/ACCOUNT_RESTRICTION/);

    const later = JSON.parse((await sallyport('rdp', 'desk', '--output', file, '--json')).out) as {
      readonly id: string;
      readonly secret: string;
    };
    expect(await sallyport('credential', 'revoke', later.id)).toMatchObject({ code: 0 });
    expect(await opened(context, file, later.secret)).toMatch(REFUSED);
    expect(JSON.stringify(gateway.records())).not.toContain('slp_');
  });
});

describe('the console, of a desktop', () => {
  it('P6: makes a file that logs in with the secret beside it, or says why the policy does not', async (context) => {
    const chromium = requireTool(context, tools.chromium);
    await using people = await openConsolePeople(chromium, gateway);
    const { page, trouble } = await people.signIn({ sub: 'rhea', groups: ['agents', 'viewers'] });
    await page.goto(`${people.url}resources`);
    await page.getByRole('button', { name: 'Open this desktop' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Offer the clipboard of this machine').check();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Make the file' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('desk.rdp');
    const file = path.join(folder.path, 'of-console.rdp');
    await download.saveAs(file);
    const secret = await dialog.getByLabel('Secret').innerText();
    expect(await seriousViolations(page)).toEqual([]);
    const text = readFileSync(file, 'latin1');
    expect(text).toMatch(/^username:s:svc\+desk\+cred_\w{16}\r$/m);
    expect(text).toContain('redirectclipboard:i:1\r\ndrivestoredirect:s:\r\n');
    expect(text).not.toContain('slp_');
    expect(await opened(context, file, `${secret}x`)).toMatch(/LOGON_FAILURE/);
    expect(await opened(context, file, secret)).not.toMatch(REFUSED);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(secret);

    const other = await people.signIn({ sub: 'vera', groups: ['viewers'] });
    await other.page.goto(`${people.url}resources`);
    await other.page.getByRole('button', { name: 'Open this desktop' }).click();
    await other.page.getByRole('button', { name: 'Make the file' }).click();
    await other.page.getByRole('alert').getByText('POLICY_DENIED').waitFor();
    expect([...trouble, ...other.trouble]).toEqual([]);
  });
});
