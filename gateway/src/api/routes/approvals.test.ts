import { describe, expect, it } from 'vitest';
import { asking, groundsOf, needs } from '../../approvals/testing/approvals-fixture.ts';
import type { ApprovalAsk } from '../../model/approval.ts';
import type { ApiApprovalDetail, ApprovalPage } from '../contract/approval.ts';
import { type ApiFixture, createApiFixture, problemOf } from '../testing/api-fixture.ts';

const NOW = { waitMs: 0 };
/** By somebody who has the token `agent`. */
const ASK: ApprovalAsk = asking({ subject: 'agent', agent: undefined });

async function opened({ approvals }: ApiFixture, ask: ApprovalAsk = ASK): Promise<string> {
  const outcome = await approvals.desk.ask(ask, NOW);
  if (outcome.state !== 'pending') throw new Error(`it is ${outcome.state}`);
  return outcome.id;
}

async function shown(fixture: ApiFixture, id: string, token: string = 'admin'): Promise<ApiApprovalDetail> {
  return (await fixture.read(`/v1/approvals/${id}`, { token })) as ApiApprovalDetail;
}

async function answer(
  fixture: ApiFixture,
  id: string,
  token: string,
  more: { readonly verdict?: string; readonly comment?: string; readonly digest?: string } = {},
): Promise<Response> {
  const digest = more.digest ?? (await shown(fixture, id)).digest;
  const { verdict = 'approve', comment } = more;
  return fixture.ask(`/v1/approvals/${id}/${verdict}`, { token, body: { digest, comment } });
}

/** Reads a stream until so many events came. */
async function eventsOf(
  response: Response,
  count: number,
): Promise<readonly { id: string; event: string; data: unknown }[]> {
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const events: { id: string; event: string; data: unknown }[] = [];
  let text = '';
  while (events.length < count) {
    const next = await reader?.read();
    if (next?.done !== false) throw new Error(`the stream ended after ${events.length} events`);
    text += next.value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      if (fields['event'] !== undefined) {
        events.push({
          id: fields['id'] ?? '',
          event: fields['event'],
          data: JSON.parse(fields['data'] ?? ''),
        });
      }
    }
  }
  await reader?.cancel();
  return events;
}

