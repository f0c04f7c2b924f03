import { once } from 'node:events';
import { type ServerHttp2Stream } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { SERVICE_SECRET } from '../../../support/http-gateway.ts';
import { askHttp2, connectHttp2 } from '../../../support/http2-client.ts';
import {
  ACK,
  block,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  HEADERS,
  PING,
  type RawHttp2,
  RST_STREAM,
  SETTINGS,
  startRawService,
  word,
} from '../../../support/http2-frames.ts';
import { ask, type Serve, start, startService, useServices } from './services.ts';

useServices();

const OK = Buffer.from([0x88]);
const half = (id: number): Buffer =>
  Buffer.concat([frame(HEADERS, END_HEADERS, id, OK), frame(DATA, 0, id, Buffer.from('half'))]);

/** Answers each request with the same frames. */
function serveEach(serve: (raw: RawHttp2, id: number) => void): (raw: RawHttp2) => Promise<void> {
  return async (raw) => {
    raw.send(frame(SETTINGS, 0, 0), frame(SETTINGS, ACK, 0));
    for (let id = 1; !raw.isClosed; id += 2) {
      if ((await raw.until(({ type, stream }) => type === HEADERS && stream === id)) !== undefined)
        serve(raw, id);
    }
  };
}

describe('services of HTTP/2 in trouble', () => {
  it.each<readonly [string, Serve]>([
    ['resets without an answer', (stream) => stream.close(2)],
    ['ends the stream without an answer', (stream) => stream.close(0)],
    [
      'answers the credential',
      (stream) => stream.respond({ ':status': 200, 'x-echo': SERVICE_SECRET }, { endStream: true }),
    ],
    ['challenges the gateway', (stream) => stream.respond({ ':status': 401 }, { endStream: true })],
    ['closes the connection', (stream) => stream.session?.destroy()],
  ])('P6 P10: one that %s is a 502 without its words', async (_what, serve) => {
    await using service = await startService(serve);
    await using gateway = await start(service);
    const got = await ask(gateway, '/a');
    expect(got.status).toBe(502);
    expect(await got.text()).not.toMatch(new RegExp(`${SERVICE_SECRET}|127\\.0\\.0\\.1`));
  });

  it.each<readonly [string, (raw: RawHttp2, id: number) => void]>([
    ['is reset without error', (raw, id) => raw.send(half(id), frame(RST_STREAM, 0, id, word(0)))],
    ['is reset with an error', (raw, id) => raw.send(half(id), frame(RST_STREAM, 0, id, word(2)))],
    ['is cut with its connection', (raw, id) => raw.stream.end(half(id))],
    [
      'ends with GOAWAY',
      (raw, id) => raw.send(half(id), frame(GOAWAY, 0, 0, Buffer.concat([word(id), word(2)]))),
    ],
    [
      'is shorter than it says',
      (raw, id) =>
        raw.send(
          frame(HEADERS, END_HEADERS, id, Buffer.concat([OK, block(['content-length', '10'])])),
          frame(DATA, END_STREAM, id, Buffer.from('half')),
        ),
    ],
    ['has a second head', (raw, id) => raw.send(half(id), frame(HEADERS, END_HEADERS | END_STREAM, id, OK))],
    [
      'has trailers that frame',
      (raw, id) =>
        raw.send(half(id), frame(HEADERS, END_HEADERS | END_STREAM, id, block(['content-length', '4']))),
    ],
  ])('P9: an answer that %s is cut, and no part passes for the whole', async (_what, serve) => {
    await using service = await startRawService(serveEach(serve));
    await using gateway = await start({ url: service.url }, { http2: 'only' });
    const isCut = async (): Promise<boolean> => {
      const answer = await ask(gateway, '/a');
      return answer.text().then(
        () => answer.status === 502,
        () => true,
      );
    };
    expect(await isCut()).toBe(true);
    const session = await connectHttp2(gateway);
    const token = await gateway.issuer.token();
    const answer = await askHttp2(session, '/shop/a', token).catch(() => undefined);
    expect(answer?.status ?? 502).toBe(502);
    session.destroy();
  });

  it.each<readonly [string, (raw: RawHttp2, id: number) => void]>([
    ['no HTTP/2', (raw) => raw.stream.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    [
      'a head without status',
      (raw, id) => raw.send(frame(HEADERS, END_HEADERS | END_STREAM, id, block(['x', 'y']))),
    ],
    [
      'two statuses',
      (raw, id) => raw.send(frame(HEADERS, END_HEADERS | END_STREAM, id, Buffer.concat([OK, OK]))),
    ],
    ['101', (raw, id) => raw.send(frame(HEADERS, END_HEADERS | END_STREAM, id, block([':status', '101'])))],
    [
      'Connection',
      (raw, id) =>
        raw.send(
          frame(HEADERS, END_HEADERS | END_STREAM, id, Buffer.concat([OK, block(['connection', 'close'])])),
        ),
    ],
    [
      'a head without end',
      (raw, id) =>
        raw.send(
          frame(HEADERS, 0, id, OK),
          ...Array.from({ length: 100 }, () => frame(CONTINUATION, 0, id, block(['x', 'y'.repeat(1000)]))),
        ),
    ],
    [
      'interim answers without end',
      (raw, id) =>
        raw.send(
          ...Array.from({ length: 40 }, () => frame(HEADERS, END_HEADERS, id, block([':status', '103']))),
        ),
    ],
    [
      'PING without end',
      (raw) => raw.send(...Array.from({ length: 300 }, () => frame(PING, 0, 0, Buffer.alloc(8)))),
    ],
    ['a promise', (raw, id) => raw.send(frame(0x5, END_HEADERS, id, Buffer.concat([word(2), OK])))],
    [
      'two fields that there may be one of',
      (raw, id) =>
        raw.send(
          frame(
            HEADERS,
            END_HEADERS | END_STREAM,
            id,
            Buffer.concat([OK, block(['location', '/a'], ['location', '/b'])]),
          ),
        ),
    ],
  ])('P10: a service that sends %s is a 502', async (_what, serve) => {
    await using service = await startRawService(serveEach(serve));
    await using gateway = await start({ url: service.url }, { http2: 'only' });
    expect((await ask(gateway, '/a')).status).toBe(502);
  });

  it('what a service refuses unprocessed is sent again once, whatever it asks for; other requests are not', async () => {
    const seen: string[] = [];
    await using service = await startService((stream, headers) => {
      const key = `${headers[':method']} ${headers[':path']}`;
      seen.push(key);
      const count = seen.filter((one) => one === key).length;
      if (headers[':path'] === '/base/refused' && count === 1) stream.close(7);
      else if (headers[':path'] === '/base/always') stream.close(7);
      else if (headers[':path'] === '/base/broken') stream.close(2);
      else {
        stream.respond({ ':status': 200 });
        stream.end('fine');
      }
    });
    await using gateway = await start(service);
    const post = (target: string): Promise<Response> => ask(gateway, target, { method: 'POST', body: 'x' });
    expect((await post('/refused')).status).toBe(200);
    expect((await post('/always')).status).toBe(502);
    expect((await post('/broken')).status).toBe(502);
    expect(seen).toEqual([
      'POST /base/refused',
      'POST /base/refused',
      'POST /base/always',
      'POST /base/always',
      'POST /base/broken',
    ]);
  });

  it('a service that says GOAWAY gets no more requests on that connection, and those under way end', async () => {
    const held: ServerHttp2Stream[] = [];
    await using service = await startService((stream, headers) => {
      if (headers[':path'] === '/base/hold') {
        held.push(stream);
        return;
      }
      stream.respond({ ':status': 200 });
      stream.end('fine');
    });
    await using gateway = await start(service);
    const holding = ask(gateway, '/hold');
    await expect.poll(() => held.length).toBe(1);
    service.sessions[0]?.close();
    await expect
      .poll(async () => {
        await (await ask(gateway, '/a')).text();
        return service.sessions.length;
      })
      .toBe(2);
    held[0]?.respond({ ':status': 200 });
    held[0]?.end('late');
    expect(await (await holding).text()).toBe('late');
  });

  it('P10: a connection on which nothing comes any more carries no further requests, and ends', async () => {
    const raws: RawHttp2[] = [];
    await using service = await startRawService(async (raw) => {
      raws.push(raw);
      if (raws.length > 1) {
        await serveEach((answering, id) => answering.send(frame(HEADERS, END_HEADERS | END_STREAM, id, OK)))(
          raw,
        );
      } else raw.send(frame(SETTINGS, 0, 0), frame(SETTINGS, ACK, 0));
    });
    await using gateway = await start(
      { url: service.url },
      {
        http2: 'only',
        answerTimeoutMs: 300,
        keepAliveMs: 60_000,
      },
    );
    expect((await ask(gateway, '/a')).status).toBe(504);
    expect((await ask(gateway, '/a')).status).toBe(200);
    expect(raws).toHaveLength(2);
    await expect.poll(() => raws[0]?.isClosed, { timeout: 20_000 }).toBe(true);
    expect((await ask(gateway, '/a')).status).toBe(200);
    expect(raws).toHaveLength(2);
  });

  it('a connection on which one answer was late goes on as soon as the service answers a PING', async () => {
    const raws: RawHttp2[] = [];
    await using service = await startRawService(async (raw) => {
      raws.push(raw);
      raw.answersPings = true;
      const isFirst = raws.length === 1;
      await serveEach((answering, id) => {
        if (!isFirst || id > 1) answering.send(frame(HEADERS, END_HEADERS | END_STREAM, id, OK));
      })(raw);
    });
    await using gateway = await start(
      { url: service.url },
      {
        http2: 'only',
        answerTimeoutMs: 300,
        keepAliveMs: 60_000,
      },
    );
    expect((await ask(gateway, '/a')).status).toBe(504);
    await expect.poll(() => raws[0]?.frames.some(({ type }) => type === PING)).toBe(true);
    await expect
      .poll(
        async () => {
          await ask(gateway, '/a');
          return raws[0]?.frames.some(({ type, stream }) => type === HEADERS && stream === 3);
        },
        { timeout: 20_000 },
      )
      .toBe(true);
  });

  it('P10: a client that leaves resets its stream alone', async () => {
    const open = new Set<ServerHttp2Stream>();
    await using service = await startService((stream) => {
      open.add(stream);
      stream.on('close', () => open.delete(stream));
    });
    await using gateway = await start(service);
    const session = await connectHttp2(gateway);
    const token = await gateway.issuer.token();
    const streams = [1, 2].map((n) =>
      session.request({ ':path': `/shop/${n}`, authorization: `Bearer ${token}` }),
    );
    for (const stream of streams) stream.on('error', () => undefined);
    await expect.poll(() => open.size).toBe(2);
    streams[0]?.close(8);
    await expect.poll(() => open.size).toBe(1);
    expect(service.sessions[0]?.destroyed).toBe(false);
    session.destroy();
    await expect.poll(() => open.size).toBe(0);
  });

  it('P10: back-pressure reaches the service: nothing is held beyond the windows', async () => {
    let sent = 0;
    const block = Buffer.alloc(64 * 1024);
    await using service = await startService((stream) => {
      stream.respond({ ':status': 200 });
      const more = (): void => {
        while (!stream.destroyed && sent < 400 * block.length) {
          sent += block.length;
          if (!stream.write(block)) {
            stream.once('drain', more);
            return;
          }
        }
        stream.end();
      };
      more();
    });
    await using gateway = await start(service);
    const session = await connectHttp2(gateway);
    const stream = session.request({
      ':path': '/shop/large',
      authorization: `Bearer ${await gateway.issuer.token()}`,
    });
    await once(stream, 'response');
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
    expect(sent).toBeLessThan(4 * 1024 * 1024);
    let bytes = 0;
    for await (const chunk of stream) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(400 * block.length);
    session.destroy();
  });
});
