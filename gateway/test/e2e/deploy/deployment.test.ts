/** `docs/deploy.md`, command by command, over `deploy/compose.yaml` as plain processes. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureConsole } from '../../../../examples/quickstart/stack/console-build.ts';
import { shellBlocks } from '../walkthrough/doc-blocks.ts';
import { ROOT } from './compose-file.ts';
import { Deployment, type Ended } from './deployment.ts';

const START_PATIENCE_MS = 120_000;
let deployment: Deployment;
let commands: readonly (readonly string[])[];
const done = new Set<string>();

/** The commands of the page that begin with these words, each once; `docker compose` is left out. */
function commandOf(...start: readonly string[]): readonly string[] {
  const found = commands.find(
    (words) => start.every((word) => words.includes(word)) && !done.has(words.join(' ')),
  );
  if (found === undefined) throw new Error(`docs/deploy.md does not say: ${start.join(' ')}`);
  done.add(found.join(' '));
  return found;
}

/** Runs what the page says. */
async function run(...start: readonly string[]): Promise<Ended> {
  return await deployment.run(commandOf(...start));
}

/** Resolves when a service has said something. */
async function says(service: string, pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = pattern.exec(deployment.logs(service));
    if (found !== null) return found;
    const isOver = await Promise.race([deployment.ended(service).then(() => true), delay(50, false)]);
    if (isOver && !pattern.test(deployment.logs(service)))
      throw new Error(`${service} ended:\n${deployment.logs(service)}`);
  }
}

beforeAll(async () => {
  const page = readFileSync(path.join(ROOT, 'docs/deploy.md'), 'utf8');
  commands = shellBlocks(page)
    .flatMap(({ text }) => text.trimEnd().split('\n'))
    .filter((line) => line !== 'cd deploy')
    .map((line) => {
      const [, words = ''] = /^docker compose (.*)$/.exec(line) ?? [];
      return [...words.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
    });
  // What the image is built with.
  await ensureConsole();
  deployment = await Deployment.prepare();
  await run('up');
}, START_PATIENCE_MS);
afterAll(() => deployment.stop());

describe('docs/deploy.md over deploy/compose.yaml', { timeout: 60_000 }, () => {
  it('the agent is masked, is refused, waits for a person, and goes on when one approves', async () => {
    await says('agent', /APPROVAL_PENDING \[(apr_[\w-]+)\]/);
    const early = await run('logs', 'agent');
    expect(early.output).toMatch(/Wanda Valmont +w\*\*\*@\*\*\*\.com/);
    expect(early.output).toMatch(/Action: +DELETE FROM support_tickets\nObservation: POLICY_DENIED \[dec_/);

    const listed = await run('approvals', 'list');
    expect(listed).toMatchObject({ code: 0 });
    const [id = ''] = /apr_[\w-]+/.exec(listed.output) ?? [];
    const approve = commandOf('approvals', 'approve').map((word) => (word === 'apr_…' ? id : word));
    expect(await deployment.run(approve)).toMatchObject({ code: 0 });

    const { code, output } = await deployment.ended('agent');
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain('1 row affected');
    expect(output).toMatch(/\d+ requests permitted, \d+ refused, as they had to be\./);
  });

  it('a permitted read comes masked, a DROP is refused', async () => {
    const read = await run('run', 'SELECT full_name, email FROM customers LIMIT 3');
    expect(read).toMatchObject({ code: 0 });
    expect(read.output).toMatch(/\w\*\*\*@\*\*\*\.\w+/);
    expect(read.output).not.toMatch(/\w{2,}@\w+\.\w+/);
    const drop = await run('run', 'DROP TABLE orders');
    expect(drop).toMatchObject({ code: 1 });
    expect(drop.output).toMatch(
      /POLICY_DENIED \[dec_\w+\] DROP .*no-schema-changes.*Do not retry this statement\./,
    );
  });

  it('P6: the provider tells people their names and passwords, and an agent has neither those nor a way round', async () => {
    const { output } = await run('logs', 'identity');
    expect(output).toMatch(/bo with \S+ \(approvers\)/);
    const agents = deployment.folderOf('agent');
    expect(existsSync(path.join(agents, 'run/clients/agent-1/secret'))).toBe(true);
    for (const hidden of ['run/clients/approver', 'run/accounts', 'run/certificates', 'run/data']) {
      expect(existsSync(path.join(agents, hidden)), hidden).toBe(false);
    }
    const past = await deployment.run([
      'exec',
      'agent',
      'node',
      '-e',
      'require("net").connect(5432, "postgres")',
    ]);
    expect(past.code).not.toBe(0);
    expect(past.output).toContain('ENOTFOUND');
    // And as an agent it is nobody who approves.
    const other = await deployment.run([
      'exec',
      'agent',
      'node',
      'examples/quickstart/services/with-token.ts',
      'approver',
      'gateway/bin/sallyport.js',
      'approvals',
      'list',
    ]);
    expect(other.code).not.toBe(0);
    expect(other.output).toContain('ENOENT');
  });

  it('what was recorded outlives the gateway, and its chain is whole', async () => {
    expect(await run('restart', 'gateway')).toMatchObject({ code: 0 });
    const sessions = await run('exec', 'sessions', 'list');
    expect(sessions).toMatchObject({ code: 0 });
    expect(sessions.output).toContain('agent-1');
    const verified = await run('exec', 'audit', 'verify');
    expect({ ...verified }).toMatchObject({ code: 0 });
  });

  it('every command of the page was run', () => {
    expect(commands.map((words) => words.join(' ')).filter((command) => !done.has(command))).toEqual([]);
    expect(commands.length).toBeGreaterThan(8);
  });
});
