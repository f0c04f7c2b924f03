/** A client of HTTP/2 for the suites: `node:http2` towards a gateway, one request in one call. */
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import type { HttpGateway } from './http-gateway.ts';

/** What came back. */
export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
}

/** What is asked. */
export interface Http2Ask {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

/** Opens a connection with TLS. */
export async function connectHttp2(gateway: HttpGateway): Promise<ClientHttp2Session> {
  const session = connect(`https://${gateway.host}:${gateway.port}`, { ca: readFileSync(gateway.caFile) });
  session.on('error', () => undefined);
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  return session;
}

/** Asks once; rejects where the stream is reset. */
export function askHttp2(
  session: ClientHttp2Session,
  path: string,
  token: string,
  { headers = {}, body }: Http2Ask = {},
): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const stream = session.request(
      { ':method': method, ':path': path, authorization: `Bearer ${token}`, ...headers },
      { endStream: body === undefined },
    );
    let answer: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders = {};
    let text = '';
    stream.on('response', (got) => {
      answer = got;
    });
    stream.on('trailers', (got) => {
      trailers = got;
    });
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    stream.on('error', reject);
    stream.on('aborted', () => reject(new Error('aborted')));
    stream.on('close', () => {
      if (answer === undefined || stream.rstCode !== 0) reject(new Error(`reset with ${stream.rstCode}`));
      else resolve({ status: Number(answer[':status']), headers: answer, trailers, body: text });
    });
    if (body !== undefined) stream.end(body);
  });
}
