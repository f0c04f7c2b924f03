import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { readHar } from '../../recording/har-schema.ts';
import { decideApproval } from '../../support/approver.ts';
import {
  connectHead,
  connectRaw,
  type ProxyGateway,
  type RawTunnel,
  secureTunnel,
  startProxyGateway,
} from '../../support/forward-proxy.ts';
import type { AuditRecord } from '../../support/gateway.ts';
import { curl } from '../../support/http-clients.ts';
import { askApi } from '../api/api-client.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: agents-connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: http, match: { groups: [agents] } }
  - { id: tunnels, effect: allow, on: tunnel, match: { groups: [agents], hosts: ["*.api.example.test", api.example.test] } }
  - id: small
    effect: allow
    on: tunnel
    match: { groups: [agents], hosts: [other.example.test] }
    limits: { bytes: 20000 }
  - { id: asked, effect: allow, on: tunnel, match: { groups: [agents], hosts: [asked.example.test] }, approval: { by: [dba], within: 15m, wait: 0s } }
  - { id: detected, effect: allow, on: tunnel, match: { groups: [agents], hosts: ["detected.*"] }, mask: [{ detect: [email], with: redact }] }
  - { id: masked, effect: allow, on: tunnel, match: { groups: [agents], hosts: [masked.example.test] }, mask: [{ columns: ["*.email"], with: redact }] }
  - { id: no-deep, effect: deny, on: tunnel, match: { groups: [agents] }, when: "tunnel.host.startsWith('deep.') || tunnel.port == 22" }
