/** One request to a token endpoint: verified TLS, one answer, bounded in size and time. */
import type { OauthClient } from '../../credential-config.ts';
import { encodeRequestHead } from '../../wire/encode/encode-request.ts';
import { HeadFields } from '../../wire/encode/head-fields.ts';
import type { ResponseHead } from '../../wire/head/response-head.ts';
import { UpstreamConnection } from '../connection.ts';
import { type DialTarget, dial } from '../dial.ts';
import { HttpUpstreamError } from '../errors.ts';
import { serviceUrl } from '../service-url.ts';
import { type AccessToken, readTokenAnswer, tokenRequest, unusable } from './token-exchange.ts';

/** Longest answer, in bytes. */
const MOST_BYTES = 65_536;

/**
 * Fetches a token. Redirects are not followed: they would carry the client secret to somebody else.
 * @param secret of the client
 * @throws HttpUpstreamError `ERR_HTTP_UPSTREAM_TOKEN`, `ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE` or `ERR_HTTP_UPSTREAM_CONFIGURATION`
 */
export async function fetchToken(client: OauthClient, secret: string): Promise<AccessToken> {
  const signal = AbortSignal.timeout(client.timeoutMs);
  try {
    return await exchange(client, secret, signal);
  } catch (error) {
    if (signal.aborted) {
      const message = `token endpoint: no complete answer in ${client.timeoutMs} ms`;
      throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE', message);
    }
    throw ofTokenEndpoint(error);
  }
}

async function exchange(client: OauthClient, secret: string, signal: AbortSignal): Promise<AccessToken> {
  const target = endpoint(client);
  const connection = new UpstreamConnection(await dial(target, signal));
  const cut = (): void => connection.destroy();
  signal.addEventListener('abort', cut, { once: true });
  try {
    signal.throwIfAborted();
    connection.begin('POST', request(client, secret, target));
    const head = await finalHead(connection, client.timeoutMs);
    return readTokenAnswer(head.status, await readBody(connection, head, client.timeoutMs));
  } finally {
    signal.removeEventListener('abort', cut);
    connection.destroy();
  }
}

function request(client: OauthClient, secret: string, target: DialTarget): Buffer {
  const { authorization, body } = tokenRequest(client, secret);
  const fields = new HeadFields()
    .add('accept', 'application/json')
    .add('accept-encoding', 'identity')
    .add('content-type', 'application/x-www-form-urlencoded');
  if (authorization !== undefined) fields.add('authorization', authorization);
  const { pathname, search } = new URL(client.tokenUrl);
  const content = Buffer.from(body);
  const head = encodeRequestHead({
    method: 'POST',
    target: `${pathname}${search}`,
    host: serviceUrl(target).host,
    fields,
    framing: { kind: 'length', length: content.length },
  });
  return Buffer.concat([head, content]);
}

async function finalHead(connection: UpstreamConnection, timeoutMs: number): Promise<ResponseHead> {
  for (;;) {
    const part = await connection.next(timeoutMs);
    if (part === 'timeout') throw unusable('it is silent');
    if (part.kind === 'head' && !part.head.isInterim) return part.head;
  }
}

async function readBody(
  connection: UpstreamConnection,
  head: ResponseHead,
  timeoutMs: number,
): Promise<Buffer> {
  const codings = head.fields.valuesOf('content-encoding');
  if (codings.some((coding) => coding !== 'identity')) {
    throw unusable('its answer is compressed, which was not asked for');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const part = await connection.next(timeoutMs);
    if (part === 'timeout' || part.kind === 'head') throw unusable('it broke off its answer');
    if (part.kind === 'end') return Buffer.concat(chunks);
    bytes += part.end - part.start;
    if (bytes > MOST_BYTES) throw unusable(`its answer is longer than ${MOST_BYTES} bytes`);
    chunks.push(Buffer.from(part.bytes.subarray(part.start, part.end)));
  }
}

const endpoints = new WeakMap<OauthClient, DialTarget>();

function endpoint(client: OauthClient): DialTarget {
  let target = endpoints.get(client);
  if (target === undefined) {
    const { tokenUrl: url, ca, timeoutMs: connectTimeoutMs } = client;
    target = { url, tls: ca === undefined ? {} : { ca }, allowPlaintext: false, connectTimeoutMs };
    endpoints.set(client, target);
  }
  return target;
}

/** What went wrong on the way, said of the token endpoint: the client must not take it for the service. */
function ofTokenEndpoint(error: unknown): HttpUpstreamError {
  if (!(error instanceof HttpUpstreamError)) return unusable('the request cannot be made');
  switch (error.code) {
    case 'ERR_HTTP_UPSTREAM_UNREACHABLE':
    case 'ERR_HTTP_UPSTREAM_TIMEOUT':
      return new HttpUpstreamError(
        'ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE',
        `token endpoint: ${error.message}`,
        error,
      );
    case 'ERR_HTTP_UPSTREAM_TLS':
    case 'ERR_HTTP_UPSTREAM_PROTOCOL':
      return new HttpUpstreamError('ERR_HTTP_UPSTREAM_TOKEN', `token endpoint: ${error.message}`, error);
    default:
      return error;
  }
}
