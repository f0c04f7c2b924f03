import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IssuedCredential } from '../../../src/api/contract/credential.ts';
import { HttpPlayback } from '../../../src/protocols/http/playback/http-playback.ts';
import { curl } from '../../support/http-clients.ts';
import { type HttpGateway, SERVICE_SECRET, startHttpGateway } from '../../support/http-gateway.ts';
import { askApi } from '../api/api-client.ts';

let gateway: HttpGateway;
let base: string;
const upstreamSockets = new Set<unknown>();
let held: { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined;
interface LiveRow {
  readonly session: string;
  readonly principal: { readonly subject: string };
}

const BLOCK = Buffer.alloc(64 * 1024, 'z');
const BLOCKS = 1_600;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function service(request: IncomingMessage, response: ServerResponse): Promise<void> {
  upstreamSockets.add(request.socket);
  request.resume();
  if (request.url === '/hang') {
    held = { request, response };
    return;
  }
  if (request.url === '/large') {
    for (let index = 0; index < BLOCKS; index += 1) {
      if (!response.write(BLOCK)) await once(response, 'drain');
    }
    response.end();
    return;
  }
  response.setHeader('set-cookie', 'sid=cookie-secret');
  response.setHeader('content-type', 'application/json');
  response.end('{"name":"Ada"}');
}

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (request, response) => void service(request, response),
    listener: { allowLoopbackPlaintext: true },
    recording: {},
    api: { groups: { admins: ['admins'] } },
    identity: { expiryGraceMs: 0 },
  });
  base = gateway.url.replace('https:', 'http:');
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

describe('sessions', () => {
  it('P10: a large download streams in flat memory', async () => {
    const token = await gateway.issuer.token();
    const answer = await fetch(`${base}/large`, { headers: bearer(token) });
    let bytes = 0;
    let most = 0;
    collect();
    const before = process.memoryUsage().arrayBuffers;
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      if (bytes % (256 * BLOCK.length) < chunk.length) {
        // What is freed is given back beside this thread: once more after a turn.
        collect();
        await new Promise((resolve) => setImmediate(resolve));
        collect();
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
    }
    expect(bytes).toBe(BLOCK.length * BLOCKS);
    expect(most).toBeLessThan(16 * 1024 * 1024);
  }, 60_000);

  it('keeps the connection to the service for the same principal, and never shares it with another', async () => {
    const [mine, theirs] = [await gateway.issuer.token(), await gateway.issuer.token({ sub: 'agent-2' })];
    const ask = async (token: string): Promise<void> => {
      await (await fetch(`${base}/a`, { headers: { ...bearer(token), connection: 'close' } })).text();
    };
    await ask(mine);
    upstreamSockets.clear();
    await ask(mine);
    await ask(mine);
    expect(upstreamSockets.size).toBe(1);
    await ask(theirs);
    expect(upstreamSockets.size).toBe(2);
  });

  it('P12: a kill cuts the client and the work of the service at once', async () => {
    const token = await gateway.issuer.token({ sub: 'agent-killed' });
    const answer = fetch(`${base}/hang`, { headers: bearer(token) });
    answer.catch(() => undefined);
    await expect.poll(() => held !== undefined).toBe(true);
    const gone = once(held?.request.socket as never, 'close');
    const admin = await gateway.issuer.token({ sub: 'admin', groups: ['admins'] });
    const sessions = (await askApi(gateway, '/v1/sessions', { token: admin })).json;
    const list = (sessions as { readonly sessions: readonly LiveRow[] }).sessions;
    const id = list.find(({ principal }) => principal.subject === 'agent-killed')?.session ?? '';
    const killed = await askApi(gateway, `/v1/sessions/${id}/kill`, { token: admin, body: {} });
    expect(killed.status).toBeLessThan(300);
    await expect(answer).rejects.toThrow();
    await gone;
    held = undefined;
  });

  it('P12: what is in flight at the end of the token is cancelled, and the next request is answered 401', async () => {
    const token = await gateway.issuer.token({ sub: 'agent-short', expiresIn: 2 });
    const answer = await fetch(`${base}/hang`, { headers: bearer(token) });
    expect(answer.status).toBe(401);
    held = undefined;
    expect((await fetch(`${base}/a`, { headers: bearer(token) })).status).toBe(401);
  });

  it('a session credential logs in by Basic and by Bearer, for its resource alone, until it is revoked', async () => {
    const token = await gateway.issuer.token();
    const body = { resource: 'shop', sslrootcert: gateway.caFile };
    const minted = await askApi(gateway, '/v1/credentials', { token, body });
    expect(minted.status).toBe(200);
    const { url, id, secret } = minted.json as IssuedCredential;
    const byUrl = await curl(['--cacert', gateway.caFile, `${url}a`]);
    expect(byUrl.stdout).toBe('{"name":"Ada"}');
    const asBearer = bearer(`${id}.${secret}`);
    expect((await fetch(`${base}/a`, { headers: asBearer })).status).toBe(200);
    expect((await fetch(`${base}/a`, { headers: bearer(`${id}.slp_${'0'.repeat(36)}`) })).status).toBe(401);
    await askApi(gateway, `/v1/credentials/${id}`, { method: 'DELETE', token });
    expect((await fetch(`${base}/a`, { headers: asBearer })).status).toBe(401);
  });

  it('P5 P6: records what was delivered, without cookies and tokens', async () => {
    const token = await gateway.issuer.token({ sub: 'agent-recorded' });
    const answer = await fetch(`${base}/customers?id=7&api_key=query-secret`, {
      method: 'POST',
      headers: { ...bearer(token), 'content-type': 'application/json', connection: 'close' },
      body: '{"note":"hello"}',
    });
    await answer.text();
    const records = await gateway.recordsUntil((all) => {
      const opened = all.find(
        ({ type, principal }) =>
          type === 'session.opened' && (principal as { subject: string }).subject === 'agent-recorded',
      );
      return all.some(({ type, session }) => type === 'recording.closed' && session === opened?.['session']);
    });
    const session = records.find(
      ({ type, principal }) =>
        type === 'session.opened' && (principal as { subject: string }).subject === 'agent-recorded',
    )?.['session'];
    const admin = await gateway.issuer.token({ sub: 'admin', groups: ['admins'] });
    const address = `${gateway.api}/v1/sessions/${String(session)}/recording`;
    const played = await curl(['--cacert', gateway.caFile, '-H', `Authorization: Bearer ${admin}`, address]);
    const playback = new HttpPlayback();
    const text = played.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { readonly kind: 'request' | 'response'; readonly bytes?: string })
      .flatMap(({ kind, bytes }) =>
        bytes === undefined ? [] : playback.take(Buffer.from(bytes, 'base64'), kind),
      )
      .map((item) => JSON.stringify(item))
      .join('\n');
    expect(text).toContain('POST /customers');
    expect(text).toContain('hello');
    expect(text).toContain('Ada');
    expect(text).not.toContain('cookie-secret');
    const intent = records.findLast(
      (event) => event['type'] === 'exchange.intent' && event['session'] === session,
    );
    expect(intent?.['request']).toMatchObject({ text: 'POST /customers?id=7&api_key=__secret__' });
    expect(JSON.stringify(records) + played.stdout).not.toContain('query-secret');
    expect(text).not.toContain(token);
    expect(text).not.toContain(SERVICE_SECRET);
  });
});