describe('GET /v1/approvals', () => {
  it('lists to each what is theirs to see, the last one first', async () => {
    const fixture = await createApiFixture();
    const own = await opened(fixture);
    const other = await opened(fixture, asking({}, groundsOf([needs(['sec'])])));
    const seen = async (token: string): Promise<readonly string[]> => {
      const page = (await fixture.read('/v1/approvals', { token })) as ApprovalPage;
      expect(JSON.stringify(page)).not.toContain('UPDATE orders SET');
      return page.approvals.map(({ id }) => id);
    };
    expect(await seen('admin')).toEqual([other, own]);
    expect(await seen('dora')).toEqual([own]);
    expect(await seen('sam')).toEqual([other]);
    expect(await seen('agent')).toEqual([own]);
    expect(await seen('viewer')).toEqual([]);
    expect(await seen('stranger')).toEqual([]);
  });

  it('filters, and goes on from a cursor', async () => {
    const fixture = await createApiFixture();
    const ids: string[] = [];
    for (const text of ['a', 'b', 'c']) ids.push(await opened(fixture, asking({ text })));
    await opened(fixture, asking({ resource: 'payroll' }));
    await answer(fixture, ids[1] ?? '', 'dora', { verdict: 'deny' });
    const first = (await fixture.read('/v1/approvals?resource=shop&limit=2', {
      token: 'dora',
    })) as ApprovalPage;
    expect(first.approvals.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    const second = (await fixture.read(`/v1/approvals?resource=shop&limit=2&cursor=${first.nextCursor}`, {
      token: 'dora',
    })) as ApprovalPage;
    expect(second).toMatchObject({ approvals: [{ id: ids[0] }] });
    expect(second.nextCursor).toBeUndefined();
    expect(await fixture.read('/v1/approvals?status=denied', { token: 'dora' })).toMatchObject({
      approvals: [{ id: ids[1], status: 'denied' }],
    });
    const bad = await fixture.ask('/v1/approvals?cursor=czE6eA');
    expect(await problemOf(bad)).toMatchObject({ code: 'ERR_API_CURSOR' });
  });
});

describe('GET /v1/approvals/{id}', () => {
  it('shows an approver all that there is to judge, and no sensitive value', async () => {
    const fixture = await createApiFixture();
    const detail = await shown(fixture, await opened(fixture), 'dora');
    expect(detail).toMatchObject({
      status: 'open',
      summary: 'UPDATE on public.orders',
      text: 'UPDATE orders SET total = $1 WHERE id = $2',
      parameters: [
        { type: 'numeric', value: '10.00', sensitive: false, truncated: false },
        { type: 'int4', sensitive: true, truncated: false },
      ],
      requester: { subject: 'agent' },
      quorums: [{ rule: 'by-dba', groups: ['dba'], count: 1, missing: 1 }],
      canAnswer: true,
    });
    expect(detail.parameters[1]).not.toHaveProperty('value');
  });

  it('does not exist for whoever may not see it', async () => {
    const fixture = await createApiFixture();
    const id = await opened(fixture);
    for (const token of ['stranger', 'viewer', 'sam']) {
      for (const path of [`/v1/approvals/${id}`, `/v1/approvals/apr_${'x'.repeat(24)}`]) {
        expect(await problemOf(await fixture.ask(path, { token }))).toMatchObject({
          status: 404,
          code: 'ERR_APPROVALS_UNKNOWN',
        });
      }
      const answered = await answer(fixture, id, token);
      expect(await problemOf(answered)).toMatchObject({ status: 404, code: 'ERR_APPROVALS_UNKNOWN' });
    }
  });

  it('tells the one who asked how it stands, and not who answered', async () => {
    const fixture = await createApiFixture();
    const id = await opened(fixture);
    await answer(fixture, id, 'dora', { verdict: 'deny', comment: 'use staging' });
    const own = await shown(fixture, id, 'agent');
    expect(own).toMatchObject({ status: 'denied', answers: [{ verdict: 'deny', comment: 'use staging' }] });
    expect(JSON.stringify(own)).not.toContain('dora');
    expect(await shown(fixture, id, 'dave')).toMatchObject({ answers: [{ by: { subject: 'dora' } }] });
  });
});

describe('answering', () => {
  it('two people of the group make a grant; each answer is on record before it counts', async () => {
    const fixture = await createApiFixture();
    const ask = asking({}, groundsOf([needs(['dba'], { count: 2 })]));
    const id = await opened(fixture, ask);
    expect(await (await answer(fixture, id, 'dora')).json()).toMatchObject({
      status: 'open',
      quorums: [{ missing: 1 }],
    });
    // The same person again is no second one, and nothing new on record.
    expect(await (await answer(fixture, id, 'dora')).json()).toMatchObject({ quorums: [{ missing: 1 }] });
    expect(await (await answer(fixture, id, 'dave')).json()).toMatchObject({ status: 'approved' });
    expect(await fixture.approvals.desk.ask(ask, NOW)).toMatchObject({
      state: 'granted',
      grant: { approvers: ['dora', 'dave'] },
    });
    expect((await fixture.events()).filter((type) => type.startsWith('approval.'))).toEqual([
      'approval.requested',
      'approval.answered',
      'approval.answered',
      'approval.granted',
      'approval.consumed',
    ]);
  });

  it('of two approvers at once, one completes the quorum and the other is told so', async () => {
    const fixture = await createApiFixture();
    const id = await opened(fixture);
    const { digest } = await shown(fixture, id);
    const answers = await Promise.all(
      ['dora', 'dave'].map((token) => answer(fixture, id, token, { digest })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const late = answers.find(({ status }) => status === 409);
    if (late === undefined) throw new Error('nobody was late');
    expect(await problemOf(late)).toMatchObject({ code: 'ERR_APPROVALS_CLOSED' });
    expect((await fixture.events()).filter((type) => type === 'approval.granted')).toHaveLength(1);
  });

  it('an approval and a denial at once end in a denial, whoever was first', async () => {
    for (const verdicts of [
      ['approve', 'deny'],
      ['deny', 'approve'],
    ]) {
      const fixture = await createApiFixture();
      const id = await opened(fixture);
      const { digest } = await shown(fixture, id);
      await Promise.all(
        verdicts.map((verdict, index) =>
          answer(fixture, id, index === 0 ? 'dora' : 'dave', { verdict, digest }),
        ),
      );
      expect(await fixture.approvals.desk.ask(ASK, NOW)).toMatchObject({ state: 'denied', id });
    }
  });

  it('is bound to what the approver saw', async () => {
    const fixture = await createApiFixture();
    const id = await opened(fixture);
    const other = await shown(fixture, await opened(fixture, asking({ text: 'DROP TABLE orders' })));
    const response = await answer(fixture, id, 'dora', { digest: other.digest });
    expect(await problemOf(response)).toMatchObject({ status: 409, code: 'ERR_APPROVALS_CHANGED' });
    expect(await shown(fixture, id)).toMatchObject({ status: 'open', answers: [] });
  });

  it('is refused to whoever asked, to admins without the group, and when it is over', async () => {
    const fixture = await createApiFixture();
    const own = await opened(fixture, asking({ subject: 'dora', agent: undefined }));
    expect(await problemOf(await answer(fixture, own, 'dora'))).toMatchObject({
      status: 403,
      code: 'ERR_APPROVALS_SELF',
    });
    expect(await shown(fixture, own, 'dora')).toMatchObject({
      canAnswer: false,
      cannotAnswer: 'ERR_APPROVALS_SELF',
    });
    const through = await opened(fixture, asking({ delegation: [{ subject: 'dora' }] }));
    expect(await problemOf(await answer(fixture, through, 'dora'))).toMatchObject({
      code: 'ERR_APPROVALS_SELF',
    });
    expect(await problemOf(await answer(fixture, own, 'admin'))).toMatchObject({
      status: 403,
      code: 'ERR_APPROVALS_NOT_APPROVER',
    });
    expect((await answer(fixture, own, 'dave')).status).toBe(200);
    expect(await problemOf(await answer(fixture, own, 'dave'))).toMatchObject({
      status: 409,
      code: 'ERR_APPROVALS_CLOSED',
    });
  });

  it('takes one line of visible text as a comment', async () => {
    const fixture = await createApiFixture();
    const id = await opened(fixture);
    for (const comment of ['two\nlines', '\u202Egnirts', 'x'.repeat(301), '']) {
      const response = await answer(fixture, id, 'dora', { comment });
      expect(await problemOf(response)).toMatchObject({ status: 400, code: 'ERR_API_INVALID' });
    }
  });

  it('P4: does not count when it cannot be recorded', async () => {
    const fixture = await createApiFixture();
    const id = await opened(fixture);
    const { digest } = await shown(fixture, id);
    fixture.fillDisk();
    expect((await answer(fixture, id, 'dora', { digest })).status).toBe(503);
    await fixture.freeDisk();
    expect(await shown(fixture, id)).toMatchObject({ status: 'open', answers: [] });
  });

  it('who asked may cancel, and so may an admin; nobody else', async () => {
    const fixture = await createApiFixture();
    for (const token of ['agent', 'admin']) {
      const id = await opened(fixture);
      const path = `/v1/approvals/${id}/cancel`;
      expect(await problemOf(await fixture.ask(path, { token: 'dora', method: 'POST' }))).toMatchObject({
        status: 403,
      });
      expect(await fixture.read(path, { token, method: 'POST' })).toMatchObject({ status: 'voided' });
      expect((await fixture.ask(path, { token, method: 'POST' })).status).toBe(409);
    }
    expect((await fixture.events()).filter((type) => type === 'approval.voided')).toHaveLength(2);
  });
});

describe('GET /v1/approvals/events', () => {
  const EVENTS = '/v1/approvals/events';

  it('tells what happens, each follower what is theirs to see', async () => {
    const fixture = await createApiFixture();
    const [dora, sam] = await Promise.all([
      fixture.ask(EVENTS, { token: 'dora' }),
      fixture.ask(EVENTS, { token: 'sam' }),
    ]);
    const id = await opened(fixture);
    await answer(fixture, id, 'dora');
    const forSam = await opened(fixture, asking({}, groundsOf([needs(['sec'])])));
    const told = await eventsOf(dora, 4);
    expect(told.map(({ event }) => event)).toEqual(['ready', 'requested', 'answered', 'granted']);
    expect(told[1]?.data).toMatchObject({ id, status: 'open', summary: 'UPDATE on public.orders' });
    expect(JSON.stringify(told)).not.toContain('UPDATE orders SET');
    expect((await eventsOf(sam, 2))[1]?.data).toMatchObject({ id: forSam });
    expect(fixture.streams.count).toBe(0);
  });

  it('resumes where a follower stopped, and says so when that is not known', async () => {
    const fixture = await createApiFixture();
    const [ready] = await eventsOf(await fixture.ask(EVENTS, { token: 'dora' }), 1);
    const id = await opened(fixture);
    const resume = (lastId: string): Promise<Response> =>
      fixture.ask(EVENTS, { token: 'dora', headers: { 'last-event-id': lastId } });
    const missed = await eventsOf(await resume(ready?.id ?? ''), 2);
    expect(missed).toMatchObject([{ event: 'requested', data: { id } }, { event: 'ready' }]);
    expect(await eventsOf(await resume('0123456789ab-1'), 1)).toMatchObject([{ event: 'reset' }]);
    for (let n = 0; n < 300; n += 1) {
      fixture.approvals.feed.publish(
        'requested',
        (await fixture.approvals.inbox.show(id, adminViewer())).request,
        0,
      );
    }
    expect(await eventsOf(await resume(ready?.id ?? ''), 1)).toMatchObject([{ event: 'reset' }]);
  });

  it('P10: is bounded in all, for a principal, and by what a follower does not read', async () => {
    const fixture = await createApiFixture();
    const follow = (token: string): Promise<Response> => fixture.ask(EVENTS, { token });
    await follow('dora');
    const second = await follow('dora');
    expect(await problemOf(await follow('dora'))).toMatchObject({ status: 429, code: 'ERR_API_BUSY' });
    await second.body?.cancel();
    await follow('dora');
    await follow('sam');
    expect(await problemOf(await follow('dave'))).toMatchObject({ code: 'ERR_API_BUSY' });
    const id = await opened(fixture);
    const { request } = await fixture.approvals.inbox.show(id, adminViewer());
    // Nobody reads: both of dora's end, sam's sees nothing of it.
    for (let n = 0; n < 2_000; n += 1) fixture.approvals.feed.publish('requested', request, 0);
    expect(fixture.streams.count).toBe(1);
  });

  it('a HEAD opens no stream', async () => {
    const fixture = await createApiFixture();
    expect((await fixture.ask(EVENTS, { method: 'HEAD' })).status).toBe(200);
    expect(fixture.streams.count).toBe(0);
  });
});

function adminViewer(): Parameters<ApiFixture['approvals']['inbox']['show']>[1] {
  const principal = {
    issuer: 'https://idp.example',
    subject: 'admin',
    groups: ['admins'],
    delegation: [],
    tokenDigest: '',
    expiresAtMs: 0,
  };
  return { principal, isAdmin: true };
}
