import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asking, groundsOf, needs } from '../../approvals/testing/approvals-fixture.ts';
import type { ApprovalAsk } from '../../model/approval.ts';
import { followApi } from '../api-events.ts';
import { type CommandResult, type ServedApi, serveApi } from '../testing/served-api.ts';
import { listApprovalsCommand } from './approvals-list.ts';

let served: ServedApi;
let fixture: ServedApi['fixture'];

beforeEach(async () => {
  served = await serveApi();
  fixture = served.fixture;
});

afterEach(() => served.close());

function run(token: string, ...argv: readonly string[]): Promise<CommandResult> {
  return served.run(token, 'approvals', ...argv);
}

async function opened(ask: ApprovalAsk = asking()): Promise<string> {
  const outcome = await fixture.approvals.desk.ask(ask, { waitMs: 0 });
  if (outcome.state !== 'pending') throw new Error(outcome.state);
  return outcome.id;
}

describe('sallyport approvals', () => {
  it('list shows who waits for whom', async () => {
    const id = await opened(asking({}, groundsOf([needs(['dba'], { count: 2 })])));
    const { code, out } = await run('dora', 'list');
    expect(code).toBe(0);
    expect(out).toMatch(/^APPROVAL +ASKED \(.+\) +LEFT +STATUS +REQUESTER +RESOURCE +MISSING +WHAT\n/);
    expect(out).toMatch(
      new RegExp(
        `^${id}  .*open +claims-bot for alice +app_rw@shop +2 of dba +UPDATE on public.orders$`,
        'm',
      ),
    );
    expect(await run('stranger', 'list')).toMatchObject({ code: 0, out: 'no requests\n' });
    const json: unknown = JSON.parse((await run('dora', 'list', '--json', '--status', 'all')).out);
    expect(json).toMatchObject([{ id, status: 'open', canAnswer: true }]);
  });

  it('show prints what there is to judge, and nothing that drives the terminal', async () => {
    const ask = asking();
    const view = { ...ask.view, text: 'UPDATE orders\nSET note = $1 -- \u001b[2Jgone \u202Egnirts' };
    const id = await opened({ ...ask, view });
    const { code, out } = await run('dora', 'show', id);
    expect(code).toBe(0);
    expect(out).toContain('  UPDATE orders\n  SET note = $1 -- \\u{1b}[2Jgone \\u{202e}gnirts\n');
    expect(out).toContain('  $1 numeric = 10.00\n  $2 int4 = (sensitive)\n');
    expect(out).toMatch(/^digest {5}[0-9a-f]{64}$/m);
    expect(out).toMatch(/^needs {6}1 of dba \(rule by-dba\)$/m);
    expect(await run('stranger', 'show', id)).toMatchObject({ code: 1, out: '' });
  });

  it('approve and deny answer what they looked at', async () => {
    const first = await opened();
    expect(await run('dora', 'approve', first, '--comment', 'fine')).toEqual({
      code: 0,
      out: `approved ${first}: UPDATE on public.orders by claims-bot for alice on shop\n`,
      err: '',
    });
    expect(await fixture.approvals.desk.ask(asking(), { waitMs: 0 })).toMatchObject({ state: 'granted' });
    const second = await opened(asking({ text: 'second' }, groundsOf([needs(['dba'], { count: 2 })])));
    expect((await run('dora', 'approve', second)).out).toContain('; it still needs 1 of dba\n');
    const denied = await run('dave', 'deny', second, '--comment', 'use staging', '--json');
    expect(JSON.parse(denied.out)).toMatchObject({
      status: 'denied',
      answers: [{}, { comment: 'use staging' }],
    });
  });

  it('say no with exit code 1 when the answer does not count, and 2 when there is trouble', async () => {
    const id = await opened();
    expect(await run('dora', 'approve', id, '--digest', 'f'.repeat(64))).toMatchObject({
      code: 1,
      err: expect.stringContaining('ERR_APPROVALS_CHANGED'),
    });
    expect(await run('admin', 'approve', id)).toMatchObject({
      code: 1,
      err: expect.stringContaining('ERR_APPROVALS_NOT_APPROVER'),
    });
    expect(await run('stranger', 'deny', id)).toMatchObject({ code: 1 });
    await run('dora', 'deny', id);
    expect(await run('dora', 'approve', id)).toMatchObject({
      code: 1,
      err: 'the request is denied already (ERR_APPROVALS_CLOSED)\n',
    });
    expect(await run('dora', 'show', '../sessions')).toMatchObject({ code: 2 });
    expect(await run('dora', 'list', '--limit', '0')).toMatchObject({ code: 2 });
    expect(await run('nonsense', 'list')).toMatchObject({
      code: 2,
      err: expect.stringContaining('ERR_IDENTITY_TOKEN_AUDIENCE'),
    });
  });

  it('list --watch goes on and tells what happens', async () => {
    const stop = new AbortController();
    const told: string[] = [];
    const heard = Promise.withResolvers<void>();
    const io = {
      stdout: {
        write: (text: string): void => {
          told.push(text);
          if (text.includes('ready')) void opened().then((id) => run('dora', 'deny', id));
          if (text.includes('"event":"denied"')) heard.resolve();
        },
      },
      stderr: { write: (): void => undefined },
    };
    const watching = listApprovalsCommand(
      { ...served.options, token: 'dora', status: 'open', limit: '50', watch: true, json: true },
      { io, setExitCode: () => undefined },
      stop.signal,
    );
    await heard.promise;
    stop.abort();
    await watching;
    // The client has gone: its place is free.
    while (fixture.streams.count > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(told.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'ready',
      'requested',
      'answered',
      'denied',
    ]);
  });

  it('a stream that breaks off is taken up where it was; one that is refused is not', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const follow = followApi({ ...served.options, token: 'dora' }, '/v1/approvals/events', {
      signal: stop.signal,
      pauseMs: 1,
    });
    for await (const { event } of follow) {
      seen.push(event);
      if (seen.length === 1) {
        fixture.streams.end();
        await opened();
      }
      if (seen.includes('requested')) stop.abort();
    }
    expect(seen.filter((event) => event === 'requested')).toHaveLength(1);
    const refused = followApi({ ...served.options, token: 'nonsense' }, '/v1/approvals/events', {
      signal: new AbortController().signal,
      pauseMs: 1,
    });
    await expect(refused.next()).rejects.toMatchObject({ code: 'ERR_CLI_API' });
  });
});
