import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../gateway/src/cli/cli.ts';
import { readHar } from '../../gateway/test/recording/har-schema.ts';
import { requireTool, tools } from '../../gateway/test/support/installed-tool.ts';

/** Each test runs the whole stack, some twice, beside other suites. */
const PATIENCE_MS = 240_000;
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
let state: string;
let started: Quickstart[];

interface Quickstart {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
}

beforeEach(async () => {
  state = await mkdtemp(path.join(os.tmpdir(), 'sallyport-quick start-'));
  started = [];
});
afterEach(async () => {
  for (const { child } of started) child.kill('SIGTERM');
  await Promise.all(started.map(({ ended }) => ended));
  await rm(state, { recursive: true, force: true });
});

function quickstart(...flags: readonly string[]): Quickstart {
  const child = spawn(process.execPath, [MAIN, '--state', state, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const instance = { child, ended, output: () => output };
  started.push(instance);
  return instance;
}

/** Resolves when the output has `text`; rejects with the output when the process ends before. */
async function shows(instance: Quickstart, text: string): Promise<void> {
  const isOver = instance.ended.then(() => true);
  while (!instance.output().includes(text)) {
    if ((await Promise.race([isOver, delay(50, false)])) && !instance.output().includes(text)) {
      throw new Error(`ended without "${text}":\n${instance.output()}`);
    }
  }
}

async function environment(): Promise<Record<string, string>> {
  const lines = (await readFile(path.join(state, 'quickstart.env'), 'utf8')).trimEnd().split('\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** How the approver reaches the API. */
async function approverOptions(): Promise<readonly string[]> {
  const { SALLYPORT_API: api = '', SALLYPORT_CA: ca = '', APPROVER_TOKEN: token = '' } = await environment();
  return ['--api', api, '--ca', ca, '--token', token];
}

/** The request for approval that comes after `first`, once it waits. */
async function secondApproval(run: Quickstart, first: string): Promise<string> {
  const of = (): string | undefined =>
    [...run.output().matchAll(/approvals approve (apr_[\w-]+)/gu)]
      .map(([, id]) => id)
      .find((id) => id !== first);
  const isOver = run.ended.then(() => true);
  while (of() === undefined) {
    if (await Promise.race([isOver, delay(50, false)]))
      throw new Error(`no second request:\n${run.output()}`);
  }
  return of() ?? '';
}

function isListening(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

/** Whether a server is there at all, even if only to refuse. */
async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  return client.connect().then(
    () => client.end().then(() => true),
    (error: { readonly code?: string }) => error.code !== 'ECONNREFUSED',
  );
}

/** What the API of the gateway answers to the holder of a token. */
async function whoami(token: string): Promise<unknown> {
  const { SALLYPORT_API: api = '', SALLYPORT_CA: ca = '' } = await environment();
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

/** Runs a command as it was printed, with the quotes that the space in the folder of the state asks for. */
async function sallyport(words: string): Promise<{ code: number; output: string }> {
  const file = path.join(state, 'sallyport.yaml');
  const argv = words
    .replace(/ > .*$/u, '')
    .replace(`'${file}'`, '\0')
    .split(' ')
    .map((word) => (word === '\0' ? file : word));
  return await cli(argv);
}

async function cli(argv: readonly string[]): Promise<{ code: number; output: string }> {
  let output = '';
  const stream = { write: (text: string) => (output += text) };
  return { code: await runCli(argv, { stdout: stream, stderr: stream }), output };
}

/** 5 to 7: the same over HTTP, and what arrived at the service. */
function checkHttpSteps(output: string): void {
  const text = output.replaceAll(/\n {13}/gu, ' ');
  expect(text).toMatch(
    /Action: +GET \/customers\/173\nObservation: 200 \{ "id": 173, "full_name": "Lena Ironside", "email": "l\*\*\*@\*\*\*\.net", "phone": "\*\*\*87"/u,
  );
  expect(text).toContain('"national_id": "[redacted]", "card_number": "***26"');
  expect(text).toContain('"contact": "l***@***.net", "number": "***26"');
  for (const action of [
    'GET /customers\\?email=lena',
    'DELETE /customers/173',
    'POST /graphql \\{"query":"mutation',
  ]) {
    expect(text).toMatch(new RegExp(`Action: +${action}.*\nObservation: POLICY_DENIED \\[dec_`, 'u'));
  }
  expect(text).toMatch(
    /DELETE \/customers\/\{…\}: denied by rule nothing-is-deleted\. Customers are deleted by/u,
  );
  const [, id = 'none'] =
    /"amount":340\.66,.*\nObservation: APPROVAL_PENDING \[(apr_[\w-]+)\]/u.exec(text) ?? [];
  expect(text).toMatch(
    new RegExp(
      `approves ${id} [^]*\\(the same again\\)\nObservation: 201 \\{ "id": 2, "order_id": 1699`,
      'u',
    ),
  );
  expect(text).toMatch(/1699 +25\.00 +Parcel is late\s+1699 +340\.66 +Parcel is lost/u);
  const arrived = /The service has received from the gateway:\n(?<lines>(?: {2}.*\n)+)/u.exec(output)
    ?.groups?.['lines'];
  expect(
    arrived
      ?.trimEnd()
      .split('\n')
      .map((line) => line.trim().split(' ').slice(0, 2).join(' ')),
  ).toEqual(['GET /customers/173', 'POST /graphql', 'POST /refunds', 'POST /refunds']);
}

/** 8 and 9: the machine, and what arrived there. */
function checkSshSteps(output: string): void {
  const text = output.replaceAll(/\n {13}/gu, ' ');
  expect(text).toMatch(
    /Action: +\$ grep order=1699 logs\/app\.log\nObservation: .*mail to l\*\*\*@\*\*\*\.net bounced/u,
  );
  expect(text).toContain('to card ***9023');
  expect(text).toMatch(
    /\$ cat config\/shop\.env\nObservation: POLICY_DENIED \[dec_\w+\] .*by rule secrets-stay/u,
  );
  expect(text).toMatch(
    /\$ rm -rf releases\nObservation: POLICY_DENIED .*as in rm -r releases\/2026-01-31\./u,
  );
  expect(text).toMatch(/\$ rm -r releases\/2026-08-14\nObservation: \(no output\)/u);
  expect(output).not.toContain('sk_live_');
  expect(output).toContain(
    "The machine has run for the gateway:\n  'grep' 'order=1699' 'logs/app.log'\n  'rm' '-r' 'releases/2026-08-14'\n  'ls' 'releases'\n",
  );
}

describe('npm start -- --ready-exit', { timeout: PATIENCE_MS }, () => {
  it('shows masked reads, refusals, approvals and closed ways round the mask, by SQL, by HTTP and by SSH, and exits with 0', async () => {
    const run = quickstart('--ready-exit');
    const code = await run.ended;
    const output = run.output();
    expect(output).toContain('11 requests permitted, 12 refused, as they had to be.');
    // 1: values are masked, and it is the same row of which the table holds them.
    expect(output).toMatch(/36 +Wanda Valmont +w\*\*\*@\*\*\*\.com +\*\*\*19 +\[redacted\] +\*\*\*\d+ /u);
    expect(output).toMatch(/Wanda Valmont {2}wanda\.valmont\.\d+@example\.com/u);
    // 2
    expect(output).toMatch(
      /Action: +SELECT service, token FROM integration_tokens\nObservation: POLICY_DENIED \[dec_/u,
    );
    expect(output).toMatch(/Action: +DELETE FROM support_tickets\nObservation: POLICY_DENIED \[dec_/u);
    // 3: pending, approved by the approver, the same again runs.
    const [, id = 'none'] = /\["150"\]\nObservation: APPROVAL_PENDING \[(apr_[\w-]+)\]/u.exec(output) ?? [];
    expect(output).toContain(`npx sallyport approvals approve ${id}`);
    expect(output).toMatch(
      new RegExp(
        `approves ${id} [^]*Action: +DELETE FROM support_tickets WHERE id = \\$1\n +\\["150"\\] +\\(the same again\\)\nObservation: 1 row affected`,
        'u',
      ),
    );
    // 4
    for (const action of [
      'SELECT full_name FROM customers ORDER BY email',
      'SELECT count',
      'SELECT full_name FROM',
      'SELECT full_name, card',
      'COPY',
    ]) {
      expect(output).toMatch(new RegExp(`Action: +${action}.*\nObservation: POLICY_DENIED \\[dec_`, 'u'));
    }
    expect(output).toContain('public.customers.email is masked');
    checkHttpSteps(output);
    checkSshSteps(output);
    expect(output).toContain('Nothing that was refused is in any of them.');
    expect(output).not.toMatch(/warning/iu);
    expect(code).toBe(0);

    const { AGENT_PG_URL: url = '', AGENT_TOKEN: token = '' } = await environment();
    expect(url).toMatch(/^postgresql:\/\/app_rw%2Bcred_\w{16}:slp_\w{36}@localhost:\d+\/shop\?/u);
    expect(url).toContain('sslmode=verify-full&sslrootcert=');
    expect(token.split('.')).toHaveLength(3);
    expect((await stat(path.join(state, 'quickstart.env'))).mode & 0o777).toBe(0o600);
    expect(await isListening(url)).toBe(false);

    // The commands that it prints work, also when everything is down.
    const commands = [...output.matchAll(/npx sallyport ((?:sessions|audit) .*)/gu)].map(
      ([, words = '']) => words,
    );
    expect(commands).toHaveLength(6);
    for (const words of commands) expect(await sallyport(words)).toMatchObject({ code: 0 });
    const replay = await sallyport(commands[0] ?? '');
    expect(replay.output).toContain('w***@***.com');
    expect(replay.output).not.toContain('wanda.valmont');
    const replayOfHttp = await sallyport(commands[1] ?? '');
    expect(replayOfHttp.output).toContain('l***@***.net');
    expect(replayOfHttp.output).not.toContain('lena.ironside');
    const replayOfSsh = await sallyport(commands[2] ?? '');
    expect(replayOfSsh.output).toContain('***9023');
    expect(replayOfSsh.output).not.toContain('lena.ironside');
    const har = readHar((await sallyport(commands[3] ?? '')).output).log.entries;
    expect(har.map(({ request, response }) => `${request.method} ${response.status}`)).toContain(
      'DELETE 403',
    );
    expect(JSON.stringify(har)).not.toContain('lena.ironside');
  });
});

describe('npm start', { timeout: PATIENCE_MS }, () => {
  it('stays up for clients, refuses a second instance, and stops when asked', async () => {
    const first = quickstart();
    await shows(first, 'Ctrl-C stops it');
    const { AGENT_PG_URL: url = '' } = await environment();
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

    const { AGENT_TOKEN: agent = '', ADMIN_TOKEN: admin = '' } = await environment();
    expect(await whoami(admin)).toMatchObject({ roles: ['viewer', 'auditor', 'admin'] });
    expect(await whoami(agent)).toMatchObject({
      roles: [],
      resources: [{ name: 'shop' }, { name: 'shop-api' }, { name: 'shop-host' }],
    });

    const second = quickstart();
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(`already running here (process ${first.child.pid})`);
    expect(await isListening(url)).toBe(true);

    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(await isListening(url)).toBe(false);
  });

  it('prints a line for curl that works as it is printed, and URL and token for other clients', async (context) => {
    const curl = requireTool(context, tools.curl);
    const run = quickstart();
    await shows(run, 'Ctrl-C stops it');
    const [line = 'false'] = /curl -sS --cacert .*/u.exec(run.output()) ?? [];
    const shell = (words: string): string =>
      execFileSync('/bin/sh', ['-c', words], { encoding: 'utf8', env: { PATH: path.dirname(curl) } });
    expect(JSON.parse(shell(line))).toMatchObject({ full_name: 'Lena Ironside', national_id: '[redacted]' });

    const { AGENT_HTTP_URL: url = '', AGENT_TOKEN: token = '', SALLYPORT_CA: ca = '' } = await environment();
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
    expect(await cli(['doctor', '-c', path.join(state, 'sallyport.yaml')])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/ok +resource shop-api +the service can be reached/u),
    });
  });

  it('prints a line for ssh that works as it is printed, and nothing of it opens the machine itself', async (context) => {
    const ssh = requireTool(context, tools.ssh);
    const run = quickstart();
    await shows(run, 'Ctrl-C stops it');
    const [, line = 'false'] = /^ *(ssh -o .*?) {5}asks for/mu.exec(run.output()) ?? [];
    const { AGENT_SSH_PASSWORD: password = '', AGENT_SSH_USER: user = '' } = await environment();
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
    expect(await cli(['doctor', '-c', path.join(state, 'sallyport.yaml')])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/ok +resource shop-host/u),
    });
  });

  it('lets somebody answer from another terminal, by the commands that it prints', async () => {
    const run = quickstart('--ready-exit', '--approve-after', '300');
    await shows(run, 'npx sallyport approvals approve');
    const [, id = ''] = /approvals approve (apr_[\w-]+)/u.exec(run.output()) ?? [];
    const options = await approverOptions();
    expect(await cli(['approvals', 'show', id, ...options])).toMatchObject({
      code: 0,
      output: expect.stringContaining('DELETE FROM support_tickets WHERE id = $1'),
    });
    expect(await cli(['approvals', 'approve', id, ...options])).toMatchObject({ code: 0 });
    const second = await secondApproval(run, id);
    expect(await cli(['approvals', 'show', second, ...options])).toMatchObject({
      code: 0,
      output: expect.stringContaining('"amount":340.66'),
    });
    expect(await cli(['approvals', 'approve', second, ...options])).toMatchObject({ code: 0 });
    expect({ code: await run.ended, output: run.output() }).toMatchObject({ code: 0 });
    expect(run.output()).toContain(`${id} was approved from another terminal.`);
    expect(run.output()).toContain(`${second} was approved from another terminal.`);
  });

  it('takes a no of a person for what it is', async () => {
    const run = quickstart('--ready-exit', '--approve-after', '300');
    await shows(run, 'npx sallyport approvals approve');
    const [, id = ''] = /approvals approve (apr_[\w-]+)/u.exec(run.output()) ?? [];
    const options = [...(await approverOptions()), '--comment', 'close it instead'];
    expect(await cli(['approvals', 'deny', id, ...options])).toMatchObject({ code: 0 });
    const second = await secondApproval(run, id);
    expect(await cli(['approvals', 'deny', second, ...options])).toMatchObject({ code: 0 });
    expect({ code: await run.ended, output: run.output() }).toMatchObject({ code: 0 });
    expect(run.output().replaceAll(/\s+/gu, ' ').split('They said: close it instead.')).toHaveLength(3);
    expect(run.output()).not.toContain('1 row affected');
    expect(run.output()).not.toContain('201 { "id": 2');
  });

  it('stops in order when asked while people decide', async () => {
    const run = quickstart('--approve-after', '300');
    await shows(run, 'npx sallyport approvals approve');
    run.child.kill('SIGTERM');
    expect({ code: await run.ended, output: run.output() }).toMatchObject({ code: 0 });
  });

  it('leaves nothing behind after a SIGKILL, and starts again over what is left', async () => {
    const first = quickstart();
    await shows(first, 'Ctrl-C stops it');
    const { AGENT_PG_URL: url = '' } = await environment();
    first.child.kill('SIGKILL');
    await first.ended;
    // The gateway and PostgreSQL: neither may outlive the process that started it.
    const config = await readFile(path.join(state, 'sallyport.yaml'), 'utf8');
    const postgresUrl = `postgresql://nobody:wrong@127.0.0.1:${/^ {4}port: (\d+)$/mu.exec(config)?.[1]}/shop`;
    while ((await isListening(url)) || (await answers(postgresUrl))) await delay(100);

    const second = quickstart('--ready-exit');
    expect({ code: await second.ended, output: second.output() }).toMatchObject({ code: 0 });
  });

  it('stops in order when asked while it still starts', async () => {
    const run = quickstart();
    await shows(run, 'PostgreSQL 18');
    run.child.kill('SIGINT');
    expect({ code: await run.ended, output: run.output() }).toMatchObject({ code: 0 });
    expect(run.output()).not.toContain('Thought:');
  });
});
