/** HTTP/2 by `node:http2`, over TLS. */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import type { HttpGateway } from '../../support/http-gateway.ts';
import { connectHttp2 } from '../../support/http2-client.ts';
import type { RawHttpAnswer } from '../../support/raw-http.ts';
import type { Asking, HttpWire, Identity } from './http-wire.ts';

/** Of the connection, which HTTP/2 has in another form (RFC 9113 section 8.2.2). */
const CONNECTION_FIELD = /^connection$/;

/** A connection on which each request is a stream. */
export class Http2Wire implements HttpWire {
  readonly #session: ClientHttp2Session;
  readonly #answers: Pending[] = [];
  #open: ClientHttp2Stream | undefined;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  /** Opens one. */
  static async dial(gateway: HttpGateway): Promise<Http2Wire> {
    return new Http2Wire(await connectHttp2(gateway));
  }

  get isClosed(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  send({ method = 'GET', path, fields = [], body }: Asking, { token, agent }: Identity, now?: string): void {
    const headers: Record<string, string> = {
      ':method': method,
      ':path': `/shop${path}`,
      authorization: `Bearer ${token}`,
      'user-agent': agent,
    };
    for (const field of fields) {
      const colon = field.indexOf(':');
      const name = field.slice(0, colon).toLowerCase();
      if (!CONNECTION_FIELD.test(name)) headers[name] = field.slice(colon + 1).trim();
    }
    const stream = this.#session.request(headers, { endStream: body === undefined });
    this.#answers.push(new Pending(stream));
    if (body === undefined) return;
    this.#open = stream;
    if (now === undefined) stream.end(Buffer.from(body, 'latin1'));
    else stream.write(Buffer.from(now, 'latin1'));
  }

  more(body: string): void {
    this.#open?.end(Buffer.from(body, 'latin1'));
  }

  answer(): Promise<RawHttpAnswer | undefined> {
    return this.#answers.shift()?.whole ?? Promise.resolve(undefined);
  }

  begun(): Promise<void> {
    return this.#answers[0]?.begun ?? Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#session.once('close', () => resolve()));
    if (this.#session.destroyed) return;
    this.#session.destroy();
    await closed;
  }
}

/** The answer of one stream. */
class Pending {
  readonly begun: Promise<void>;
  readonly whole: Promise<RawHttpAnswer | undefined>;

  constructor(stream: ClientHttp2Stream) {
    let head: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders = {};
    let isEnded = false;
    const chunks: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('trailers', (got) => (trailers = got));
    stream.on('end', () => (isEnded = true));
    this.begun = new Promise((resolve) => {
      stream.once('response', (got) => {
        head = got;
        resolve();
      });
      stream.once('close', () => resolve());
    });
    this.whole = new Promise((resolve) => {
      stream.once('close', () => {
        if (head === undefined) return resolve(undefined);
        const body = Buffer.concat(chunks);
        // An answer may be whole before its request was (RFC 9113 section 8.1).
        const isWhole = stream.rstCode === 0 && isEnded;
        const { ':status': status, ...fields } = head;
        const lists = { fields: pairsOf(fields), trailers: pairsOf(trailers) };
        resolve({ status: Number(status), ...lists, body, bytes: body, interim: [], isWhole });
      });
    });
  }
}

function pairsOf(headers: IncomingHttpHeaders): readonly (readonly [string, string])[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? value : (value ?? '').split(', ');
    return values.map((one): readonly [string, string] => [name, one]);
  });
}
