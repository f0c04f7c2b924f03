import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';

/** A request as Node's own parser (llhttp) has it. */
export interface OracleRequest {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

/** What llhttp made of a stream. */
export interface OracleReading {
  readonly requests: readonly OracleRequest[];
  /** The parser's or the server's reason; undefined where it took everything. */
  readonly failure: string | undefined;
}

/** Gives `bytes` to a `node:http` server over a connection in memory, strict unless said, and tells what came of it. */
export async function readByLlhttp(
  bytes: Buffer,
  { isLenient = false }: { readonly isLenient?: boolean } = {},
): Promise<OracleReading> {
  const requests: OracleRequest[] = [];
  let failure: string | undefined;
  let open = 0;
  const server = createServer({
    insecureHTTPParser: isLenient,
    requireHostHeader: true,
    joinDuplicateHeaders: false,
  });
  server.keepAliveTimeout = 0;
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const body: Buffer[] = [];
    open += 1;
    request.on('data', (chunk: Buffer) => body.push(chunk));
    request.on('end', () => {
      open -= 1;
      requests.push({
        method: request.method ?? '',
        target: request.url ?? '',
        fields: request.rawHeaders,
        body: Buffer.concat(body).toString('latin1'),
        trailers: request.rawTrailers,
      });
      response.end();
    });
    request.on('error', () => {});
  };
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    failure ??= 'EXPECT';
    request.resume();
    response.end();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    failure ??= error.code ?? error.message;
    socket.destroy();
  });
  let written = '';
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString('latin1');
      done();
    },
  });
  server.emit('connection', socket);
  socket.push(bytes);
  socket.push(null);
  await once(socket, 'close');
  // A request without Host is answered 400 by the server, not by the parser.
  if (written.startsWith('HTTP/1.1 400 ')) failure ??= 'HTTP_400';
  if (open > 0) failure ??= 'INCOMPLETE';
  return { requests, failure };
}
