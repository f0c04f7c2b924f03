import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curl } from '../../support/http-clients.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { askHttp2, connectHttp2 } from '../../support/http2-client.ts';

const BLOCK = Buffer.alloc(64 * 1024, 'z');
const BLOCKS = 1_600;
const PEOPLE = '[{"name":"Ada","email":"ada@example.com"},{"name":"Bob","email":"bob@example.com"}]';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let gateway: HttpGateway;
let session: ClientHttp2Session;
let token: string;
const held = new Map<string, { readonly request: IncomingMessage; readonly response: ServerResponse }>();

async function service(request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (request.url) {
    case '/large':
      for (let index = 0; index < BLOCKS; index += 1) {
        if (!response.write(BLOCK)) await once(response, 'drain');
      }
      response.end();
      return;
    case '/masked':
      response.setHeader('content-type', 'application/json');
      response.setHeader('content-encoding', 'gzip');
      response.setHeader('etag', '"1"');
      response.end(gzipSync(PEOPLE));
      return;
    case '/names':
      // As bytes: UTF-8, and Latin-1.
      response.setHeader('x-utf8', Buffer.from('caf\u00e9').toString('latin1'));
      response.setHeader('x-latin1', 'caf\u00e9');
      // Node writes a head as UTF-8 where a text follows.
      response.end(Buffer.from('fine'));
      return;
    default:
      held.set(request.url ?? '', { request, response });
  }
}

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (request, response) => void service(request, response),
    policy: `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: http, match: { groups: [agents] } }
  - { id: masked, effect: allow, on: http, match: { groups: [agents], paths: [/masked] }, mask: [ { columns: ["*.email"], with: redact } ] }
  - { id: short, effect: allow, on: http, match: { groups: [agents], paths: [/short] }, limits: { bytes: 1000 } }
  - id: no-secrets
    effect: deny
    on: http
    match: { paths: [/notes] }
    when: "http.body.text == 'secret'"
`,
  });
  token = await gateway.issuer.token();
  session = await connectHttp2(gateway);
});
afterAll(async () => {
  session?.destroy();
  await gateway?.[Symbol.asyncDispose]();
});

const authorization = (): { readonly authorization: string } => ({ authorization: `Bearer ${token}` });

