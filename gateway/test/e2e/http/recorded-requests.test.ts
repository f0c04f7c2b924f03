/** P5: what a client sends that meets masked fields stands in no record as it is: audit, recording, what approvers see as text. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curl } from '../../support/http-clients.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';

const SECRET = 'ann@private.example';
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: writes, effect: allow, on: http, match: { groups: [agents], methods: [POST, PUT] } }
  - id: reads
    effect: allow
    on: http
    match: { groups: [agents], methods: [GET] }
    mask: [ { columns: ["*.email"], with: redact } ]
`;

let gateway: HttpGateway;
let base: string;
let subjects = 0;
const bodies: string[] = [];

/** A service that keeps what it gets. */
async function keep(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  bodies.push(Buffer.concat(chunks).toString('latin1'));
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
}

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (request, response) => void keep(request, response),
    policy: POLICY,
    listener: { allowLoopbackPlaintext: true },
    resource: { inspectionBytes: 4096, methodOverride: 'ignored' },
    api: { groups: { admins: ['admins'] } },
  });
  base = gateway.url.replace('https:', 'http:');
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

/** Everything on file of one request: its audit events, and all that is in the recording. */
async function recordsOf(
  path: string,
  init: RequestInit,
): Promise<{ readonly audit: string; readonly played: string }> {
  subjects += 1;
  const sub = `agent-${subjects}`;
  const token = await gateway.issuer.token({ sub });
  const headers = {
    ...(init.headers as Record<string, string>),
    authorization: `Bearer ${token}`,
    connection: 'close',
  };
  await (await fetch(`${base}${path}`, { ...init, headers })).text();
  const isOurs = (event: Record<string, unknown>): boolean =>
    event['type'] === 'session.opened' && (event['principal'] as { subject: string }).subject === sub;
  const all = await gateway.recordsUntil((records) => {
    const session = records.find(isOurs)?.['session'];
    return records.some(({ type, ...event }) => type === 'recording.closed' && event['session'] === session);
  });
  const session = String(all.find(isOurs)?.['session']);
  const admin = await gateway.issuer.token({ sub: 'admin', groups: ['admins'] });
  const address = `${gateway.api}/v1/sessions/${session}/recording`;
  const { stdout } = await curl([
    '--cacert',
    gateway.caFile,
    '-H',
    `Authorization: Bearer ${admin}`,
    address,
  ]);
  const lines = stdout.split('\n').filter((line) => line !== '');
  // All bytes of it, and whatever else stands in it.
  const played = lines
    .map((line) => JSON.parse(line) as { readonly bytes?: string })
    .map((item) =>
      item.bytes === undefined ? JSON.stringify(item) : Buffer.from(item.bytes, 'base64').toString(),
    )
    .join('');
  return { audit: JSON.stringify(all.filter((event) => event['session'] === session)), played };
}

const json = { 'content-type': 'application/json' };

describe('requests on record', () => {
  it('P5: a parameter that names a masked field is a digest, of a denied request too; the same for the same value', async () => {
    const path = `/customers?email=${encodeURIComponent(SECRET)}&page=2`;
    const posted = await recordsOf(path, { method: 'POST', headers: json, body: '{}' });
    const denied = await recordsOf(path, { method: 'GET' });
    for (const { audit, played } of [posted, denied]) {
      expect(audit).toContain('page=2');
      expect(audit + played).not.toMatch(/ann(@|%40)private/);
    }
    const digest = /email=(__digest_[\w.]+__)/.exec(posted.audit)?.[1];
    expect(digest).toBeDefined();
    expect(denied.audit).toContain(String(digest));
    const plain = await recordsOf('/customers', { method: 'GET' });
    expect(plain.played).toContain('GET /customers');
    expect(plain.played).not.toContain('data-not-recorded');
  });

  it.each([['filter[email]'], ['email[like]'], ['customer.email'], ['email[]'], ['EMAIL']])(
    'P5: a parameter %s compares the field as well: denied, and a digest on record',
    async (name) => {
      const path = `/customers?${encodeURIComponent(name)}=${encodeURIComponent(SECRET)}`;
      const token = await gateway.issuer.token();
      const answer = await fetch(`${base}${path}`, { headers: { authorization: `Bearer ${token}` } });
      expect([answer.status, ((await answer.json()) as { cause: string }).cause]).toEqual([
        403,
        'obligation',
      ]);
      const { audit, played } = await recordsOf(path, { method: 'GET' });
      expect(audit).toContain('__digest_');
      expect(audit + played).not.toMatch(/ann(@|%40)private/);
    },
  );

  it.each([
    ['JSON', json, `{"email":"${SECRET}","note":"kept"}`],
    [
      'a form',
      { 'content-type': 'application/x-www-form-urlencoded' },
      `email=${encodeURIComponent(SECRET)}&note=kept`,
    ],
    [
      'JSON in gzip',
      { ...json, 'content-encoding': 'gzip' },
      gzipSync(`{"email":"${SECRET}","note":"kept"}`),
    ],
    [
      'JSON beyond what is looked at',
      json,
      `{"x":"${'x'.repeat(20_000)}","email":"${SECRET}","note":"kept"}`,
    ],
  ])('P5: %s is masked in the recording, and reaches the service as it is', async (_what, headers, body) => {
    const { audit, played } = await recordsOf('/customers', {
      method: 'POST',
      headers,
      body: body as string,
    });
    expect(bodies.at(-1)).toBe(Buffer.from(body as string).toString('latin1'));
    expect(audit + played).not.toMatch(/ann(@|%40)private/);
    expect(played).toContain('kept');
    expect(played).toMatch(/redacted/);
  });

  it.each([
    ['bytes', { 'content-type': 'application/octet-stream' }, `\u0001${SECRET}`],
    ['JSON that is none', json, `{"a":1,"email":"${SECRET}" oops`],
  ])(
    'P5: %s in which fields cannot be found are not recorded, and that is said',
    async (_what, headers, body) => {
      const { audit, played } = await recordsOf('/upload', { method: 'PUT', headers, body });
      expect(bodies.at(-1)).toBe(body);
      expect(audit + played).not.toContain('ann@');
      expect(played).toContain('data-not-recorded');
    },
  );
});
