/** The gateway under bytes that nobody planned: valid requests in any pieces, damaged ones, noise, and services that answer with noise. */
import { connect, createServer, type Server } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchangeBytes } from '../../support/http-clients.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { RawHttpClient } from '../../support/raw-http.ts';
import { HTTP_POLICY } from './policy.ts';
import { forbiddenIn } from './service-eyes.ts';
import { Witness } from './witness.ts';

let witness: Witness;

beforeAll(async () => {
  witness = await Witness.start({
    policy: HTTP_POLICY,
    resource: { jsonRpc: ['/rpc'] },
    // Noise may look like the beginning of TLS.
    listener: { handshakeTimeoutMs: 2_000 },
  });
});
afterAll(() => witness?.[Symbol.asyncDispose]());

/** Requests of all kinds; the last closes the connection. */
function streams(): Readonly<Record<string, string>> {
  const head = (line: string, ...fields: readonly string[]): string => witness.head(line, ...fields);
  const json = 'Content-Type: application/json';
  const bytes = 'Content-Type: application/octet-stream';
  const close = 'Connection: close';
  return {
    'a GET': head('GET /shop/public/a?b=c HTTP/1.1', close),
    'a denied GET': head('GET /shop/admin HTTP/1.1', close),
    'a permitted body': `${head('POST /shop/refunds HTTP/1.1', json, 'Content-Length: 12', close)}{"amount":5}`,
    'a denied body': `${head('POST /shop/refunds HTTP/1.1', json, 'Content-Length: 14', close)}{"amount":500}`,
    'a body in chunks': `${head('POST /shop/refunds HTTP/1.1', json, 'Transfer-Encoding: chunked', close)}5\r\n{"amo\r\n7\r\nunt":5}\r\n0\r\n\r\n`,
    'a body beyond the window': `${head('POST /shop/public/a HTTP/1.1', bytes, 'Content-Length: 20000', close)}${'x'.repeat(20_000)}`,
    'a denied body beyond the window': `${head('POST /shop/refunds HTTP/1.1', json, 'Content-Length: 20000', close)}${' '.repeat(20_000)}`,
    'a call': `${head('POST /shop/rpc HTTP/1.1', json, 'Content-Length: 44', close)}{"jsonrpc":"2.0","id":1,"method":"getUser" }`,
    'requests one behind the other':
      head('GET /shop/public/one HTTP/1.1') +
      `${head('POST /shop/refunds HTTP/1.1', json, 'Content-Length: 12')}{"amount":5}` +
      head('GET /shop/admin HTTP/1.1') +
      head('HEAD /shop/public/two HTTP/1.1', close),
    'HTTP/1.0': head('GET /shop/public/a HTTP/1.0'),
    'a trailer': `${head('POST /shop/public/a HTTP/1.1', bytes, 'Transfer-Encoding: chunked', close)}1\r\nx\r\n0\r\nX-T: y\r\n\r\n`,
    'a broken one behind a good one': `${head('GET /shop/public/a HTTP/1.1')}GET /shop/public/b HTTP/1.1\nHost: a\n\n`,
  };
}

/** Sends pieces one by one, each after what came before it was handed to the kernel. */
function inPieces(pieces: readonly Buffer[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: witness.gateway.host, port: witness.gateway.port });
  let text = '';
  socket.setNoDelay(true);
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  // What is denied may be closed before all of it was sent.
  socket.on('error', (error: NodeJS.ErrnoException) =>
    /EPIPE|ECONNRESET/.test(error.code ?? '') ? undefined : reject(error),
  );
  socket.on('close', () => resolve(text));
  const sendFrom = (index: number): void => {
    const piece = pieces[index];
    if (piece === undefined || socket.destroyed) return;
    socket.write(piece, () => setImmediate(() => sendFrom(index + 1)));
  };
  sendFrom(0);
  return promise;
}

