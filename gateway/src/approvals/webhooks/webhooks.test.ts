import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { certificateFromLocalCa } from '../../listener/local-ca.ts';
import { approvalsSchema, type WebhookPlan } from '../config.ts';
import type { OpenApprovals } from '../open-approvals.ts';
import { ApprovalsSite, asking } from '../testing/approvals-fixture.ts';
import type { OutboxTerms, WebhookState } from './outbox.ts';

const SECRET = 's3cret-of-the-receiver-0123456789abcdef';
const TERMS: OutboxTerms = { pausesMs: [1, 1, 1], timeoutMs: 2_000, maxQueued: 5, maxInFlight: 1 };
const NOW = { waitMs: 0 };

interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const servers: Server[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A receiver that answers as it is told. */
class ReceivingServer {
  readonly received: Received[] = [];
  answer: (response: ServerResponse, count: number) => void = (response) =>
    void response.writeHead(204).end();
  #news: () => void = () => undefined;
  readonly server: Server = createServer((request, response) => void this.#take(request, response));
  url = '';

  async listen(port: number = 0): Promise<this> {
    servers.push(this.server);
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook?token=of-the-url`;
    return this;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    this.received.push({ path: request.url ?? '', headers: request.headers, body });
    this.answer(response, this.received.length);
    this.#news();
  }

  /** Resolves when so many requests came. */
  async until(count: number): Promise<void> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#news = resolve;
      });
    }
  }
}

function hook(url: string, more: Partial<WebhookPlan> = {}): WebhookPlan {
  vi.stubEnv('HOOK_SECRET', SECRET);
  return {
    name: 'chat',
    url,
    secret: { env: 'HOOK_SECRET' },
    events: ['requested', 'denied'],
    includeText: false,
    ...more,
  };
}

async function untilState(
  approvals: OpenApprovals,
  isSo: (state: WebhookState) => boolean,
): Promise<WebhookState> {
  for (;;) {
    const [state] = approvals.webhooks();
    if (state !== undefined && isSo(state)) return state;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a webhook', () => {
  it('is told, signed, without statement and values', async () => {
    const receiver = await new ReceivingServer().listen();
    const site = new ApprovalsSite();
    const approvals = await site.open({ webhooks: [hook(receiver.url)] }, { outboxTerms: TERMS });
    await approvals.desk.ask(asking(), NOW);
    await receiver.until(1);
    const [notice] = receiver.received;
    const [, seconds = '', mac = ''] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(notice?.headers['sallyport-signature'])) ?? [];
    expect(Number(seconds)).toBe(Math.floor(site.wallMs / 1000));
    expect(mac).toBe(createHmac('sha256', SECRET).update(`${seconds}.${notice?.body}`).digest('hex'));
    expect(notice?.headers).toMatchObject({
      'content-type': 'application/json',
      'sallyport-event': 'approval.requested',
      'sallyport-delivery': expect.stringMatching(/^dlv_[0-9a-f]{24}$/),
    });
    expect(JSON.parse(notice?.body ?? '')).toMatchObject({
      type: 'approval.requested',
      approval: { status: 'open', summary: 'UPDATE on public.orders', requester: { subject: 'alice' } },
    });
    expect(notice?.body).not.toContain('UPDATE orders SET');
    expect(notice?.body).not.toContain('10.00');
    await untilState(approvals, ({ delivered }) => delivered === 1);
  });

  it('gets the statement where the config says so, and never a sensitive value', async () => {
    const receiver = await new ReceivingServer().listen();
    const site = new ApprovalsSite();
    const plan = { webhooks: [hook(receiver.url, { includeText: true })] };
    const { desk } = await site.open(plan, { outboxTerms: TERMS });
    await desk.ask(asking(), NOW);
    await receiver.until(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '').approval).toMatchObject({
      text: 'UPDATE orders SET total = $1 WHERE id = $2',
      parameters: [{ value: '10.00' }, { type: 'int4', sensitive: true, truncated: false }],
    });
    expect(JSON.parse(receiver.received[0]?.body ?? '').approval.parameters[1]).not.toHaveProperty('value');
  });

  it('that fails for a while is told again, by the same delivery id and a new signature', async () => {
    const receiver = await new ReceivingServer().listen();
    const site = new ApprovalsSite();
    receiver.answer = (response, count) => {
      site.wallMs += 60_000;
      response.writeHead(count < 3 ? 503 : 200).end();
    };
    const approvals = await site.open({ webhooks: [hook(receiver.url)] }, { outboxTerms: TERMS });
    await approvals.desk.ask(asking(), NOW);
    const state = await untilState(approvals, ({ delivered }) => delivered === 1);
    expect(state).toMatchObject({ state: 'ok', failed: 0, lastFailure: { reason: 'it answered 503' } });
    const headers = receiver.received.map((one) => one.headers);
    expect(new Set(headers.map((one) => one['sallyport-delivery'])).size).toBe(1);
    expect(new Set(headers.map((one) => one['sallyport-signature'])).size).toBe(3);
    expect(site.logLines.filter((line) => line.includes('cannot be told'))).toHaveLength(1);
    expect(site.logLines.join('')).toContain('the webhook works again');
  });

  it('P10: that is down blocks nobody, and is given up after its last attempt; the log and the API say so', async () => {
    const gone = await new ReceivingServer().listen();
    gone.server.close();
    const site = new ApprovalsSite();
    const approvals = await site.open({ webhooks: [hook(gone.url)] }, { outboxTerms: TERMS });
    expect(await approvals.desk.ask(asking(), NOW)).toMatchObject({ state: 'pending' });
    const state = await untilState(approvals, ({ failed }) => failed === 1);
    expect(state).toMatchObject({
      name: 'chat',
      origin: new URL(gone.url).origin,
      state: 'failing',
      lastFailure: { reason: 'it cannot be reached: ECONNREFUSED' },
    });
    // P6: of the URL nothing but its origin, of the secret nothing.
    expect(site.logLines.join('') + JSON.stringify(state)).not.toMatch(/of-the-url|s3cret/);
    expect(site.logLines.join('')).toContain('given up');
  });

  it('that redirects is not followed, nor asked again', async () => {
    const target = await new ReceivingServer().listen();
    const receiver = await new ReceivingServer().listen();
    receiver.answer = (response) => void response.writeHead(307, { location: target.url }).end();
    const site = new ApprovalsSite();
    const approvals = await site.open({ webhooks: [hook(receiver.url)] }, { outboxTerms: TERMS });
    await approvals.desk.ask(asking(), NOW);
    const state = await untilState(approvals, ({ failed }) => failed === 1);
    expect(state.lastFailure?.reason).toBe('it redirects (307), which is not followed');
    expect([receiver.received.length, target.received.length]).toEqual([1, 0]);
  });

  it.each([400, 401, 404, 410])('that answers %i is not asked again', async (status) => {
    const receiver = await new ReceivingServer().listen();
    receiver.answer = (response) => void response.writeHead(status).end();
    const site = new ApprovalsSite();
    const approvals = await site.open({ webhooks: [hook(receiver.url)] }, { outboxTerms: TERMS });
    await approvals.desk.ask(asking(), NOW);
    await untilState(approvals, ({ failed }) => failed === 1);
    expect(receiver.received).toHaveLength(1);
  });

  it('P10: that answers without end is not read', async () => {
    const receiver = await new ReceivingServer().listen();
    let written = 0;
    const cut = Promise.withResolvers<void>();
    receiver.answer = (response) => {
      response.writeHead(200);
      response.on('close', () => cut.resolve());
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    const site = new ApprovalsSite();
    const approvals = await site.open({ webhooks: [hook(receiver.url)] }, { outboxTerms: TERMS });
    await approvals.desk.ask(asking(), NOW);
    await untilState(approvals, ({ delivered }) => delivered === 1);
    await cut.promise;
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it('P10: that never answers is given up in time', async () => {
    const receiver = await new ReceivingServer().listen();
    receiver.answer = () => undefined;
    const site = new ApprovalsSite();
    const terms = { ...TERMS, timeoutMs: 20, pausesMs: [] };
    const approvals = await site.open({ webhooks: [hook(receiver.url)] }, { outboxTerms: terms });
    await approvals.desk.ask(asking(), NOW);
    const state = await untilState(approvals, ({ failed }) => failed === 1);
    expect(state.lastFailure?.reason).toBe('it did not answer within 20 ms');
  });

  it('P10: a queue has a bound: the oldest notices go, and are counted', async () => {
    const receiver = await new ReceivingServer().listen();
    const held: ServerResponse[] = [];
    receiver.answer = (response) => void held.push(response);
    const site = new ApprovalsSite();
    const approvals = await site.open({ webhooks: [hook(receiver.url)] }, { outboxTerms: TERMS });
    for (let n = 0; n < 12; n += 1) await approvals.desk.ask(asking({ text: String(n) }), NOW);
    expect(approvals.webhooks()[0]).toMatchObject({ queued: 6, dropped: 6 });
    approvals.close();
    await approvals.desk.ask(asking(), NOW).catch(() => undefined);
  });

  it('P6: is told nothing over a connection that anybody could have answered', async () => {
    const site = new ApprovalsSite();
    const clock = { nowMs: (): number => Date.now() };
    const made = await certificateFromLocalCa({ directory: `${site.folder}/tls`, names: [], clock }).load();
    let asked = 0;
    const server = createTlsServer({ cert: made.certificatePem, key: made.keyPem }, (_, response) => {
      asked += 1;
      response.end();
    });
    servers.push(server as unknown as Server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const terms = { ...TERMS, pausesMs: [] };
    const approvals = await site.open({ webhooks: [hook(url)] }, { outboxTerms: terms });
    await approvals.desk.ask(asking(), NOW);
    const state = await untilState(approvals, ({ failed }) => failed === 1);
    expect(state.lastFailure?.reason).toMatch(
      /^it cannot be reached: (SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+)$/,
    );
    expect(asked).toBe(0);
  });

  it('is told only what it asked for', async () => {
    const receiver = await new ReceivingServer().listen();
    const site = new ApprovalsSite();
    const plan = { webhooks: [hook(receiver.url, { events: ['expired'] })] };
    const approvals = await site.open(plan, { outboxTerms: TERMS });
    await approvals.desk.ask(asking(), NOW);
    site.pass(900_000);
    await approvals.sweep();
    await receiver.until(1);
    expect(receiver.received[0]?.headers['sallyport-event']).toBe('approval.expired');
  });
});

describe('the config of webhooks', () => {
  const parse = (more: object): boolean =>
    approvalsSchema.safeParse({
      webhooks: [{ name: 'a', url: 'https://x.example/', secret: { env: 'A' }, ...more }],
    }).success;

  it('takes HTTPS, and plain HTTP to this machine only', () => {
    expect(parse({})).toBe(true);
    expect(parse({ url: 'http://127.0.0.1:9/x' })).toBe(true);
    for (const url of [
      'http://x.example/',
      'ftp://x/',
      'https://u:p@x.example/',
      'x',
      'http://127.0.0.1.x.example/',
    ]) {
      expect(parse({ url })).toBe(false);
    }
    expect(parse({ secret: { none: true } })).toBe(false);
  });

  it('refuses a secret that is too short, at the start', async () => {
    vi.stubEnv('SHORT', 'short');
    const site = new ApprovalsSite();
    await expect(
      site.open({ webhooks: [{ ...hook('https://x.example/'), secret: { env: 'SHORT' } }] }),
    ).rejects.toMatchObject({ code: 'ERR_APPROVALS_WEBHOOK' });
  });
});
