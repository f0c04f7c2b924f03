/** What the quick start prints for clients works as it is printed, while it stays up. */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireTool, tools } from '../../gateway/test/support/installed-tool.ts';
import {
  type RunningQuickstart,
  sallyportCommand,
  startQuickstart,
  startQuickstartIn,
} from '../../gateway/test/support/quickstart.ts';
import { isListening } from './testing/listening.ts';

/** It runs the whole stack, beside other suites. */
const PATIENCE_MS = 240_000;
let run: RunningQuickstart;
let state: string;

beforeAll(async () => {
  run = await startQuickstart();
  ({ state } = run);
  await run.shows('Ctrl-C stops it');
}, PATIENCE_MS);
afterAll(() => run?.stop());

/** What the API of the gateway answers to the holder of a token. */
async function whoami(token: string): Promise<unknown> {
  const { SALLYPORT_API: api = '', SALLYPORT_CA: ca = '' } = await run.environment();
  const options = { ca: await readFile(ca), agent: false, headers: { authorization: `Bearer ${token}` } };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = get(new URL('/v1/whoami', api), options, (answer) => {
    let text = '';
    answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
    answer.on('error', reject);
    answer.on('end', () => resolve(text));
  });
  request.on('error', reject);
  return JSON.parse(await promise);
}

describe('npm start', { timeout: PATIENCE_MS }, () => {
  it('prints a line for curl that works as it is printed, and URL and token for other clients', async (context) => {
    const curl = requireTool(context, tools.curl);
    const [line = 'false'] = /curl -sS --cacert .*/u.exec(run.output()) ?? [];
    const shell = (words: string): string =>
      execFileSync('/bin/sh', ['-c', words], { encoding: 'utf8', env: { PATH: path.dirname(curl) } });
    expect(JSON.parse(shell(line))).toMatchObject({ full_name: 'Lena Ironside', national_id: '[redacted]' });

    const {
      AGENT_HTTP_URL: url = '',
      AGENT_TOKEN: token = '',
      SALLYPORT_CA: ca = '',
    } = await run.environment();
    expect(url).toMatch(/^https:\/\/localhost:\d+\/shop-api$/u);
    const ask = (...words: readonly string[]): string =>
      execFileSync(curl, ['--silent', '--cacert', ca, '-H', `Authorization: Bearer ${token}`, ...words], {
        encoding: 'utf8',
      });
    expect(JSON.parse(ask(`${url}/customers/36/orders`))).toMatchObject({
      orders: [{ id: 802 }, {}, {}, {}],
    });
    expect(JSON.parse(ask('-X', 'DELETE', `${url}/customers/36`))).toMatchObject({
      status: 403,
      rules: ['nothing-is-deleted'],
    });

    // P6: round the gateway, neither the agent's token nor anything else that it has opens the service.
    const config = await readFile(path.join(state, 'sallyport.yaml'), 'utf8');
    const [, service = ''] = /^ {4}url: "(http:.*)"$/mu.exec(config) ?? [];
    expect(JSON.parse(ask(`${service}/customers/36`))).toMatchObject({ status: 401 });
    expect(await sallyportCommand(['doctor', '-c', path.join(state, 'sallyport.yaml')])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/ok +resource shop-api +the service can be reached/u),
    });
  });

  it('prints a line for ssh that works as it is printed, and nothing of it opens the machine itself', async (context) => {
    const ssh = requireTool(context, tools.ssh);
    const [, line = 'false'] = /^ *(ssh -o .*?) {5}asks for/mu.exec(run.output()) ?? [];
    const { AGENT_SSH_PASSWORD: password = '', AGENT_SSH_USER: user = '' } = await run.environment();
    expect(user).toMatch(/^deploy\+shop-host\+cred_\w{16}$/u);
    const askpass = path.join(state, 'askpass');
    await writeFile(askpass, '#!/bin/sh\nprintf "%s\\n" "$PASSWORD_OF_TEST"\n', { mode: 0o700 });
    const over = (words: string): string =>
      execFileSync('/bin/sh', ['-c', words], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
        env: {
          PATH: `${path.dirname(ssh)}:/usr/bin:/bin`,
          SSH_ASKPASS: askpass,
          SSH_ASKPASS_REQUIRE: 'force',
          DISPLAY: ':0',
          PASSWORD_OF_TEST: password,
        },
      });
    const shown = over(line);
    expect(shown.split('\n')).toHaveLength(4);
    expect(shown).toMatch(/confirmation sent to \w\*\*\*@\*\*\*\.com/u);
    expect(() => over(line.replace('tail -n 3 logs/app.log', 'cat config/shop.env'))).toThrow('secrets-stay');

    // P6: round the gateway, neither its host nor the agent's password opens the machine.
    const config = await readFile(path.join(state, 'sallyport.yaml'), 'utf8');
    const machine = /name: shop-host[^]*?port: (\d+)/u.exec(config)?.[1] ?? '';
    const direct = line
      .replace(/-p \d+/u, `-p ${machine}`)
      .replace(/-o '[^']*'/u, '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null');
    expect(() => over(direct)).toThrow(/Permission denied|verification failed/u);
    expect(await sallyportCommand(['doctor', '-c', path.join(state, 'sallyport.yaml')])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/ok +resource shop-host/u),
    });
  });

  it('stays up for clients, refuses a second instance, and stops when asked', async () => {
    const { AGENT_PG_URL: url = '' } = await run.environment();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query('SELECT count(*)::int AS orders FROM orders');
    expect(rows).toEqual([{ orders: 4000 }]);
    const masked = await client.query('SELECT national_id FROM customers LIMIT 1');
    expect(masked.rows).toEqual([{ national_id: '[redacted]' }]);
    await expect(client.query('SELECT id FROM customers ORDER BY national_id')).rejects.toMatchObject({
      code: '42501',
    });
    await client.end();

    const { AGENT_TOKEN: agent = '', ADMIN_TOKEN: admin = '' } = await run.environment();
    expect(await whoami(admin)).toMatchObject({ roles: ['viewer', 'auditor', 'admin'] });
    expect(await whoami(agent)).toMatchObject({
      roles: [],
      resources: [{ name: 'shop' }, { name: 'shop-api' }, { name: 'shop-host' }],
    });

    const second = startQuickstartIn(state);
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(`already running here (process ${run.pid})`);
    expect(await isListening(url)).toBe(true);

    run.kill('SIGTERM');
    expect(await run.ended).toBe(0);
    expect(await isListening(url)).toBe(false);
  });
});