function cutAt(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const cuts = [...new Set([0, ...places.map((place) => place % bytes.length), bytes.length])].sort(
    (a, b) => a - b,
  );
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

const NAMES = [
  'a GET',
  'a denied GET',
  'a permitted body',
  'a denied body',
  'a body in chunks',
  'a body beyond the window',
  'a denied body beyond the window',
  'a call',
  'requests one behind the other',
  'HTTP/1.0',
  'a trailer',
  'a broken one behind a good one',
] as const;

describe('valid requests', () => {
  it.each(NAMES)(
    'P2: %s is one decision and the same bytes to the service, in whatever pieces it comes',
    async (name) => {
      const stream = Buffer.from(streams()[name] ?? '', 'latin1');
      const whole = await witness.watch(() => inPieces([stream]));
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat({ max: 30_000 }), { maxLength: 12 }), async (places) => {
          const trace = await witness.watch(() => inPieces(cutAt(stream, places)));
          expect(trace.permitted).toEqual(whole.permitted);
          expect(trace.statuses).toEqual(whole.statuses);
          expect(trace.reached.equals(whole.reached)).toBe(true);
        }),
        { numRuns: 12 },
      );
    },
  );

  it('P2: byte by byte as well', async () => {
    const stream = Buffer.from(streams()['requests one behind the other'] ?? '', 'latin1');
    const whole = await witness.watch(() => inPieces([stream]));
    const trace = await witness.watch(() => inPieces(Array.from(stream, (byte) => Buffer.of(byte))));
    expect(trace.reached.equals(whole.reached)).toBe(true);
    expect(trace.statuses).toEqual(whole.statuses);
    expect(trace.statuses).toEqual([200, 200, 403, 200]);
  });
});

const serves = async (): Promise<boolean> =>
  (
    await exchangeBytes(witness.gateway, witness.head('GET /shop/public/a HTTP/1.1', 'Connection: close'))
  ).startsWith('HTTP/1.1 200 ');

/** All that a gateway may say to noise. */
const WIRE_ERRORS = /^(?:HTTP\/1\.1 (?:400|401|404|408|413|414|417|431|501|505) )?/;

describe('noise', () => {
  it('P3 P10: bytes of any kind get a wire error or nothing, nothing reaches the service, and the gateway serves on', async () => {
    const noise = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 2_000 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 500 }).map((text) => Buffer.from(text)),
      fc
        .array(
          fc.constantFrom(
            'GET ',
            '/',
            ' HTTP/1.1',
            '\r\n',
            '\n',
            ':',
            'Host',
            ' a',
            '\0',
            'Content-Length',
            '5',
            '\x16\x03\x01',
          ),
          {
            minLength: 1,
            maxLength: 40,
          },
        )
        .map((parts) => Buffer.from(parts.join(''), 'latin1')),
    );
    await fc.assert(
      fc.asyncProperty(noise, async (bytes) => {
        const text = Buffer.from(bytes).toString('latin1');
        const trace = await witness.watch(() => exchangeBytes(witness.gateway, text).catch(() => ''));
        expect(trace.answered).toMatch(WIRE_ERRORS);
        expect(trace.statuses.filter((status) => status < 400)).toEqual([]);
        expect(trace.reached.length).toBe(0);
      }),
      { numRuns: 60 },
    );
    expect(await serves()).toBe(true);
  });

  it('P1 P2: damage to a valid request never lets pass what was not judged', async () => {
    const edits = fc.array(
      fc.record({
        at: fc.nat({ max: 2_000 }),
        bytes: fc.constantFrom(
          '\r\n',
          '\n',
          '\0',
          ' ',
          '\t',
          ':',
          ';',
          '/',
          '..',
          '%',
          '%2e',
          '\\',
          '\xff',
          'Host: b\r\n',
          'Content-Length: 3\r\n',
          '0\r\n\r\n',
        ),
        removes: fc.nat({ max: 3 }),
      }),
      { minLength: 1, maxLength: 3 },
    );
    const names = fc.constantFrom(...NAMES.filter((name) => !name.includes('window')));
    await fc.assert(
      fc.asyncProperty(names, edits, async (name, list) => {
        let text = streams()[name] ?? '';
        for (const { at, bytes, removes } of list) {
          const place = at % text.length;
          text = text.slice(0, place) + bytes + text.slice(place + removes);
        }
        const trace = await witness.watch(() => exchangeBytes(witness.gateway, text).catch(() => ''));
        for (const [reader, seen] of Object.entries(trace.seen)) {
          expect(seen.map(forbiddenIn), reader).toEqual(seen.map(() => undefined));
          expect(seen.map(({ method, target }) => `${method} ${target}`).sort(), reader).toEqual(
            trace.permitted.toSorted(),
          );
        }
      }),
      { numRuns: 150 },
    );
    expect(await serves()).toBe(true);
  });
});

const MEGABYTE = 1024 * 1024;

