/**
 * P10: a service that says more than it was asked for poisons no later answer: not of the same principal where that can be told, and
 * of no other principal ever.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { type RawHttpAnswer, RawHttpClient } from '../../support/raw-http.ts';

const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What the service says to the first request, and what it adds once that went out. */
interface Poisoning {
  readonly name: string;
  readonly method?: string;
  readonly says: string;
  /** It may come when the next request of the same principal is on its way, and is its answer then: the service has the last word. */
  readonly adds?: string;
}

const POISONINGS: readonly Poisoning[] = [
  { name: 'a second answer in one piece', says: ANSWER + POISON },
  { name: 'a second answer a moment later', says: ANSWER, adds: POISON },
  { name: 'half of a second answer', says: ANSWER + POISON.slice(0, 20), adds: POISON.slice(20) },
  {
    name: 'a body of HEAD',
    method: 'HEAD',
    says: `HTTP/1.1 200 OK\r\nContent-Length: ${POISON.length}\r\n\r\n${POISON}`,
  },
  {
    name: 'a body of HEAD a moment later',
    method: 'HEAD',
    says: `HTTP/1.1 200 OK\r\nContent-Length: ${POISON.length}\r\n\r\n`,
    adds: POISON,
  },
  { name: 'a body of 204', says: `HTTP/1.1 204 No Content\r\n\r\n${POISON}` },
  {
    name: 'a body of 204 with its length',
    says: `HTTP/1.1 204 No Content\r\nContent-Length: ${POISON.length}\r\n\r\n${POISON}`,
  },
  {
    name: 'a body of 304',
    says: `HTTP/1.1 304 Not Modified\r\nContent-Length: ${POISON.length}\r\n\r\n${POISON}`,
  },
  {
    name: 'bytes behind the last chunk',
    says: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${POISON}`,
  },
  {
    name: 'an interim answer behind the answer',
    says: ANSWER,
    adds: `HTTP/1.1 103 Early Hints\r\n\r\n${POISON}`,
  },
  {
    name: 'the end of the body, and a second answer',
    says: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhalf',
    adds: `.${POISON}`,
  },
  { name: 'a line end, and an answer', says: `${ANSWER}\r\n`, adds: POISON },
];

let service: Server;
let gateway: HttpGateway;
let poisoning: Poisoning | undefined;
/** Connections on which something was said that nobody asked for. */
const idle: Socket[] = [];

beforeAll(async () => {
  service = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const heads = Buffer.from(chunk).toString('latin1').split('\r\n\r\n').slice(0, -1);
      for (const head of heads) {
        const first = poisoning;
        poisoning = undefined;
        const name = /^\S+ \/(\S+)/.exec(head)?.[1] ?? '';
        if (first !== undefined) idle.push(socket);
        if (first === undefined)
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
        else socket.write(first.says, () => setImmediate(() => socket.write(first.adds ?? '')));
      }
    });
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as { readonly port: number };
  gateway = await startHttpGateway({
    service: (_request, response) => response.end(),
    listener: { allowLoopbackPlaintext: true },
    resource: { url: `http://127.0.0.1:${port}`, idleTimeoutMs: 200 },
  });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  service.close();
});

async function ask(
  client: RawHttpClient,
  method: string,
  name: string,
  token: string,
): Promise<RawHttpAnswer | undefined> {
  client.send(`${method} /shop/${name} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  return client.answer(method);
}

describe('answers that nobody asked for', () => {
  it.each(POISONINGS)('P10: $name', async (one) => {
    // Connections to the service are kept for each principal: none is left over from another case.
    const token = await gateway.issuer.token({ sub: `agent of ${one.name}` });
    const stranger = await gateway.issuer.token({ sub: `another than of ${one.name}` });
    poisoning = one;
    await using first = await RawHttpClient.connect(gateway);
    const answer = await ask(first, one.method ?? 'GET', 'first', token);
    expect(answer?.body.toString() ?? '').not.toContain('poison');
    const askers = one.adds === undefined ? [token, stranger, token, token] : [stranger, stranger];
    for (const [index, who] of askers.entries()) {
      await using client = await RawHttpClient.connect(gateway);
      const own = await ask(client, 'GET', `own-${index}`, who);
      expect(own).toMatchObject({ status: 200, isWhole: true });
      expect(own?.body.toString()).toBe(`own-${index}`);
    }
  });

  it('P10: what comes while nothing was asked ends the connection', async () => {
    const token = await gateway.issuer.token({ sub: 'agent that waits' });
    poisoning = { name: '', says: ANSWER, adds: POISON };
    await using client = await RawHttpClient.connect(gateway);
    await ask(client, 'GET', 'first', token);
    await expect.poll(() => idle.at(-1)?.destroyed).toBe(true);
    expect((await ask(client, 'GET', 'own', token))?.body.toString()).toBe('own');
  });
});
