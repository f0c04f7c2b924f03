import { describe, expect, it } from 'vitest';
import type { AccessPage, AccessRules, ApiAccessRequest } from '../contract/access.ts';
import { type ApiFixture, createApiFixture, problemOf } from '../testing/api-fixture.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: enter, effect: allow, on: connect, match: { groups: [agents], resources: [shop] }, description: The shop, access: { by: [dba], within: 15m, upTo: 4h, breakGlass: { by: [agents], reviewWithin: 1d } } }
  - { id: repair, effect: allow, on: sql, match: { groups: [agents], resources: [shop], accounts: [app_rw], kinds: [UPDATE], tables: ["public.*"] }, access: { by: [dba], within: 15m, upTo: 2h, comment: required } }
`;
const WISH = { resource: 'shop', durationMs: 3_600_000, justification: 'ticket 4711' };

async function asked(fixture: ApiFixture, more: object = {}, token = 'agent'): Promise<ApiAccessRequest> {
  return (await fixture.read('/v1/access-requests', {
    token,
    body: { ...WISH, ...more },
  })) as ApiAccessRequest;
}

const act = (fixture: ApiFixture, path: string, token: string, body: object = {}): Promise<Response> =>
  fixture.ask(`/v1/access-requests/${path}`, { token, body });

describe('access for a time', () => {
  it('says what may be asked for: to each what is theirs', async () => {
    const fixture = await createApiFixture({ policy: POLICY });
    const { rules } = (await fixture.read('/v1/access-rules', { token: 'agent' })) as AccessRules;
    expect(rules.map(({ rule, account, breakGlass }) => [rule, account, breakGlass])).toEqual([
      ['enter', 'app_ro', true],
      ['enter', 'app_rw', true],
      ['repair', 'app_rw', false],
    ]);
    expect(await fixture.read('/v1/access-rules', { token: 'stranger' })).toEqual({ rules: [] });
    expect(await fixture.read('/v1/access-rules?resource=payroll', { token: 'agent' })).toEqual({
      rules: [],
    });
  });

  it('is asked for, approved with what was looked at, revoked; each on record', async () => {
    const fixture = await createApiFixture({ policy: POLICY });
    const request = await asked(fixture, { account: 'app_rw', only: { tables: ['public.orders'] } });
    expect(request).toMatchObject({
      status: 'open',
      account: 'app_rw',
      rules: [{ id: 'enter' }, { id: 'repair', phrase: 'UPDATE on public.*' }],
      only: { tables: ['public.orders'] },
      quorums: [{ missing: 1 }, { missing: 1, comment: 'required' }],
      canAnswer: false,
      cannotAnswer: 'ERR_APPROVALS_SELF',
    });
    const { id, digest } = request;
    const silent = await act(fixture, `${id}/approve`, 'dora', { digest });
    expect((await problemOf(silent)).code).toBe('ERR_APPROVALS_COMMENT');
    const approved = await act(fixture, `${id}/approve`, 'dora', { digest, comment: 'go on' });
    expect(await approved.json()).toMatchObject({
      status: 'approved',
      window: { id: expect.stringMatching(/^grt_/) },
    });
    // The one who asked is not told who answered.
    const own = (await fixture.read(`/v1/access-requests/${id}`, { token: 'agent' })) as ApiAccessRequest;
    expect(own.answers).toEqual([{ verdict: 'approve', comment: 'go on', at: expect.any(String) }]);
    expect(await (await act(fixture, `${id}/revoke`, 'dave')).json()).toMatchObject({ status: 'voided' });
    expect((await problemOf(await act(fixture, `${id}/revoke`, 'dave'))).status).toBe(409);
    const events = await fixture.events();
    expect(events.filter((type) => type.startsWith('access.'))).toEqual([
      'access.requested',
      'access.answered',
      'access.granted',
      'access.revoked',
    ]);
    const routes = (await fixture.accesses()).map(({ route, outcome }) => `${outcome} ${route}`);
    expect(routes).toContain('permit /v1/access-requests/{id}/revoke');
  });

  it('an emergency is open at once, is listed until somebody else reviewed it, and is no way for others', async () => {
    const fixture = await createApiFixture({ policy: POLICY });
    const request = await asked(fixture, { rules: ['enter'], breakGlass: true });
    expect(request).toMatchObject({
      status: 'approved',
      breakGlass: true,
      review: { state: 'open', overdue: false },
    });
    const open = (await fixture.read('/v1/access-requests?review=open', { token: 'dora' })) as AccessPage;
    expect(open.requests.map(({ id }) => id)).toEqual([request.id]);
    const { id } = request;
    expect((await problemOf(await act(fixture, `${id}/review`, 'agent', { comment: 'mine' }))).code).toBe(
      'ERR_APPROVALS_SELF',
    );
    expect((await problemOf(await act(fixture, `${id}/review`, 'dora', {}))).status).toBe(400);
    expect(await (await act(fixture, `${id}/review`, 'dora', { comment: 'fine' })).json()).toMatchObject({
      review: { state: 'closed', by: { subject: 'dora' }, comment: 'fine' },
    });
    const both = { ...WISH, account: 'app_rw', breakGlass: true };
    const refused = await fixture.ask('/v1/access-requests', { token: 'agent', body: both });
    expect((await problemOf(refused)).code).toBe('ERR_APPROVALS_EMERGENCY');
  });

  it('what is somebody else’s does not exist: requests are seen by who asked, approvers and admins', async () => {
    const fixture = await createApiFixture({ policy: POLICY });
    const { id, digest } = await asked(fixture);
    for (const token of ['stranger', 'viewer', 'sam']) {
      expect((await problemOf(await fixture.ask(`/v1/access-requests/${id}`, { token }))).status).toBe(404);
      expect(await fixture.read('/v1/access-requests', { token })).toEqual({ requests: [] });
      for (const path of ['approve', 'deny', 'revoke', 'review']) {
        const body = path === 'review' ? { comment: 'x' } : path === 'revoke' ? {} : { digest };
        expect((await problemOf(await act(fixture, `${id}/${path}`, token, body))).status).toBe(404);
      }
    }
    // An admin sees and revokes; to agree takes a group of the quorum.
    expect((await problemOf(await act(fixture, `${id}/approve`, 'admin', { digest }))).code).toBe(
      'ERR_APPROVALS_NOT_APPROVER',
    );
    // The id of one kind is none of the other.
    expect((await fixture.ask(`/v1/approvals/${id}`)).status).toBe(400);
    const foreign = `acc_${'A'.repeat(24)}`;
    expect((await problemOf(await fixture.ask(`/v1/access-requests/${foreign}`))).status).toBe(404);
  });

  it.each<[string, object, number]>([
    ['no reason', { justification: ' ' }, 400],
    ['a reason with control characters', { justification: 'a\u001b[2J' }, 400],
    ['no time', { durationMs: 0 }, 400],
    ['too long a time', { durationMs: 5 * 3_600_000 }, 400],
    ['a start without an offset', { start: '2026-11-27T10:00:00' }, 400],
    ['an unknown key', { until: 'tomorrow' }, 400],
    ['patterns that mean nothing', { account: 'app_rw', only: { tables: ['"'] } }, 400],
    ['dimensions that are not there', { only: { nonsense: ['x'] } }, 400],
    ['a rule that is not there', { rules: ['drop-all'] }, 403],
    ['a rule of another account', { rules: ['repair'], account: 'app_ro' }, 403],
    ['an account that is not there', { account: 'root' }, 403],
    ['a resource that is not there', { resource: 'nowhere' }, 403],
    ['a resource where nothing is offered', { resource: 'payroll' }, 403],
  ])('refuses %s', async (_what, more, status) => {
    const fixture = await createApiFixture({ policy: POLICY });
    const answer = await fixture.ask('/v1/access-requests', { token: 'agent', body: { ...WISH, ...more } });
    expect((await problemOf(answer)).status).toBe(status);
    expect((await fixture.events()).filter((type) => type.startsWith('access.'))).toEqual([]);
  });

  it('pages through many, without leaving one out', async () => {
    const fixture = await createApiFixture({ policy: POLICY });
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await asked(fixture, { justification: `no ${n}` })).id);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = (await fixture.read(`/v1/access-requests?limit=2${cursor}`, {
        token: 'dora',
      })) as AccessPage;
      seen.push(...page.requests.map(({ id }) => id));
      cursor = page.nextCursor === undefined ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(ids);
    const foreign = await fixture.ask('/v1/access-requests?cursor=YTE6MQ', { token: 'dora' });
    expect((await problemOf(foreign)).status).toBe(400);
  });

  it('is followed apart from approvals of exchanges', async () => {
    const fixture = await createApiFixture({ policy: POLICY });
    const stream = await fixture.ask('/v1/access-requests/events', { token: 'dora' });
    const approvals = await fixture.ask('/v1/approvals/events', { token: 'dora' });
    const { id } = await asked(fixture);
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('event: requested')) text += (await reader?.read())?.value ?? '';
    expect(text).toContain(id);
    await reader?.cancel();
    fixture.streams.close();
    expect(await approvals.text()).not.toContain(id);
  });
});
