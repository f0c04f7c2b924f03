import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { type Har, type HarEntry, readHar } from '../../recording/har-schema.ts';
import { type HttpGateway, SERVICE_SECRET, startHttpGateway } from '../../support/http-gateway.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: http, match: { groups: [agents], methods: [GET], paths: [/plain, /picture, /large, /stream] } }
  - id: people
    effect: allow
    on: http
    match: { groups: [agents], methods: [GET], paths: [/people] }
    mask: [{ columns: ["*.email"], with: partial }]
  - { id: writes, effect: allow, on: http, match: { groups: [agents], methods: [POST], paths: [/orders] } }
  - { id: nothing-deleted, effect: deny, on: http, match: { methods: [DELETE] }, message: Ask the privacy team. }
`;
const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff]);
const LARGE = Buffer.alloc(200_000, 'large ');
const CAP_BYTES = 64 * 1024;
let gateway: HttpGateway;
let session: string;
let answers: Readonly<Record<string, Answered>>;

interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

function service(incoming: IncomingMessage, response: ServerResponse): void {
  incoming.resume();
  const send = (type: string, body: Buffer | string, more: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(200, { 'content-type': type, 'set-cookie': 'sid=cookie-secret', ...more });
    response.end(body);
  };
  const path = incoming.url?.replace(/\?.*/, '');
  if (path === '/picture') return send('image/png', PICTURE);
  if (path === '/large') return send('text/plain', LARGE);
  if (path === '/plain') return send('application/json', gzipSync('{"n":1}'), { 'content-encoding': 'gzip' });
  if (path === '/stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    response.end('data: 2\n\n');
    return;
  }
  if (path === '/orders') return send('application/json', '{"id":1}');
  send('application/json', '{"people":[{"name":"Ada","email":"ada@example.com"}]}');
}

async function ask(agent: Agent, token: string, words: string, body?: string): Promise<Answered> {
  const [method = '', path = ''] = words.split(' ');
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  const url = `${gateway.url.replace('https:', 'http:')}${path}`;
  const outgoing = request(url, { method, headers, agent }, (incoming) => {
    const { statusCode: status = 0, headers: answered } = incoming;
    buffer(incoming).then((bytes) => resolve({ status, headers: answered, body: bytes }), reject);
  });
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

const ASKED: readonly (readonly [words: string, body?: string])[] = [
  ['GET /people?city=Z%C3%BCrich&api_key=query-secret'],
  ['GET /plain'],
  ['GET /picture'],
  ['GET /stream'],
  ['POST /orders', '{"item":"lamp","note":"Zoë"}'],
  ['DELETE /people/7', '{"why":"tidy"}'],
  ['GET /unknown'],
  ['GET /large'],
];

beforeAll(async () => {
  gateway = await startHttpGateway({
    service,
    policy: POLICY,
    listener: { allowLoopbackPlaintext: true },
    recording: { resultBytes: CAP_BYTES },
    api: { groups: { auditors: ['auditors'] } },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const token = await gateway.issuer.token();
  const found: Record<string, Answered> = {};
  for (const [words, body] of ASKED) found[words] = await ask(agent, token, words, body);
  answers = found;
  agent.destroy();
  const records = await gateway.recordsUntil((all) => all.some(({ type }) => type === 'recording.closed'));
  session = String(records.find(({ type }) => type === 'session.opened')?.['session']);
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

async function exported(...options: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const code = await runCli(['sessions', 'export', session, '--har', ...options], {
    stdout: { write: (text) => (texts.out += text) },
    stderr: { write: (text) => (texts.err += text) },
  });
  return { code, ...texts };
}

async function archive(): Promise<Har> {
  return readHar((await exported('-d', gateway.dataDir)).out);
}

async function entryOf(words: string): Promise<HarEntry> {
  const index = ASKED.findIndex(([asked]) => asked === words);
  const entry = (await archive()).log.entries[index];
  if (entry === undefined) throw new Error(`no entry of ${words}`);
  return entry;
}

describe('sallyport sessions export --har', () => {
  it('is HAR 1.2 with an entry for each request, denied ones among them, in their order', async () => {
    const { log } = await archive();
    expect(
      log.entries.map(({ request: { method, url }, response: { status } }) => `${method} ${url} ${status}`),
    ).toEqual([
      'GET http://127.0.0.1/people?city=Z%C3%BCrich&api_key=__secret__ 200',
      'GET http://127.0.0.1/plain 200',
      'GET http://127.0.0.1/picture 200',
      'GET http://127.0.0.1/stream 200',
      'POST http://127.0.0.1/orders 200',
      'DELETE http://127.0.0.1/people/7 403',
      'GET http://127.0.0.1/unknown 403',
      'GET http://127.0.0.1/large 200',
    ]);
  });

  it('is the same by the API, which records who looked', async () => {
    const { out } = await exported('-d', gateway.dataDir);
    const token = await gateway.issuer.token({ sub: 'auditor', groups: ['auditors'] });
    const options = ['--api', gateway.api, '--ca', gateway.caFile, '--token', token];
    expect((await exported(...options)).out).toBe(out);
    await gateway.recordsUntil((all) =>
      all.some(({ type, route }) => type === 'api.access' && route === '/v1/sessions/{id}/recording'),
    );
    const { code, err } = await exported(
      '--api',
      gateway.api,
      '--ca',
      gateway.caFile,
      '--token',
      await gateway.issuer.token(),
    );
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('ERR_API_FORBIDDEN') });
  });

  it('P5, P6: has bodies as they were delivered, and no masked value, token, cookie or credential', async () => {
    const { out } = await exported('-d', gateway.dataDir);
    for (const secret of ['ada@example.com', 'cookie-secret', 'query-secret', SERVICE_SECRET, 'Bearer']) {
      expect(out).not.toContain(secret);
    }
    const people = await entryOf('GET /people?city=Z%C3%BCrich&api_key=query-secret');
    expect(people.response.content.text).toBe(
      String(answers['GET /people?city=Z%C3%BCrich&api_key=query-secret']?.body),
    );
    expect(people.response.content.text).toContain('a***@***.com');
    expect(people['_sallyport']).toMatchObject({
      effect: 'permit',
      rules: ['people'],
      status: 'ok',
      result: { status: 200, masked: expect.anything() },
    });
  });

  it('has text as text, also where it was coded, and everything else in base64', async () => {
    const { content } = (await entryOf('GET /plain')).response;
    expect(content).toMatchObject({ text: '{"n":1}', size: 7, mimeType: 'application/json' });
    expect((await entryOf('GET /stream')).response.content.text).toBe('data: 1\n\ndata: 2\n\n');
    const picture = (await entryOf('GET /picture')).response.content;
    expect(picture.encoding).toBe('base64');
    expect(Buffer.from(picture.text ?? '', 'base64')).toEqual(PICTURE);
    const { postData } = (await entryOf('POST /orders')).request;
    expect(postData).toEqual({ mimeType: 'application/json', text: '{"item":"lamp","note":"Zoë"}' });
  });

  it('has what the gateway answered to what it denied, and why', async () => {
    const entry = await entryOf('DELETE /people/7');
    const told = JSON.parse(String(answers['DELETE /people/7']?.body)) as Readonly<Record<string, unknown>>;
    const { status, detail, code, decision, cause, rules } = told;
    expect(JSON.parse(entry.response.content.text ?? '')).toEqual({
      status,
      detail,
      code,
      decision,
      cause,
      rules,
    });
    expect(entry['_sallyport']).toMatchObject({
      effect: 'deny',
      cause: 'rule',
      rules: ['nothing-deleted'],
      decision,
    });
    expect(entry.request.postData?.text).toBeUndefined();
    expect((await entryOf('GET /unknown'))['_sallyport']).toMatchObject({ effect: 'deny', cause: 'default' });
  });

  it('never shows a part of a body as the whole, says so, and exits with 1', async () => {
    const { code, err } = await exported('-d', gateway.dataDir);
    expect({ code, err }).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^warning: 1 entry does not show all: a cap was reached/),
    });
    const { content } = (await entryOf('GET /large')).response;
    expect(content.text).toBeUndefined();
    expect(content.comment).toMatch(/a cap was reached: \d+ bytes of this exchange were not recorded/);
    expect(content['_sallyport']).toMatchObject({
      isWhole: false,
      part: expect.stringMatching(/^(large )+/),
    });
  });

  it('has one exchange where one is asked for', async () => {
    const one = await exported('-d', gateway.dataDir, '--exchange', '2');
    expect({ ...one, entries: readHar(one.out).log.entries.length }).toMatchObject({
      code: 0,
      err: '',
      entries: 1,
    });
    const none = await exported('-d', gateway.dataDir, '--exchange', '99');
    expect({ ...none, entries: readHar(none.out).log.entries.length }).toMatchObject({ code: 1, entries: 0 });
    expect(await exported('-d', gateway.dataDir, '--format', 'csv')).toMatchObject({ code: 2, out: '' });
  });
});
