import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { readHar } from '../../gateway/test/recording/har-schema.ts';
import {
  quickstartState,
  type RunningQuickstart,
  sallyportCommand,
  startQuickstart,
  startQuickstartIn,
} from '../../gateway/test/support/quickstart.ts';
import { answers, isListening } from './testing/listening.ts';
import { checkHttpSteps, checkSshSteps } from './testing/run-steps.ts';

/** Each test runs the whole stack, one of them twice, beside other suites. */
const PATIENCE_MS = 240_000;
let run: RunningQuickstart;

afterEach(() => run.stop());

/** Runs a command as it was printed, with the quotes that the space in the folder of the state asks for. */
async function sallyport(words: string): Promise<{ code: number; output: string }> {
  const file = path.join(run.state, 'sallyport.yaml');
  const argv = words
    .replace(/ > .*$/u, '')
    .replace(`'${file}'`, '\0')
    .split(' ')
    .map((word) => (word === '\0' ? file : word));
  return await sallyportCommand(argv);
}

describe('npm start -- --ready-exit', { timeout: PATIENCE_MS }, () => {
  it('shows masked reads, refusals, approvals and closed ways round the mask, by SQL, by HTTP and by SSH, and exits with 0', async () => {
    run = await startQuickstart('--ready-exit');
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

    const { AGENT_PG_URL: url = '', AGENT_TOKEN: token = '' } = await run.environment();
    expect(url).toMatch(/^postgresql:\/\/app_rw%2Bcred_\w{16}:slp_\w{36}@localhost:\d+\/shop\?/u);
    expect(url).toContain('sslmode=verify-full&sslrootcert=');
    expect(token.split('.')).toHaveLength(3);
    expect((await stat(path.join(run.state, 'quickstart.env'))).mode & 0o777).toBe(0o600);
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
  it('stops in order when asked while people decide', async () => {
    run = await startQuickstart('--approve-after', '300');
    await run.shows('npx sallyport approvals approve');
    run.kill('SIGTERM');
    expect({ code: await run.ended, output: run.output() }).toMatchObject({ code: 0 });
  });

  it('leaves nothing behind after a SIGKILL, and starts again over what is left', async () => {
    const state = await quickstartState();
    run = startQuickstartIn(state);
    await run.shows('Ctrl-C stops it');
    const { AGENT_PG_URL: url = '' } = await run.environment();
    run.kill('SIGKILL');
    await run.ended;
    // The gateway and PostgreSQL: neither may outlive the process that started it.
    const config = await readFile(path.join(state, 'sallyport.yaml'), 'utf8');
    const postgresUrl = `postgresql://nobody:wrong@127.0.0.1:${/^ {4}port: (\d+)$/mu.exec(config)?.[1]}/shop`;
    while ((await isListening(url)) || (await answers(postgresUrl))) await delay(100);

    run = startQuickstartIn(state, '--ready-exit');
    expect({ code: await run.ended, output: run.output() }).toMatchObject({ code: 0 });
  });

  it('stops in order when asked while it still starts', async () => {
    run = await startQuickstart();
    await run.shows('PostgreSQL 18');
    run.kill('SIGINT');
    expect({ code: await run.ended, output: run.output() }).toMatchObject({ code: 0 });
    expect(run.output()).not.toContain('Thought:');
  });
});
