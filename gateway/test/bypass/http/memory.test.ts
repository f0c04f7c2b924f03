/** P10: what is held of a body takes memory by its bytes, and not by the pieces in which it comes. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { startHttpGateway } from '../../support/http-gateway.ts';
import { RawHttpClient } from '../../support/raw-http.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MEBIBYTE = 1024 * 1024;
/** Less than the window, so that all of it is held. */
const BYTES = 200_000;
const REQUESTS = 4;

function used(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;

describe('bodies in the smallest pieces', () => {
  it('P10: of requests take the memory of their bytes while they are held', async () => {
    let before = 0;
    let grown = 0;
    const all = Promise.withResolvers<void>();
    let arrived = 0;
    await using gateway = await startHttpGateway({
      listener: { allowLoopbackPlaintext: true },
      service: async (request, response) => {
        arrived += 1;
        if (arrived === REQUESTS) {
          grown = used() - before;
          all.resolve();
        }
        await all.promise;
        request.resume();
        request.on('end', () => response.end());
      },
    });
    const token = await gateway.issuer.token();
    await using clients = new AsyncDisposableStack();
    const head = `POST /shop/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const body = Buffer.from(`${chunk('x').repeat(BYTES)}0\r\n\r\n`);
    before = used();
    const answers = Array.from({ length: REQUESTS }, async () => {
      const client = clients.use(await RawHttpClient.connect(gateway));
      client.send(head, body);
      return client.answer();
    });
    const statuses = (await Promise.all(answers)).map((answer) => answer?.status);
    expect(statuses).toEqual(Array.from({ length: REQUESTS }, () => 200));
    expect(grown).toBeLessThan(24 * MEBIBYTE);
  }, 60_000);
});
