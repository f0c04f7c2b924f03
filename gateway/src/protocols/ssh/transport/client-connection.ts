/** The client's side of one SSH connection: to the machine of a resource. */
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { ALGORITHMS, HOST_KEY_TYPES, IDENT } from './algorithms.ts';
import { Chunks } from './chunks.ts';
import { Flow } from './flow.ts';
import type { ParsedKey } from './keys.ts';
import { believeCertificate, CertificateAgent } from './machine-proofs.ts';
import type { Exit } from './server-channel.ts';
import { signalName } from './signals.ts';
import { type Client, type ClientChannel, type PtyOptions, ssh2 } from './ssh2.ts';
import type { Terminal, TerminalSize } from './terminal.ts';
import { tunnelStream } from './tunnel-stream.ts';

/** What the gateway proves itself by. */
export type Proof =
  | { readonly key: ParsedKey; readonly certificate?: Buffer }
  | { readonly password: string };

/** How to log in. */
export interface ClientLogin {
  readonly user: string;
  readonly proof: Proof;
  /**
   * Whether this public key, in wire form, is the machine's. Asked before anything of the gateway's is told. Of a certificate that is good:
   * the key that it is for.
   */
  readonly isHostKey: (key: Buffer) => boolean | Buffer;
  /** Host key types that may prove it; default all. */
  readonly hostKeyTypes?: readonly string[] | undefined;
  readonly timeoutMs: number;
}

const KEEPALIVE_MS = 15_000;
const KEEPALIVES = 3;
const REKEY_MS = 30_000;
const LEAST_PACKET = 1024;
/** So long a server may take to close its side. */
const FAREWELL_MS = 5_000;

/** A program to be started, and what around it. */
export interface ClientStart {
  /** Absent: the shell of the account, as it is. */
  readonly command?: string;
  readonly terminal?: Terminal | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Ways to log in, one after the other. */
function methodsOf(username: string, proof: Proof, client: Client): readonly object[] {
  if ('key' in proof) {
    const { key, certificate } = proof;
    if (certificate === undefined) return [{ type: 'publickey', username, key }];
    return [{ type: 'agent', username, agent: new CertificateAgent(key, certificate, client) }];
  }
  const { password } = proof;
  let isAsked = false;
  return [
    { type: 'password', username, password },
    {
      // Machines that ask for a password by PAM have this method only (RFC 4256).
      type: 'keyboard-interactive',
      username,
      prompt(_name: string, _text: string, _language: string, prompts: readonly Prompt[], answer: Answer) {
        const isOne = prompts.length === 1 && prompts[0]?.echo !== true && !isAsked;
        isAsked ||= isOne;
        answer(isOne ? [password] : prompts.map(() => ''));
      },
    },
  ];
}

type Prompt = { readonly prompt: string; readonly echo?: boolean };
type Answer = (answers: readonly string[]) => void;

/** A connection that is logged in. */
export class ClientConnection {
  readonly closed: AbortSignal;
  readonly #client: Client;
  readonly #flow: Flow;
  readonly #socket: Duplex;

  private constructor(client: Client, socket: Duplex, flow: Flow) {
    this.#client = client;
    this.#socket = socket;
    this.#flow = flow;
    const closed = new AbortController();
    this.closed = closed.signal;
    const close = (): void => {
      if (!closed.signal.aborted) closed.abort();
    };
    socket.once('close', close);
    if (socket.destroyed) close();
  }

  /** Logs in over a connected socket, or a tunnel. Rejects with what ssh2 says of it, whose `level` tells where it failed. */
  static open(socket: Duplex, login: ClientLogin): Promise<ClientConnection> {
    const client = new ssh2.Client();
    const flow = new Flow(socket, REKEY_MS);
    return new Promise((resolve, reject) => {
      client.on('error', reject);
      client.once('close', () => reject(new Error('the server closed the connection')));
      client.once('handshake', () => flow.watch(client));
      client.once('ready', () => resolve(new ClientConnection(client, socket, flow)));
      const { user, proof } = login;
      client.connect({
        sock: socket,
        ident: IDENT,
        username: user,
        algorithms: { ...ALGORITHMS, serverHostKey: login.hostKeyTypes ?? HOST_KEY_TYPES },
        readyTimeout: login.timeoutMs,
        keepaliveInterval: KEEPALIVE_MS,
        keepaliveCountMax: KEEPALIVES,
        authHandler: methodsOf(user, proof, client),
        hostVerifier(shown) {
          const verdict = login.isHostKey(shown);
          if (!Buffer.isBuffer(verdict)) return verdict;
          believeCertificate(client._protocol, shown, verdict);
          return true;
        },
      });
    });
  }

