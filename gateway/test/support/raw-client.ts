/**
 * A PostgreSQL client that sends whatever bytes a test gives it: lying lengths, messages in any order, half messages.
 * It authenticates over TLS as agents do (token as cleartext password), decodes what comes back and never retries.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { encodePassword } from '../../src/protocols/postgres/wire/frontend/password.ts';
import { encodeSslRequest, encodeStartup } from '../../src/protocols/postgres/wire/startup.ts';
import { type Answer, AnswerReader } from './raw-answer.ts';

/** Where to connect and as whom; {@link rawLogin} makes it from a test gateway. */
export interface RawLogin {
  readonly host: string;
  readonly port: number;
  /** PEM file of the CA that signed the gateway's certificate; undefined for no TLS. */
  readonly caFile?: string;
  /** Sent as password. */
  readonly token?: string;
  /** Stops when the password is asked for; `greeting` is then that far. */
  readonly stopAt?: 'authentication';
  readonly user?: string;
  readonly database?: string;
  /** More startup parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Minor version of protocol 3. */
  readonly minor?: number;
}

/** The part of a test gateway that a login needs. */
interface Target {
  readonly host: string;
  readonly port: number;
  readonly caFile: string;
  readonly issuer: { token(claims?: object): Promise<string> };
}

/** How long an answer may take before the test says what it had so far. */
const PATIENCE_MS = 30_000;

/** A login on a test gateway; later keys win. */
export async function rawLogin(gateway: Target, more: Partial<RawLogin> = {}): Promise<RawLogin> {
  const { host, port, caFile } = gateway;
  return { host, port, caFile, token: more.token ?? (await gateway.issuer.token()), ...more };
}

/** One connection. */
export class RawClient implements AsyncDisposable {
  /** What came before the first ReadyForQuery: parameters, cancel key, or the refusal. */
  greeting!: Answer;
  /** Bytes that were read and forgotten. */
  discarded = 0;
  readonly #socket: Socket;
  readonly #reader: AnswerReader = new AnswerReader();
  #wake: () => void = () => undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#reader.push(chunk);
      } catch (error) {
        // Bytes that are no protocol: told to whoever waits for an answer, and to nobody if nobody does.
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
        socket.destroy();
      }
      this.#wake();
    });
    socket.on('close', () => {
      this.#reader.end();
      this.#wake();
    });
    socket.on('error', () => undefined);
  }

  /** Connects and logs in; a refused login is told by `greeting.closed` and its errors. */
  static async connect(login: RawLogin): Promise<RawClient> {
    const client = new RawClient(await openSocket(login));
    const { user = 'app', database = 'shop', parameters = {}, minor = 0, token } = login;
    const all = Object.entries({ user, database, ...parameters });
    client.send(encodeStartup({ minor, parameters: all }));
    client.greeting = await client.answer('authentication');
    if (client.greeting.closed || login.stopAt !== undefined) return client;
    client.send(encodePassword(token ?? ''));
    client.greeting = await client.answer();
    return client;
  }

  /** Process id and key of BackendKeyData. */
  get cancelKey(): { readonly processId: number; readonly secretKey: Buffer } {
    if (this.greeting.cancelKey === undefined) throw new Error('the server sent no BackendKeyData');
    return this.greeting.cancelKey;
  }

  /** Whether the peer has closed the connection. */
  get isClosed(): boolean {
    return this.#reader.isEnded;
  }

  /** Sends all pieces as one write, so that they arrive together. */
  send(...pieces: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(pieces));
  }

  /** Sends nothing more; what is to come is still read. */
  finish(): void {
    this.#socket.end();
  }

  /**
   * Sends, and resolves to true when the peer has taken it; to false when it has not in that time, as one that is not
   * being read from should.
   */
  async sendAndDrain(bytes: Uint8Array, patienceMs: number): Promise<boolean> {
    if (this.#socket.write(bytes)) return true;
    const over = new AbortController();
    const drained = once(this.#socket, 'drain', { signal: over.signal }).then(() => true);
    const waited = pause(patienceMs, false, { signal: over.signal });
    try {
      return await Promise.race([drained, waited]);
    } finally {
      over.abort();
      await Promise.allSettled([drained, waited]);
    }
  }

  /** Reads nothing more: the peer's bytes pile up on its side. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads everything and forgets it, once `look` has seen it: for floods. No further answer is told. */
  discard(look: (chunk: Buffer) => void = () => undefined): void {
    this.#socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
      this.discarded += chunk.length;
      look(chunk);
    });
  }

  /** What comes up to the next ReadyForQuery, or up to the end of the connection, or up to the named message. */
  async answer(until?: 'authentication' | 'copy' | 'error'): Promise<Answer> {
    const guard = setTimeout(() => this.#socket.destroy(), PATIENCE_MS);
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        const answer = this.#reader.take(until);
        if (answer !== undefined) return answer;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(guard);
    }
  }

  /** Sends and reads one answer for each of `cycles` ReadyForQuery. */
  async ask(...pieces: readonly Uint8Array[]): Promise<Answer> {
    this.send(...pieces);
    return this.answer();
  }

  /** Resolves when the peer has closed. */
  async closed(): Promise<void> {
    while (!this.#reader.isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Drops the connection without a word. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }
}

async function openSocket(login: RawLogin): Promise<Socket> {
  const plain = connect(login.port, login.host);
  await once(plain, 'connect');
  plain.setNoDelay(true);
  if (login.caFile === undefined) return plain;
  plain.write(encodeSslRequest());
  const [answer] = (await once(plain, 'data')) as [Buffer];
  if (answer.toString('latin1') !== 'S')
    throw new Error(`SSLRequest was answered with ${answer.toString('hex')}`);
  const secure = connectTls({ socket: plain, host: login.host, ca: readFileSync(login.caFile) });
  await once(secure, 'secureConnect');
  return secure;
}
