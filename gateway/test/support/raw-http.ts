/** A client of HTTP/1.1 that sends bytes as they are, and reads answers with a parser of its own: nothing of the gateway's codec. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One answer, as it came. */
export interface RawHttpAnswer {
  readonly status: number;
  /** In order, names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Without transfer coding. */
  readonly body: Buffer;
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** Every byte of it, and of the interim answers before it. */
  readonly bytes: Buffer;
  /** Statuses of interim answers. */
  readonly interim: readonly number[];
  /** False where the connection ended within it. */
  readonly isWhole: boolean;
}

/** How long an answer may take; a guard against tests that hang. */
const PATIENCE_MS = 30_000;

/** One connection. */
export class RawHttpClient implements AsyncDisposable {
  readonly #socket: Socket;
  #held: Buffer = Buffer.alloc(0);
  #isEnded = false;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#held = Buffer.concat([this.#held, chunk]);
      this.#wake?.();
    });
    const over = (): void => {
      this.#isEnded = true;
      this.#wake?.();
    };
    socket.on('error', over);
    socket.on('end', over);
    socket.on('close', over);
  }

  /** Opens one, without TLS. */
  static async connect(where: { readonly host: string; readonly port: number }): Promise<RawHttpClient> {
    const socket = connect(where);
    const client = new RawHttpClient(socket);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return client;
  }

  /** The peer sends no more. */
  get isClosed(): boolean {
    return this.#isEnded;
  }

  /** What came and was not taken for an answer yet. */
  get unread(): Buffer {
    return this.#held;
  }

  /** Sends pieces as one; text is Latin-1. */
  send(...pieces: readonly (string | Uint8Array)[]): void {
    const bytes = pieces.map((piece) =>
      typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece),
    );
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat(bytes));
  }

  /** The next interim answer's status. */
  async interim(): Promise<number> {
    const end = await this.#until(() => this.#held.indexOf('\r\n\r\n'));
    const { status } = readHead(this.#held.toString('latin1', 0, Math.max(end, 0)));
    if (end === -1 || status >= 200) return status;
    this.#held = this.#held.subarray(end + 4);
    return status;
  }

  /** The head of the next answer, which stays to be read. */
  async peek(): Promise<number> {
    const end = await this.#until(() => this.#held.indexOf('\r\n\r\n'));
    return end === -1 ? 0 : readHead(this.#held.toString('latin1', 0, end)).status;
  }

  /** The next answer; undefined where the connection ended before it. */
  async answer(method = 'GET'): Promise<RawHttpAnswer | undefined> {
    const interim: number[] = [];
    let from = 0;
    for (;;) {
      const end = await this.#until(() => this.#held.indexOf('\r\n\r\n', from));
      if (end === -1) return this.#broken(interim);
      const { status, fields } = readHead(this.#held.toString('latin1', from, end));
      from = end + 4;
      if (status < 200) {
        interim.push(status);
        continue;
      }
      const read = await this.#body(from, { method, status, fields });
      const bytes = this.#take(read.end);
      return { status, fields, interim, bytes, ...read };
    }
  }

  /** Everything up to the end of the connection. */
  async rest(): Promise<Buffer> {
    await this.#until(() => -1);
    return this.#take(this.#held.length);
  }

  /** The client has no more to say. */
  end(): void {
    this.#socket.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }

  #broken(interim: readonly number[]): RawHttpAnswer | undefined {
    if (this.#held.length === 0) return undefined;
    const bytes = this.#take(this.#held.length);
    return { status: 0, fields: [], body: bytes, trailers: [], bytes, interim, isWhole: false };
  }

  async #body(from: number, head: Head & { readonly method: string }): Promise<Body> {
    const field = (name: string): string | undefined => head.fields.find(([key]) => key === name)?.[1];
    const none = head.method === 'HEAD' || head.status === 204 || head.status === 304;
    if (none) return { end: from, body: Buffer.alloc(0), trailers: [], isWhole: true };
    if (field('transfer-encoding') === 'chunked') return this.#chunks(from);
    const length = field('content-length');
    const isReached = (): number => (this.#held.length - from >= Number(length) ? from + Number(length) : -1);
    const end = await this.#until(length === undefined ? () => -1 : isReached);
    const body = this.#held.subarray(from, end === -1 ? undefined : end);
    const isWhole = length === undefined || end !== -1;
    return { end: from + body.length, body, trailers: [], isWhole };
  }

  async #chunks(from: number): Promise<Body> {
    const parts: Buffer[] = [];
    let at = from;
    const cut = (): Body => {
      return { end: this.#held.length, body: Buffer.concat(parts), trailers: [], isWhole: false };
    };
    for (;;) {
      const line = await this.#until(() => this.#held.indexOf('\r\n', at));
      if (line === -1) return cut();
      const size = Number.parseInt(this.#held.toString('latin1', at, line), 16);
      const start = line + 2;
      if (size === 0) {
        const end = await this.#until(() => this.#held.indexOf('\r\n\r\n', line));
        if (end === -1) return cut();
        const trailers = end === line ? [] : readFields(this.#held.toString('latin1', start, end));
        return { end: end + 4, body: Buffer.concat(parts), trailers, isWhole: true };
      }
      const end = await this.#until(() => (this.#held.length >= start + size + 2 ? start + size : -1));
      parts.push(Buffer.from(this.#held.subarray(start, end === -1 ? undefined : end)));
      if (end === -1) return cut();
      at = end + 2;
    }
  }

  #take(end: number): Buffer {
    const bytes = this.#held.subarray(0, end);
    this.#held = this.#held.subarray(end);
    return bytes;
  }

  /** The place that `find` finds as soon as it does; -1 at the end of the connection. */
  async #until(find: () => number): Promise<number> {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    const guard = setTimeout(() => reject(new Error('no answer in time')), PATIENCE_MS);
    try {
      for (;;) {
        const place = find();
        if (place !== -1 || this.#isEnded) return place;
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([woken, promise]);
      }
    } finally {
      clearTimeout(guard);
    }
  }
}

interface Head {
  readonly status: number;
  readonly fields: readonly (readonly [string, string])[];
}

interface Body {
  readonly end: number;
  readonly body: Buffer;
  readonly trailers: readonly (readonly [string, string])[];
  readonly isWhole: boolean;
}

function readHead(text: string): Head {
  const line = text.split('\r\n', 1)[0] ?? '';
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1] ?? 0);
  return { status, fields: readFields(text.slice(line.length + 2)) };
}

function readFields(text: string): readonly (readonly [string, string])[] {
  return text
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    });
}
