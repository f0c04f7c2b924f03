/** Slack against a stand-in of its API: what the channel is told, and who is heard. */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asking, groundsOf, needs } from '../approvals/testing/approvals-fixture.ts';
import type { ApprovalAsk } from '../model/approval.ts';
import { type ApiFixture, createApiFixture, problemOf } from './testing/api-fixture.ts';

interface Call {
  readonly method: string;
  readonly token: string;
  readonly body: {
    readonly channel: string;
    readonly text: string;
    readonly ts?: string;
    readonly user?: string;
    readonly blocks?: readonly object[];
  };
}

const SECRET = 'signing-secret-of-the-app';

let slack: Server;
let calls: Call[];
let answers: (() => { readonly status?: number; readonly body: object })[];
let fixture: ApiFixture;

beforeEach(async () => {
  calls = [];
  answers = [];
  slack = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      calls.push({
        method: (request.url ?? '').replace('/api/', ''),
        token: request.headers.authorization ?? '',
        body: JSON.parse(text),
      });
      const { status = 200, body } = answers.shift()?.() ?? { body: { ok: true, ts: `${calls.length}.1` } };
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => slack.listen(0, '127.0.0.1', resolve));
  process.env['TEST_SLACK_TOKEN'] = 'xoxb-token';
  process.env['TEST_SLACK_SECRET'] = SECRET;
  fixture = await createApiFixture({
    approvals: {
      slack: {
        channel: 'C0TEST',
        token: { env: 'TEST_SLACK_TOKEN' },
        signingSecret: { env: 'TEST_SLACK_SECRET' },
        api: `http://127.0.0.1:${(slack.address() as AddressInfo).port}/api`,
      },
    },
  });
});

afterEach(() => {
  slack.closeAllConnections();
  slack.close();
});

async function opened(
  ask: ApprovalAsk = asking(),
): Promise<{ readonly id: string; readonly digest: string }> {
  const outcome = await fixture.approvals.desk.ask(ask, { waitMs: 0 });
  if (outcome.state !== 'pending') throw new Error(outcome.state);
  const shown = (await fixture.read(`/v1/approvals/${outcome.id}`)) as { readonly digest: string };
  return { id: outcome.id, digest: shown.digest };
}

