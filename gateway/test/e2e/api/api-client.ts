/** A client of the API as suites use it: real HTTPS, whatever headers a test wants. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { TestGateway } from '../../support/gateway.ts';

/** One request; GET unless there is a body. */
export interface Asking {
  readonly token?: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One answer. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

/** Asks the API of a gateway. */
export function askApi(
  gateway: Pick<TestGateway, 'api' | 'caFile'>,
  path: string,
  asking: Asking = {},
): Promise<Answer> {
  const { token, body, method = body === undefined ? 'GET' : 'POST' } = asking;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...asking.headers,
  };
  // By itself the client of Node takes the name to verify from the Host header, which a test may set.
  const tls = { ca: readFileSync(gateway.caFile), servername: 'localhost' };
  const options = { method, headers, agent: false, ...tls };
  const outgoing = request(new URL(path, gateway.api), options, (incoming) => {
    let text = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk: string) => (text += chunk));
    incoming.on('error', reject);
    incoming.on('end', () => {
      const isJson = /[/+]json/.test(incoming.headers['content-type'] ?? '');
      resolve({
        status: incoming.statusCode ?? 0,
        text,
        json: isJson && text !== '' ? JSON.parse(text) : undefined,
      });
    });
  });
  outgoing.on('error', reject);
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}
