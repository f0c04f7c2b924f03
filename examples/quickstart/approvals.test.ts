/** People answer the agent of the quick start from another terminal, by the commands that it prints. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  type RunningQuickstart,
  sallyportCommand,
  startQuickstart,
} from '../../gateway/test/support/quickstart.ts';

/** Each test runs the whole stack, beside other suites. */
const PATIENCE_MS = 240_000;
let run: RunningQuickstart;

afterEach(() => run.stop());

/** How the approver reaches the API. */
async function approverOptions(): Promise<readonly string[]> {
  const {
    SALLYPORT_API: api = '',
    SALLYPORT_CA: ca = '',
    APPROVER_TOKEN: token = '',
  } = await run.environment();
  return ['--api', api, '--ca', ca, '--token', token];
}

/** The first request that waits, and the one that comes after it. */
async function firstApproval(): Promise<string> {
  return idIn(await run.shows(/approvals approve apr_[\w-]+/u));
}

async function secondApproval(first: string): Promise<string> {
  return idIn(await run.shows(new RegExp(`approvals approve (?!${first})apr_[\\w-]+`, 'u')));
}

function idIn(command: string): string {
  return command.slice(command.indexOf('apr_'));
}

describe('npm start', { timeout: PATIENCE_MS }, () => {
  it('lets somebody answer from another terminal, by the commands that it prints', async () => {
    run = await startQuickstart('--ready-exit', '--approve-after', '300');
    const id = await firstApproval();
    const options = await approverOptions();
    expect(await sallyportCommand(['approvals', 'show', id, ...options])).toMatchObject({
      code: 0,
      output: expect.stringContaining('DELETE FROM support_tickets WHERE id = $1'),
    });
    expect(await sallyportCommand(['approvals', 'approve', id, ...options])).toMatchObject({ code: 0 });
    const second = await secondApproval(id);
    expect(await sallyportCommand(['approvals', 'show', second, ...options])).toMatchObject({
      code: 0,
      output: expect.stringContaining('"amount":340.66'),
    });
    expect(await sallyportCommand(['approvals', 'approve', second, ...options])).toMatchObject({ code: 0 });
    expect({ code: await run.ended, output: run.output() }).toMatchObject({ code: 0 });
    expect(run.output()).toContain(`${id} was approved from another terminal.`);
    expect(run.output()).toContain(`${second} was approved from another terminal.`);
  });

  it('takes a no of a person for what it is', async () => {
    run = await startQuickstart('--ready-exit', '--approve-after', '300');
    const id = await firstApproval();
    const options = [...(await approverOptions()), '--comment', 'close it instead'];
    expect(await sallyportCommand(['approvals', 'deny', id, ...options])).toMatchObject({ code: 0 });
    const second = await secondApproval(id);
    expect(await sallyportCommand(['approvals', 'deny', second, ...options])).toMatchObject({ code: 0 });
    expect({ code: await run.ended, output: run.output() }).toMatchObject({ code: 0 });
    expect(run.output().replaceAll(/\s+/gu, ' ').split('They said: close it instead.')).toHaveLength(3);
    expect(run.output()).not.toContain('1 row affected');
    expect(run.output()).not.toContain('201 { "id": 2');
  });
});