/** Sends one piece again and again until the gateway ends the connection; how many bytes it took. */
async function sendWithoutEnd(start: string, piece: string): Promise<number> {
  const socket = connect({ host: witness.gateway.host, port: witness.gateway.port });
  const { promise, resolve } = Promise.withResolvers<number>();
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(socket.bytesWritten));
  socket.resume();
  const bytes = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)), 'latin1');
  const more = (): void => {
    while (!socket.destroyed && socket.bytesWritten < 256 * MEGABYTE) if (!socket.write(bytes)) return;
    socket.destroy();
  };
  socket.on('drain', more);
  socket.write(Buffer.from(start, 'latin1'));
  more();
  return promise;
}

describe('what does not end', () => {
  it.each<readonly [string, () => string, string]>([
    ['a line', () => '', 'a'],
    ['a target', () => 'GET /', 'a'],
    ['a field', () => 'GET /shop/public/a HTTP/1.1\r\nX: ', 'a'],
    ['fields', () => 'GET /shop/public/a HTTP/1.1\r\n', 'X: y\r\n'],
    ['empty lines', () => '', '\r\n'],
    ['a chunk size', () => witness.head('POST /shop/public/a HTTP/1.1', 'Transfer-Encoding: chunked'), '0'],
    [
      'a chunk extension',
      () => `${witness.head('POST /shop/public/a HTTP/1.1', 'Transfer-Encoding: chunked')}1;`,
      'a',
    ],
    [
      'trailers',
      () => `${witness.head('POST /shop/public/a HTTP/1.1', 'Transfer-Encoding: chunked')}0\r\n`,
      'X: y\r\n',
    ],
    [
      'the body of what is denied',
      () => witness.head('POST /shop/forbidden HTTP/1.1', 'Content-Length: 9999999999'),
      'a',
    ],
    [
      'the body of nobody',
      () => 'POST /shop/public/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\n\r\n',
      'a',
    ],
    ['bytes of TLS', () => '\x16\x03\x01\x40\x00', '\0'],
  ])('P10: %s is cut off after some bytes', async (_what, start, piece) => {
    expect(await sendWithoutEnd(start(), piece)).toBeLessThan(40 * MEGABYTE);
    expect(await serves()).toBe(true);
  });
});

describe('services that answer with noise', () => {
  let service: Server;
  let gateway: HttpGateway;
  let answer: Buffer = Buffer.alloc(0);

  beforeAll(async () => {
    service = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer));
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const { port } = service.address() as { readonly port: number };
    gateway = await startHttpGateway({
      service: (_request, response) => response.end(),
      listener: { allowLoopbackPlaintext: true },
      resource: { url: `http://127.0.0.1:${port}` },
    });
  });
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    service.close();
  });

  it('P10: the client gets one whole answer, a 502, or one that is cut off', async () => {
    const token = await gateway.issuer.token();
    const pieces = fc.constantFrom(
      ...[
        'HTTP/1.1 200 OK\r\n',
        'HTTP/1.1 204 No\r\n',
        'HTTP/1.1 100 Go\r\n\r\n',
        'HTTP/1.0 200 OK\r\n',
        'Content-Length: 5\r\n',
        'Content-Length: 0\r\n',
      ],
      ...[
        'Transfer-Encoding: chunked\r\n',
        '\r\n',
        '5\r\nhello\r\n',
        '0\r\n\r\n',
        'hello',
        'X: y\r\n',
        '\0',
        '\xff',
        '\n',
        'Set-Cookie: a=b\r\n',
        ' ',
      ],
    );
    const answers = fc.oneof(
      fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
      fc.array(pieces, { maxLength: 10 }).map((parts) => Buffer.from(parts.join(''), 'latin1')),
      fc
        .array(pieces, { maxLength: 8 })
        .map((parts) => Buffer.from(`HTTP/1.1 200 OK\r\n${parts.join('')}`, 'latin1')),
    );
    await fc.assert(
      fc.asyncProperty(answers, async (bytes) => {
        answer = bytes;
        const request = `GET /shop/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`;
        await using client = await RawHttpClient.connect(gateway);
        client.send(request);
        const got = await client.answer();
        if (got?.isWhole === true) expect([200, 204, 502, 504]).toContain(got.status);
        expect((await client.rest()).toString('latin1'), 'nothing behind it').toBe('');
      }),
      { numRuns: 200 },
    );
    answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const request = `GET /shop/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`;
    expect(await exchangeBytes(gateway, request)).toMatch(/ok$/);
  });
});