`;

const LARGE = 'z'.repeat(200_000);
const service: RequestListener = (request, response) => {
  request.resume();
  if (request.url === '/hang') return;
  response.end(request.url === '/large' ? LARGE : 'served');
};

let gateway: ProxyGateway;
let place: string;
const opened: Socket[] = [];

beforeAll(async () => {
  gateway = await startProxyGateway({
    policy: POLICY,
    service,
    recording: {},
    api: { groups: { admins: ['admins'] } },
    listener: { headTimeoutMs: 2_500 },
    web: { inspect: false, tls: undefined },
    resources: (port) => [
      {
        name: 'silent',
        protocol: 'http',
        destinations: ['silent.test:1'],
        inspect: false,
        credential: { none: true },
        allowAddresses: ['127.0.0.1'],
      },
      {
        name: 'shadow',
        protocol: 'http',
        mode: 'observe',
        destinations: [`*.shadow.test:${port}`],
        inspect: false,
        allowAddresses: ['127.0.0.1'],
        credential: { none: true },
      },
      {
        name: 'inner',
        protocol: 'http',
        destinations: ['*.inner.test'],
        inspect: false,
        credential: { none: true },
      },
    ],
  });
  place = `api.example.test:${gateway.webPort}`;
});
afterAll(() => gateway?.[Symbol.asyncDispose]());
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

async function tunnel(named: string): Promise<RawTunnel> {
  const raw = await connectRaw(gateway, await connectHead(gateway, named));
  opened.push(raw.socket);
  return raw;
}

async function outcomeOf(destination: string): Promise<AuditRecord | undefined> {
  const session = gateway
    .records()
    .findLast(
      ({ details }) =>
        (details as { readonly destination?: string } | undefined)?.destination === destination,
    )?.['session'];
  const isIt = (record: AuditRecord): boolean =>
    record['session'] === session &&
    record['type'] === 'exchange.outcome' &&
    !('tls' in (record['result'] as object));
  return (await gateway.recordsUntil((all) => all.some(isIt))).find(isIt);
}

describe('a tunnel that is not opened', () => {
  it('carries TLS between client and service, which nobody else sees', async () => {
    const args = ['--proxy', await gateway.proxyUrl(), '--cacert', gateway.webCa, `https://${place}/a`];
    expect((await curl(args)).stdout).toBe('served');
    const records = gateway.records();
    const intent = records.findLast(({ summary }) => summary === `tunnel to ${place}`);
    expect(intent).toMatchObject({
      type: 'exchange.intent',
      effect: 'permit',
      rules: ['tunnels'],
      request: { text: `CONNECT ${place}`, host: 'api.example.test', opaque: true },
    });
    const outcome = await outcomeOf(place);
    expect(outcome).toMatchObject({
      status: 'ok',
      result: { sent: expect.any(Number), received: expect.any(Number) },
    });
    expect((outcome?.['result'] as { readonly received: number } | undefined)?.received).toBeGreaterThan(
      1000,
    );
  });

  it('is in archives as what is known of it', async () => {
    const session = String(gateway.records().findLast(({ type }) => type === 'session.closed')?.['session']);
    await gateway.recordsUntil((all) =>
      all.some((one) => one['type'] === 'recording.closed' && one['session'] === session),
    );
    let out = '';
    const sink = { write: (text: string) => (out += text) };
    await runCli(['sessions', 'export', session, '--har', '-d', gateway.dataDir], {
      stdout: sink,
      stderr: sink,
    });
    expect(readHar(out).log.entries).toMatchObject([
      { request: { method: 'CONNECT', url: 'https://api.example.test/' }, response: { status: 200 } },
    ]);
  });

  it('carries much, both ways', async () => {
    const args = ['--proxy', await gateway.proxyUrl(), '--cacert', gateway.webCa];
    const { stdout } = await curl([...args, '--data-binary', '@-', `https://${place}/large`], LARGE);
    expect(stdout).toBe(LARGE);
  });

  it('P3: is not covered by a rule for requests', async () => {
    await gateway.setPolicy(POLICY.replace(/.*id: tunnels.*\n/, ''));
    const { status, head } = await tunnel(place);
    await gateway.setPolicy(POLICY);
    expect(status).toBe(403);
    // The reason is all that many clients show.
    expect(head).toMatch(
      /^HTTP\/1\.1 403 POLICY_DENIED \[dec_[^\]]+\] tunnel to api\.example\.test:\d+: no rule allows it\./,
    );
  });

  it('P3: is refused by what is known of it', async () => {
    const { status, head } = await tunnel(`deep.api.example.test:${gateway.webPort}`);
    expect(status).toBe(403);
    expect(head).toContain('denied by rule no-deep');
  });

  it('P3: leads to no address that is not permitted, and says so before it is there', async () => {
    await gateway.setPolicy(
      `${POLICY}  - { id: inner, effect: allow, on: tunnel, match: { hosts: ["*.inner.test"] } }\n`,
    );
    const { status, body } = await tunnel('a.inner.test:443');
    await gateway.setPolicy(POLICY);
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ code: 'ERR_HTTP_UPSTREAM_ADDRESS' });
    expect(await outcomeOf('a.inner.test:443')).toMatchObject({
      status: 'error',
      result: { code: 'ERR_HTTP_UPSTREAM_ADDRESS' },
    });
  });

  it('is answered 502 where nobody listens', async () => {
    await gateway.setPolicy(
      `${POLICY}  - { id: silent, effect: allow, on: tunnel, match: { hosts: ["silent.test"] } }\n`,
    );
    const { status } = await tunnel('silent.test:1');
    await gateway.setPolicy(POLICY);
    expect(status).toBe(502);
  });

  it.each<readonly [string, string]>([
    ['plain HTTP', 'GET /a HTTP/1.1\r\nHost: api.example.test\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.0\r\n'],
    ['nothing', ''],
    ['half of a handshake', '\x16\x03\x01\x02\x00\x01\x00'],
  ])('P3: carries no %s', async (_what, bytes) => {
    const before = gateway.web.listenerCount('connection');
    const { status, socket } = await tunnel(place);
    expect(status).toBe(200);
    socket.write(Buffer.from(bytes, 'latin1'));
    socket.resume();
    await once(socket, 'close');
    expect(await outcomeOf(place)).toMatchObject({
      status: 'error',
      result: { code: 'ERR_HTTP_TUNNEL', sent: 0, received: 0 },
    });
    expect(gateway.web.listenerCount('connection')).toBe(before);
  });

  it.each([
    ['another name (domain fronting)', { servername: 'other.example.test' }],
    ['no name', {}],
  ])('P3: carries no handshake for %s', async (_what, named) => {
    const { socket } = await tunnel(place);
    const ca = readFileSync(gateway.webCa, 'utf8');
    await expect(secureTunnel(socket, { ca, ...named })).rejects.toThrow();
    expect(await outcomeOf(place)).toMatchObject({
      status: 'error',
      result: { code: 'ERR_HTTP_TUNNEL', sent: 0 },
    });
  });

  it('is cut where it hands out more than a rule allows', async () => {
    const args = ['--proxy', await gateway.proxyUrl(), '--cacert', gateway.webCa];
    const named = `other.example.test:${gateway.webPort}`;
    const small = await curl([...args, `https://${named}/a`]);
    expect(small.stdout).toBe('served');
    const { code, stdout } = await curl([...args, `https://${named}/large`]);
    expect(code).not.toBe(0);
    expect(stdout.length).toBeLessThan(20_000);
    const outcome = await outcomeOf(named);
    expect(outcome).toMatchObject({ status: 'cancelled', result: { code: 'ERR_HTTP_LIMIT' } });
    expect((outcome?.['result'] as { readonly received: number } | undefined)?.received).toBeLessThanOrEqual(
      20_000,
    );
  });

  it('is asked for, approved, and open once', async () => {
    const named = `asked.example.test:${gateway.webPort}`;
    const first = await tunnel(named);
    expect(first.status).toBe(403);
    expect(first.head).toContain('APPROVAL_PENDING');
    const { approval } = JSON.parse(first.body) as { readonly approval: { readonly id: string } };
    await decideApproval(gateway, approval.id, 'approve');
    expect((await tunnel(named)).status).toBe(200);
    expect((await tunnel(named)).status).toBe(403);
    const intent = gateway
      .records()
      .find(({ type, approval: id }) => type === 'approval.requested' && id === approval.id);
    expect(intent).toMatchObject({ target: named, summary: `tunnel to ${named}` });
  });

  it.each([['masked'], ['detected']])(
    'P5: is refused where a rule (%s) asks for masks: nobody sees it',
    async (name) => {
      const { status, head } = await tunnel(`${name}.example.test:${gateway.webPort}`);
      expect(status).toBe(403);
      expect(head).toContain(`rule ${name} cannot be fulfilled`);
    },
  );

  it('P5: is refused in shadow mode to whom rules mask something, and open to others', async () => {
    const named = `a.shadow.test:${gateway.webPort}`;
    expect((await tunnel(named)).status).toBe(403);
    const token = await gateway.issuer.token({ sub: 'other', groups: ['others'] });
    const head = `CONNECT ${named} HTTP/1.1\r\nHost: ${named}\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`;
    const other = await connectRaw(gateway, head);
    opened.push(other.socket);
    expect(other.status).toBe(200);
  });

  it('P12: is cut with its session', async () => {
    const { socket } = await tunnel(place);
    const ca = readFileSync(gateway.webCa, 'utf8');
    const secured = await secureTunnel(socket, { ca, servername: 'api.example.test' });
    secured.on('error', () => undefined);
    secured.write(`GET /hang HTTP/1.1\r\nHost: ${place}\r\n\r\n`);
    const session = gateway.records().findLast(({ type }) => type === 'session.opened')?.['session'];
    const token = await gateway.issuer.token({ sub: 'admin', groups: ['admins'] });
    const closed = once(socket, 'close');
    const killed = await askApi(gateway, `/v1/sessions/${String(session)}/kill`, { token, body: {} });
    expect(killed.status).toBeLessThan(300);
    await closed;
    expect(await outcomeOf(place)).toMatchObject({ status: 'cancelled' });
  });
});
