import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CommandResult, type ServedApi, serveApi } from '../testing/served-api.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: enter, effect: allow, on: connect, match: { groups: [agents], resources: [shop] }, access: { by: [dba], within: 15m, upTo: 4h, breakGlass: { by: [agents], reviewWithin: 1d } } }
`;

let served: ServedApi;

beforeEach(async () => {
  served = await serveApi({ policy: POLICY });
});

afterEach(() => served.close());

const run = (token: string, ...argv: readonly string[]): Promise<CommandResult> =>
  served.run(token, 'access', ...argv);

async function asked(...more: readonly string[]): Promise<string> {
  const { out } = await run('agent', 'request', 'shop', '--for', '1h', '--why', 'ticket 4711', ...more);
  return out.split(':')[0] ?? '';
}

describe('sallyport access', () => {
  it('rules says what may be asked for', async () => {
    const { code, out } = await run('agent', 'rules');
    expect(code).toBe(0);
    expect(out).toMatch(/^RULE +RESOURCE +UP TO +OPENED BY +EMERGENCY +WHAT\n/);
    expect(out).toMatch(/^enter +app_ro@shop +4 h 0 m +1 of dba +you +connect$/m);
    expect(await run('stranger', 'rules')).toMatchObject({ code: 0, out: 'nothing\n' });
  });

  it('request, list, show, approve and revoke lead a request through its life', async () => {
    const id = await asked();
    expect(id).toMatch(/^acc_/);
    expect((await run('dora', 'list')).out).toMatch(
      new RegExp(`^${id}  .*open +agent +app_ro@shop +enter +1 of dba *$`, 'm'),
    );
    const { out } = await run('dora', 'show', id);
    expect(out).toMatch(/^why {8}ticket 4711$/m);
    expect(out).toMatch(/^digest {5}[0-9a-f]{64}$/m);
    expect((await run('dora', 'approve', id)).out).toMatch(
      /^acc_\S+: agent on shop: open from .+ until .+\n$/,
    );
    expect((await run('dora', 'revoke', id)).out).toContain('voided: it was revoked by an approver');
    expect(await run('dora', 'revoke', id)).toMatchObject({ code: 1 });
  });

  it('review closes what was opened in an emergency, with a comment', async () => {
    const id = await asked('--break-glass');
    expect((await run('dora', 'list', '--review', 'open', '--json')).out).toContain(id);
    expect(await run('dora', 'review', id)).toMatchObject({ code: 2 });
    expect(await run('agent', 'review', id, '--comment', 'mine')).toMatchObject({ code: 1 });
    expect((await run('dora', 'review', id, '--comment', 'fine')).code).toBe(0);
    expect((await run('dora', 'show', id)).out).toMatch(/^review {5}by dora .+: fine$/m);
  });

  it('says no with exit code 1, and 2 when there is trouble', async () => {
    const no = await run('agent', 'request', 'payroll', '--for', '1h', '--why', 'x');
    expect(no).toMatchObject({ code: 1, err: expect.stringContaining('ERR_APPROVALS_NOT_REQUESTABLE') });
    expect(await run('agent', 'request', 'shop', '--for', 'long', '--why', 'x')).toMatchObject({ code: 2 });
    expect(
      await run('agent', 'request', 'shop', '--for', '1h', '--why', 'x', '--only', 'tables'),
    ).toMatchObject({
      code: 2,
    });
    expect(await run('stranger', 'show', await asked())).toMatchObject({ code: 1 });
    expect(await run('dora', 'show', '../sessions')).toMatchObject({ code: 2 });
  });
});