function signedHeaders(
  body: string,
  more: { readonly atMs?: number; readonly secret?: string } = {},
): Record<string, string> {
  const timestamp = String(Math.floor((more.atMs ?? fixture.nowMs()) / 1000));
  const mac = createHmac('sha256', more.secret ?? SECRET)
    .update(`v0:${timestamp}:${body}`)
    .digest('hex');
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${mac}`,
  };
}

const send = (body: string, headers: Record<string, string> = signedHeaders(body)): Promise<Response> =>
  fixture.ask('/v1/slack/events', { token: '', method: 'POST', body, headers });

const press = (
  user: string,
  { id, digest }: { readonly id: string; readonly digest: string },
  verdict = 'approve',
): string => {
  const payload = {
    type: 'block_actions',
    team: { id: 'T1' },
    user: { id: user },
    channel: { id: 'C0TEST' },
    actions: [{ action_id: `sallyport_${verdict}`, value: `${id} ${digest}` }],
    nonce: Math.random(),
  };
  return `payload=${encodeURIComponent(JSON.stringify(payload))}`;
};

/** Links a user of Slack to the person of a token. */
async function linked(user: string, token: string): Promise<string> {
  const { text } = (await fixture.read('/v1/slack/codes', { token, body: {} })) as { readonly text: string };
  const body = new URLSearchParams({ command: '/sallyport', text, team_id: 'T1', user_id: user }).toString();
  return ((await (await send(body)).json()) as { readonly text: string }).text;
}

const status = async (id: string): Promise<unknown> =>
  ((await fixture.read(`/v1/approvals/${id}`)) as { readonly status: string }).status;

const told = (method: string): Promise<Call> =>
  vi.waitFor(() => {
    const found = calls.find((call) => call.method === method);
    if (found === undefined) throw new Error(`no ${method} yet`);
    return found;
  });

describe('Slack', () => {
  it('is told of what waits, with buttons and without statement and values, and the message changes with it', async () => {
    const request = await opened();
    const first = await told('chat.postMessage');
    expect(first).toMatchObject({ token: 'Bearer xoxb-token', body: { channel: 'C0TEST' } });
    const text = JSON.stringify(first.body);
    expect(text).toContain('UPDATE on public.orders');
    expect(text).toContain(`${request.id} ${request.digest}`);
    expect(text).not.toContain('SET total');
    expect(text).not.toContain('10.00');
    await linked('U1', 'dora');
    expect((await send(press('U1', request))).status).toBe(200);
    const changed = await told('chat.update');
    expect(changed.body.ts).toBe('1.1');
    expect(JSON.stringify(changed.body)).toContain('approved by dora');
    expect(JSON.stringify(changed.body)).not.toContain('sallyport_approve');
  });

  it('an answer counts for the person to whom the user is linked, and is on record as theirs', async () => {
    const request = await opened();
    expect(await linked('U1', 'dora')).toMatch(/^You answer as dora until /);
    await send(press('U1', request));
    expect(await status(request.id)).toBe('approved');
    const types = await fixture.events();
    expect(types).toContain('slack.linked');
    const access = (await fixture.accesses()).find(({ route }) => route === '/v1/slack/events');
    expect(access).toMatchObject({
      principal: { subject: 'dora' },
      outcome: 'permit',
      details: { verdict: 'approve' },
    });
  });

  it.each([
    ['without a signature', (_body: string) => ({})],
    ['signed by another key', (body: string) => signedHeaders(body, { secret: 'guessed' })],
    ['ten minutes late', (body: string) => signedHeaders(body, { atMs: fixture.nowMs() - 600_000 })],
    ['of the future', (body: string) => signedHeaders(body, { atMs: fixture.nowMs() + 600_000 })],
    ['signed for another body', (_body: string) => signedHeaders('other')],
  ])('a request %s does not count', async (_what, headers) => {
    const request = await opened();
    await linked('U1', 'dora');
    const body = press('U1', request);
    const response = await send(body, {
      'content-type': 'application/x-www-form-urlencoded',
      ...headers(body),
    });
    expect((await problemOf(response)).status).toBe(401);
    expect(await status(request.id)).toBe('open');
    expect(await fixture.events()).toContain('authentication.failed');
  });

  it('a request that is replayed does not count, nor does a code that is', async () => {
    const request = await opened(asking({}, groundsOf([needs(['dba'], { count: 2 })])));
    await linked('U1', 'dora');
    const body = press('U1', request);
    const headers = signedHeaders(body);
    expect((await send(body, headers)).status).toBe(200);
    expect((await problemOf(await send(body, headers))).status).toBe(401);
    const { text } = (await fixture.read('/v1/slack/codes', { token: 'dave', body: {} })) as {
      readonly text: string;
    };
    const type = (user: string): string =>
      new URLSearchParams({ command: '/sallyport', text, team_id: 'T1', user_id: user }).toString();
    await send(type('U2'));
    expect(await (await send(type('U3'))).json()).toMatchObject({
      text: expect.stringContaining('was used'),
    });
    await send(press('U3', request));
    expect(await status(request.id)).toBe('open');
    await send(press('U2', request));
    expect(await status(request.id)).toBe('approved');
  });

  it.each([
    ['nobody', undefined],
    ['somebody whom no rule names', 'sam'],
    ['an admin without the group', 'admin'],
  ])('a user who is linked to %s answers nothing, and is told so alone', async (_who, token) => {
    const request = await opened();
    if (token !== undefined) await linked('U1', token);
    expect((await send(press('U1', request))).status).toBe(200);
    const { body } = await told('chat.postEphemeral');
    expect(body).toMatchObject({ user: 'U1', channel: 'C0TEST' });
    expect(body.text).toMatch(/not linked|Nothing was answered/);
    expect(await status(request.id)).toBe('open');
  });

  it('nobody answers what they asked for themselves by way of Slack, nor what they did not look at', async () => {
    const own = await opened(asking({ subject: 'dora', agent: undefined }));
    await linked('U1', 'dora');
    await send(press('U1', own));
    expect(await status(own.id)).toBe('open');
    const other = await opened(asking({ text: 'second' }));
    await send(press('U1', { id: other.id, digest: own.digest }));
    expect(await status(other.id)).toBe('open');
  });

  it('has no buttons where the rule asks for a comment, and an answer by one does not count', async () => {
    const request = await opened(asking({}, groundsOf([needs(['dba'], { comment: 'required' })])));
    expect(JSON.stringify((await told('chat.postMessage')).body)).not.toContain('sallyport_approve');
    await linked('U1', 'dora');
    await send(press('U1', request));
    expect(await status(request.id)).toBe('open');
  });

  it('a link that its person ended is over', async () => {
    const request = await opened();
    await linked('U1', 'dora');
    expect(await fixture.read('/v1/slack/links', { token: 'dora', method: 'DELETE' })).toEqual({
      removed: 1,
    });
    await send(press('U1', request));
    expect(await status(request.id)).toBe('open');
  });

  it('nothing that a request holds formats, links or mentions', async () => {
    const view = { ...asking().view, summary: '<!channel> *UPDATE* <https://evil.example|here> & so on' };
    await opened({ ...asking(), view });
    const text = JSON.stringify((await told('chat.postMessage')).body);
    expect(text).toContain('&lt;!channel&gt;');
    expect(text).not.toContain('<!channel>');
    expect(text).not.toContain('<https:');
  });

  it('P10: what fails is tried again where it may pass, and the state is told without a secret', async () => {
    answers.push(() => ({ status: 429, body: {} }));
    await opened();
    await vi.waitFor(
      () => expect(calls.filter(({ method }) => method === 'chat.postMessage')).toHaveLength(2),
      10_000,
    );
    const { webhooks } = (await fixture.read('/v1/approvals/webhooks')) as {
      readonly webhooks: readonly { readonly name: string }[];
    };
    expect(webhooks).toMatchObject([{ name: 'C0TEST' }]);
    expect(JSON.stringify(webhooks)).not.toContain('xoxb');
    expect(fixture.logLines.join('')).not.toContain('xoxb');
  });
});

describe('a gateway without Slack', () => {
  it('has nothing there', async () => {
    const bare = await createApiFixture();
    expect((await bare.ask('/v1/slack/events', { token: '', method: 'POST', body: 'x' })).status).toBe(404);
    expect((await bare.ask('/v1/slack/codes', { token: 'dora', body: {} })).status).toBe(404);
  });
});