describe('bodies over HTTP/2', () => {
  it('P5: are masked like any other, whatever coding they come in', async () => {
    const answer = await askHttp2(session, '/shop/masked', token);
    expect(answer.body).not.toContain('@example.com');
    expect(JSON.parse(answer.body)).toHaveLength(2);
    expect(answer.headers).not.toHaveProperty('etag');
    expect(answer.headers).not.toHaveProperty('content-length');
  });

  it('P3: are judged before anything of the request is sent', async () => {
    const json = { 'content-type': 'application/json' };
    const denied = await askHttp2(session, '/shop/notes', token, {
      headers: json,
      body: '{"text":"secret"}',
    });
    expect(denied.status).toBe(403);
    expect(held.has('/notes')).toBe(false);
    const passes = askHttp2(session, '/shop/notes', token, { headers: json, body: '{"text":"hello"}' });
    await expect.poll(() => held.has('/notes')).toBe(true);
    held.get('/notes')?.response.end();
    expect((await passes).status).toBe(200);
  });

  it('P10: beyond a limit the stream is reset, and the connection goes on', async () => {
    const cut = askHttp2(session, '/shop/short', token);
    await expect.poll(() => held.has('/short')).toBe(true);
    held.get('/short')?.response.write('x'.repeat(2_000));
    await expect(cut).rejects.toThrow();
    expect((await askHttp2(session, '/shop/names', token)).status).toBe(200);
  });

  it('come with the same bytes beyond ASCII in their fields', async () => {
    const { headers } = await askHttp2(session, '/shop/names', token);
    expect(headers).toMatchObject({ 'x-utf8': 'caf\u00c3\u00a9', 'x-latin1': 'caf\u00e9' });
  });

  it('events arrive as they are sent', async () => {
    const stream = session.request({
      ':path': '/shop/events',
      accept: 'text/event-stream',
      ...authorization(),
    });
    await expect.poll(() => held.has('/events')).toBe(true);
    const response = held.get('/events')?.response;
    response?.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const text of ['data: one\n\n', 'data: two\n\n']) {
      response?.write(text);
      const [chunk] = (await once(stream, 'data')) as [Buffer];
      expect(chunk.toString()).toBe(text);
    }
    response?.end();
    await once(stream, 'end');
  });

  it('a client that waits for leave to send its body is given it', async () => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/shop/expects',
      expect: '100-continue',
      ...authorization(),
    });
    await once(stream, 'continue');
    stream.end('body');
    await expect.poll(() => held.has('/expects')).toBe(true);
    held.get('/expects')?.response.end();
    expect((await once(stream, 'response'))[0]).toMatchObject({ ':status': 200 });
  });

  it('P10: a service that does not read holds up the client, and nothing is held beyond window and windows', async () => {
    const stream = session.request({ ':method': 'PUT', ':path': '/shop/upload', ...authorization() });
    let sent = 0;
    const more = (): void => {
      while (sent < BLOCKS * BLOCK.length) {
        sent += BLOCK.length;
        if (!stream.write(BLOCK)) {
          stream.once('drain', more);
          return;
        }
      }
      stream.end();
    };
    more();
    await expect.poll(() => held.has('/upload')).toBe(true);
    let before = -1;
    await expect
      .poll(
        () => {
          const isStill = before === sent;
          before = sent;
          return isStill;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    let bytes = 0;
    for await (const chunk of held.get('/upload')?.request ?? []) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(BLOCKS * BLOCK.length);
    held.get('/upload')?.response.end('taken');
    expect((await once(stream, 'response'))[0]).toMatchObject({ ':status': 200 });
  }, 60_000);

  it('P10: more bodies than there is memory for wait for room, and all are served', async () => {
    const streams = Array.from({ length: 90 }, (_, index) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': `/shop/body/${index}`,
        'content-type': 'application/json',
        ...authorization(),
      });
      stream.write('"first ');
      return stream;
    });
    const heads = streams.map((stream) => once(stream, 'response'));
    for (const stream of streams) stream.end('second"');
    for (const index of streams.keys()) {
      await expect.poll(() => held.has(`/body/${index}`)).toBe(true);
      held.get(`/body/${index}`)?.response.end();
    }
    expect((await Promise.all(heads)).map(([head]) => (head as Record<string, unknown>)[':status'])).toEqual(
      Array(90).fill(200),
    );
  });

  it('P10: a large download streams in flat memory', async () => {
    const stream = session.request({ ':path': '/shop/large', ...authorization() });
    let bytes = 0;
    let most = 0;
    collect();
    const before = process.memoryUsage().arrayBuffers;
    for await (const chunk of stream) {
      bytes += (chunk as Buffer).length;
      if (bytes % (256 * BLOCK.length) < (chunk as Buffer).length) {
        collect();
        await new Promise((resolve) => setImmediate(resolve));
        collect();
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
    }
    expect(bytes).toBe(BLOCK.length * BLOCKS);
    expect(most).toBeLessThan(16 * 1024 * 1024);
  }, 60_000);

  it('an answer before the end of the request is heard, and the rest is not wanted', async () => {
    const stream = session.request({ ':method': 'PUT', ':path': '/shop/early', ...authorization() });
    stream.on('error', () => undefined);
    stream.write(Buffer.alloc(300_000));
    await expect.poll(() => held.has('/early')).toBe(true);
    held.get('/early')?.response.writeHead(413).end('too large');
    const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(head).toMatchObject({ ':status': 413 });
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(stream, 'end');
    expect(text).toBe('too large');
    await expect.poll(() => stream.closed).toBe(true);
    expect((await askHttp2(session, '/shop/names', token)).status).toBe(200);
  });

  it('many transfers side by side with curl', async () => {
    const args = Array.from({ length: 12 }, () => [`${gateway.url}/names`, '-o', '/dev/null']).flat();
    const got = await curl([
      '--http2',
      '--parallel',
      '--cacert',
      gateway.caFile,
      '-H',
      `Authorization: Bearer ${token}`,
      '-w',
      '%{http_version} %{http_code}\n',
      ...args,
    ]);
    expect(got.stdout.trim().split('\n')).toEqual(Array(12).fill('2 200'));
  });
});
