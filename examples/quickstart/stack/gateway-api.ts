/** Requests to the gateway's HTTP API, over TLS that trusts the gateway's own CA only. */
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { QuickstartError } from '../errors.ts';
import type { GatewayReady } from './gateway-process.ts';

const TIMEOUT_MS = 30_000;

/** What the gateway answered. */
export interface GatewayAnswer {
  readonly status: number;
  readonly text: string;
  /** The body where it is JSON and the status 200, else nothing. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Asks as the holder of `token`: GET, or POST where there is a body. @throws QuickstartError `ERR_QUICKSTART_GATEWAY` */
export async function askGateway(
  { api, ca }: Pick<GatewayReady, 'api' | 'ca'>,
  path: string,
  { token, body }: { readonly token: string; readonly body?: object },
): Promise<GatewayAnswer> {
  if (api === undefined) throw failure('it has no HTTP API');
  const { promise, resolve, reject } = Promise.withResolvers<GatewayAnswer>();
  const outgoing = request(
    new URL(path, api),
    {
      method: body === undefined ? 'GET' : 'POST',
      ca: await readFile(ca, 'utf8'),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    },
    (incoming) => {
      text(incoming).then((answer) => {
        const status = incoming.statusCode ?? 0;
        resolve({ status, text: answer, json: status === 200 ? parse(answer) : {} });
      }, reject);
    },
  );
  outgoing.on('error', (cause) => reject(failure(cause.message)));
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

function parse(answer: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(answer);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function failure(reason: string): QuickstartError {
  return new QuickstartError('ERR_QUICKSTART_GATEWAY', `the gateway's HTTP API did not answer: ${reason}`);
}
