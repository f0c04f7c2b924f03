/** The forward proxy under bytes that nobody thought of: mutated heads, noise in tunnels. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALLOW_PROXY, connectRaw, type ProxyGateway, startProxyGateway } from '../support/forward-proxy.ts';
import { curl } from '../support/http-clients.ts';

/** The same bytes each time: what a run finds, the next one finds again. */
const SEED = 20_261_127;

const asked: string[] = [];
let gateway: ProxyGateway;
let token: string;
let place: string;

beforeAll(async () => {
  gateway = await startProxyGateway({
    policy: `${ALLOW_PROXY}  - { id: tunnels, effect: allow, on: tunnel, match: { groups: [agents] } }\n`,
    service: (request, response) => {
      asked.push(String(request.url));
      response.end('served');
    },
    listener: { headTimeoutMs: 2_500 },
    resources: (port) => [
      {
        name: 'closed',
        protocol: 'http',
        destinations: [`closed.test:${port}`],
        inspect: false,
        allowAddresses: ['127.0.0.1'],
        credential: { none: true },
      },
    ],
  });
  token = await gateway.issuer.token();
  place = `api.example.test:${gateway.webPort}`;
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

const headOf = (named: string): string =>
  `CONNECT ${named} HTTP/1.1\r\nHost: ${named}\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`;

/** Sends bytes, ends, and reads until the other side ends. */
async function drain(socket: Socket, bytes: Buffer): Promise<void> {
  socket.on('error', () => undefined);
  socket.resume();
  const closed = socket.closed ? undefined : once(socket, 'close');
  socket.end(bytes);
  await closed;
}

/** What is done to a text: at a place, so many characters become others. */
const mutation = fc.record({
  at: fc.nat(400),
  removed: fc.nat(3),
  inserted: fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '\r',
      '\n',
      '\t',
      '\0',
      '@',
      '#',
      '/',
      ':',
      '.',
      '%2e',
      '\r\n',
      '\r\n\r\n',
      '*',
      '\x80',
      '[',
      ']',
    ),
    fc.string({ maxLength: 4 }),
    fc.constantFrom('evil.test', '127.0.0.1', ':1', 'Host: evil.test\r\n', 'Content-Length: 9\r\n'),
  ),
});

describe('bytes that nobody thought of', () => {
  it('P3: a mutated CONNECT opens a tunnel to the permitted place, or none', async () => {
    const heads = fc
      .sample(fc.array(mutation, { minLength: 1, maxLength: 3 }), { numRuns: 300, seed: SEED })
      .map((mutations) =>
        mutations.reduce((text, { at, removed, inserted }) => {
          // The token is long: what is in front of it counts.
          const start = Math.min(at, text.length) % 120;
          return text.slice(0, start) + inserted + text.slice(start + removed);
        }, headOf(place)),
      );
    for (let index = 0; index < heads.length; index += 30) {
      await Promise.all(
        heads.slice(index, index + 30).map(async (head) => {
          const { status, socket } = await connectRaw(gateway, `${head}\r\n\r\n`);
          socket.on('error', () => undefined);
          socket.destroy();
          // 0: it ended without an answer, as half a head does.
          expect([0, 200, 400, 401, 403, 404, 407, 408, 414, 417, 431, 501, 505]).toContain(status);
        }),
      );
    }
    const places = gateway
      .records()
      .filter(({ type }) => type === 'session.opened')
      .map(({ details }) => (details as { readonly destination?: string }).destination);
    expect(new Set(places.filter((one) => one !== place && one !== undefined))).toEqual(new Set());
    expect(asked).toEqual([]);
  }, 60_000);

  it('P10: noise in tunnels ends them, reaches nothing and harms nobody', async () => {
    const hello = Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1');
    const noises = fc.sample(
      fc.tuple(
        fc.constantFrom(place, `closed.test:${gateway.webPort}`),
        fc.constantFrom(Buffer.alloc(0), hello, Buffer.from('GET / HTTP/1.1\r\n')),
        fc.uint8Array({ maxLength: 2000 }),
      ),
      { numRuns: 120, seed: SEED },
    );
    for (let index = 0; index < noises.length; index += 30) {
      await Promise.all(
        noises.slice(index, index + 30).map(async ([named, start, noise]) => {
          const { status, socket } = await connectRaw(gateway, headOf(named));
          expect(status).toBe(200);
          await drain(socket, Buffer.concat([start, noise]));
        }),
      );
    }
    expect(asked).toEqual([]);
    const args = ['--proxy', await gateway.proxyUrl(), '--cacert', gateway.caFile, `https://${place}/a`];
    expect((await curl(args)).stdout).toBe('served');
    const sessions = gateway.records().filter(({ type }) => type === 'session.opened').length;
    await gateway.recordsUntil(
      (all) => all.filter(({ type }) => type === 'session.closed').length >= sessions,
    );
  }, 60_000);
});