  /** Address that the server sees; undefined where another machine connects. */
  get localAddress(): string | undefined {
    return (this.#socket as Partial<Socket>).localAddress;
  }

  /** Starts a program. Rejects where the server does not. */
  start({ command, terminal, environment = {} }: ClientStart): Promise<ClientProgram> {
    const pty = terminal === undefined ? false : toPty(terminal);
    return this.#start((started) => {
      if (command === undefined) this.#client.shell(pty, { env: environment }, started);
      else this.#client.exec(command, { env: environment, pty }, started);
    });
  }

  /** Starts a subsystem (RFC 4254 section 6.5). Rejects where the server does not. */
  subsystem(name: string): Promise<ClientProgram> {
    return this.#start((started) => this.#client.subsys(name, started));
  }

  /** Another connection, from the server to somewhere else (RFC 4254 section 7.2). Rejects where the server opens none. */
  async tunnel(host: string, port: number): Promise<Duplex> {
    return tunnelStream(
      await this.#start((started) => this.#client.forwardOut('127.0.0.1', 0, host, port, started)),
    );
  }

  #start(
    start: (started: (error: Error | undefined, channel: ClientChannel) => void) => void,
  ): Promise<ClientProgram> {
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error('the connection to the server is closed'));
      if (this.closed.aborted) {
        gone();
        return;
      }
      this.closed.addEventListener('abort', gone, { once: true });
      try {
        start((error, channel) => {
          this.closed.removeEventListener('abort', gone);
          if (error !== undefined) reject(error);
          else if (channel.outgoing.packetSize < LEAST_PACKET) {
            this.destroy();
            reject(new Error('the server takes packets that are too small'));
          } else resolve(new ClientProgram(channel, this.#flow, this.closed));
        });
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Says goodbye and closes, whether or not the server does. Idempotent. */
  end(): void {
    setTimeout(() => this.destroy(), FAREWELL_MS).unref();
    try {
      this.#client.end();
    } catch {
      this.destroy();
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** A command that runs on the server. Nothing of it throws or rejects. */
export class ClientProgram {
  readonly stdout: Chunks;
  readonly stderr: Chunks;
  /** How it ended; undefined where the server did not say. Resolves when the channel is closed. */
  readonly exit: Promise<Exit | undefined>;
  readonly #channel: ClientChannel;
  readonly #flow: Flow;
  readonly #closed: AbortSignal;
  #written: (() => void) | undefined;

  constructor(channel: ClientChannel, flow: Flow, closed: AbortSignal) {
    this.#channel = channel;
    this.#flow = flow;
    this.#closed = closed;
    flow.hold(channel);
    channel.on('error', () => undefined);
    channel.stderr.on('error', () => undefined);
    this.stdout = new Chunks(channel, closed);
    this.stderr = new Chunks(channel.stderr as Readable, closed);
    let exit: Exit | undefined;
    channel.once('exit', (code: unknown, signal: unknown, isDumped: unknown) => {
      exit = readExit(code, signal, isDumped);
    });
    this.exit = new Promise((resolve) => {
      const over = (): void => {
        closed.removeEventListener('abort', over);
        resolve(exit);
        this.#written?.();
      };
      channel.once('close', over);
      closed.addEventListener('abort', over, { once: true });
      if (closed.aborted) over();
    });
  }

  /** Sends input. Resolves when more may be sent, or nothing can be any more. One call at a time. */
  async write(bytes: Buffer): Promise<void> {
    await this.#flow.ready();
    if (!this.#isOpen()) return;
    await new Promise<void>((resolve) => {
      this.#written = resolve;
      if (!this.#try(() => this.#channel.write(bytes, () => resolve()))) resolve();
    });
  }

  /** There is no more input. */
  endInput(): void {
    this.#try(() => this.#channel.eof());
  }

  signal(name: string): void {
    this.#try(() => this.#channel.signal(name));
  }

  /** Tells it that its terminal has another size. */
  resize({ rows, columns, heightPixels, widthPixels }: TerminalSize): void {
    this.#try(() => this.#channel.setWindow(rows, columns, heightPixels, widthPixels));
  }

  /** Ends it by force, and closes its channel. */
  kill(): void {
    this.signal('KILL');
    this.close();
  }

  /** Closes its channel. */
  close(): void {
    this.#try(() => this.#channel.close());
    this.stdout.stop();
    this.stderr.stop();
  }

  #isOpen(): boolean {
    return !this.#closed.aborted && this.#channel.outgoing.state === 'open';
  }

  #try(action: () => void): boolean {
    if (this.#closed.aborted) return false;
    try {
      action();
      return true;
    } catch {
      // The connection is about to say that it is closed.
      return false;
    }
  }
}

function toPty({ term, modes, rows, columns, widthPixels, heightPixels }: Terminal): PtyOptions {
  return { term, modes, rows, cols: columns, width: widthPixels, height: heightPixels };
}

function readExit(code: unknown, signal: unknown, isDumped: unknown): Exit | undefined {
  if (typeof code === 'number') return { code };
  const name = signalName(signal);
  return name === undefined ? undefined : { signal: name, coreDumped: isDumped === true };
}
