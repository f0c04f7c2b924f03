/** WebSocket clients and servers of others, through the gateway. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WebSocket as WsClient } from 'ws';
import { runCli } from '../../../../src/cli/cli.ts';
import { decideApproval } from '../../../support/approver.ts';
import { SERVICE_SECRET, startHttpGateway } from '../../../support/http-gateway.ts';
import { askApi } from '../../api/api-client.ts';
import {
  base,
  dial,
  gateway,
  open,
  POLICY,
  refusal,
  type Seen,
  seen,
  serve,
  sessionOf,
  useSockets,
} from './sockets.ts';

useSockets();

describe('a WebSocket', () => {
  it('carries messages of ws both ways', async () => {
    const { socket, next, closed } = await dial('/live', { protocols: ['other', 'chat'] });
    expect(socket.protocol).toBe('chat');
    expect(socket.extensions).toBe('');
    socket.send('{"action":"greet"}');
    expect(JSON.parse(await next())).toEqual({ echo: '{"action":"greet"}', email: 'ada@example.com' });
    socket.send(Buffer.alloc(100_000, 7));
    expect(await next()).toHaveLength(100_000);
    const [{ request }] = seen as [Seen];
    expect(request.url).toBe('/live');
    expect(request.headers).toMatchObject({
      authorization: `Bearer ${SERVICE_SECRET}`,
      origin: 'https://app.example',
      cookie: 'a=1',
      'sec-websocket-protocol': 'other, chat',
      'sec-websocket-version': '13',
    });
    expect(request.headers['sec-websocket-extensions']).toBeUndefined();
    socket.close(4000, 'done');
    expect(await closed()).toEqual([4000, '']);
  });

  it('carries messages of the client that is built into Node', async () => {
    const socket = new WebSocket(`${base}/live`, {
      headers: { authorization: `Bearer ${await gateway.issuer.token()}` },
    } as unknown as string[]);
    open.push(socket);
    await once(socket, 'open');
    socket.send('{"action":"größer"}');
    const [event] = (await once(socket, 'message')) as [{ readonly data: string }];
    expect(JSON.parse(event.data)).toMatchObject({ echo: '{"action":"größer"}' });
    socket.close(1000);
    const [close] = (await once(socket, 'close')) as [CloseEvent];
    expect([close.code, close.wasClean]).toEqual([1000, true]);
  });

  it('is served with TLS, and carries what the service sends right behind its 101', async () => {
    const headers = { authorization: `Bearer ${await gateway.issuer.token()}` };
    const ca = readFileSync(gateway.caFile);
    const socket = new WsClient(`${gateway.url.replace('https:', 'wss:')}/early`, { headers, ca });
    open.push(socket);
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(data.toString()).toBe('early');
  });

  it('P10: what a client does not take holds up the service', async () => {
    const { socket } = await dial('/live');
    socket.pause();
    const [{ socket: service }] = seen as [Seen];
    const block = Buffer.alloc(256 * 1024, 'z');
    let sent = 0;
    // Kernel buffers take some megabytes; a gateway that gathered would take all of it.
    while (service.bufferedAmount < 4 * block.length && sent < 1_000) {
      service.send(block);
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(200);
    let came = 0;
    const all = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        came += 1;
        expect(data).toHaveLength(block.length);
        if (came === sent) resolve();
      });
    });
    socket.resume();
    await all;
  });

  it('P3: is not opened by a rule that says nothing of it', async () => {
    const answer = await fetch(`${gateway.url.replace('https:', 'http:')}/other`, {
      headers: { authorization: `Bearer ${await gateway.issuer.token()}` },
    });
    expect(await answer.text()).toBe('plain');
    const [status, body] = await refusal('/other');
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({
      code: 'POLICY_DENIED',
      detail: expect.stringContaining('WebSocket to /other'),
    });
    expect(seen).toHaveLength(0);
  });

  it('P9: a denied message is not sent, and the close frame says why', async () => {
    const { socket, closed } = await dial('/live');
    socket.send(JSON.stringify({ action: 'delete', id: 1 }));
    const [code, reason] = await closed();
    expect(code).toBe(1008);
    expect(reason).toMatch(/^POLICY_DENIED \[dec_/);
    expect(seen[0]?.messages).toEqual([]);
    await gateway.recordsUntil((records) =>
      records.some(
        (record) =>
          record['type'] === 'exchange.outcome' && JSON.stringify(record).includes('"closeCode":1008'),
      ),
    );
  });

  it('P5: masks what the service says', async () => {
    const { socket, next } = await dial('/private');
    socket.send('{"action":"read"}');
    const text = await next();
    expect(text).not.toContain('ada@example.com');
    expect(JSON.parse(text)).toMatchObject({ echo: '{"action":"read"}' });
  });

  it('a message waits for people, and goes when they agree', async () => {
    const { socket, next } = await dial('/ask');
    socket.send('{"action":"pay"}');
    const records = await gateway.recordsUntil((all) =>
      all.some((record) => record['type'] === 'approval.requested'),
    );
    expect(seen[0]?.messages).toEqual([]);
    const requested = records.find((record) => record['type'] === 'approval.requested');
    await decideApproval(gateway, String(requested?.['approval'] ?? requested?.['id']), 'approve');
    expect(JSON.parse(await next())).toMatchObject({ echo: '{"action":"pay"}' });
  });

  it('P12: a kill ends it with a close frame, and the audit says so', async () => {
    const token = await gateway.issuer.token({ sub: 'agent-killed' });
    const { socket, next, closed } = await dial('/live', { token });
    socket.send('{"action":"greet"}');
    await next();
    const session = await sessionOf('agent-killed');
    const admin = await gateway.issuer.token({ sub: 'root', groups: ['admins'] });
    await askApi(gateway, `/v1/sessions/${session}/kill`, { token: admin, body: { reason: 'enough' } });
    const [code, reason] = await closed();
    expect(code).toBe(1008);
    expect(reason).toContain('the session was ended');
    const records = await gateway.recordsUntil((all) =>
      all.some((record) => record['type'] === 'session.closed' && record['session'] === session),
    );
    expect(
      records.find((record) => record['type'] === 'session.closed' && record['session'] === session),
    ).toMatchObject({ exchanges: 2 });
  });

  it('P12: it ends with its token', async () => {
    const token = await gateway.issuer.token({ sub: 'agent-short', expiresIn: 2 });
    const { closed } = await dial('/live', { token });
    expect(await closed()).toEqual([1008, 'the token of this session has ended']);
  });

  it('P9: a run that repeats what is denied is stopped, on open WebSockets too', async () => {
    const token = await gateway.issuer.token({ sub: 'stubborn', client_id: 'stubborn' });
    const other = await dial('/live', { token });
    for (let count = 0; count < 3; count += 1) {
      const { socket, closed } = await dial('/live', { token });
      socket.send('{"action":"delete"}');
      await closed();
    }
    other.socket.send('{"action":"greet"}');
    expect((await other.closed())[0]).toBe(1008);
  });

  it('the recording tells the conversation', async () => {
    const token = await gateway.issuer.token({ sub: 'agent-recorded' });
    const { socket, next, closed } = await dial('/live', { token });
    socket.send('{"action":"read"}');
    await next();
    socket.close(1000);
    await closed();
    const session = await sessionOf('agent-recorded');
    await gateway.recordsUntil((all) =>
      all.some((record) => record['type'] === 'recording.closed' && record['session'] === session),
    );
    const admin = await gateway.issuer.token({ sub: 'root', groups: ['admins'] });
    let out = '';
    const write = (text: string): void => {
      out += text;
    };
    const where = ['--no-wait', '--api', gateway.api, '--ca', gateway.caFile, '--token', admin];
    expect(
      await runCli(['sessions', 'replay', session, ...where], { stdout: { write }, stderr: { write } }),
    ).toBe(0);
    for (const text of ['101 Switching Protocols', '{"action":"read"}', 'ada@example.com', 'close 1000']) {
      expect(out).toContain(text);
    }
    expect(out).not.toContain(SERVICE_SECRET);
    expect(out).not.toContain('a=1');
  });
});

describe('the end of the gateway', () => {
  it('is told by 1001, to both sides', async () => {
    await using own = await startHttpGateway({
      service: (_request, response) => response.end(),
      policy: POLICY,
      listener: { allowLoopbackPlaintext: true },
    });
    serve(own.service);
    const headers = { authorization: `Bearer ${await own.issuer.token()}` };
    const socket = new WsClient(`${own.url.replace('https:', 'ws:')}/live`, { headers });
    await once(socket, 'open');
    const [{ socket: service }] = seen as [Seen];
    const told = once(service, 'close');
    const closed = once(socket, 'close');
    await own.gateway.stop('maintenance');
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1001, 'the gateway stops']);
    expect((await told)[0]).toBe(1001);
    const closing = own.records().find((record) => record['type'] === 'session.closed');
    expect(closing).toMatchObject({ reason: 'gateway-stopped' });
  });
});
