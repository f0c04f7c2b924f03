/**
 * The server's side of one SSH connection: authentication, and programs in channels. Everything else that clients may ask for
 * is refused here: forwarding, agents, X11, all but a few variables, global requests.
 */
import type { Socket } from 'node:net';
import { ALGORITHMS, IDENT } from './algorithms.ts';
import { type Environment, NO_ENVIRONMENT, withVariable } from './environment.ts';
import { Flow } from './flow.ts';
import { type ForwardingHandlers, watchForwarding, watchSession } from './forwarding.ts';
import { announceHostKeys, certifiedKey, type HostKeys } from './host-keys.ts';
import { type LoginAttempt, readAttempt } from './login-attempt.ts';
import { Resizes } from './resizes.ts';
import { ServerChannel } from './server-channel.ts';
import { signalName } from './signals.ts';
import { type AuthContext, type ClientInfo, type Connection, type Session, ssh2 } from './ssh2.ts';
import { readSize, readTerminal, type Terminal } from './terminal.ts';

/** What a client wants to run. */
export interface ProgramRequest {
  readonly kind: 'exec' | 'shell' | 'subsystem';
  /** The command text, or the name of the subsystem. */
  readonly text: string;
  readonly channel: ServerChannel;
  /** Where the client asked for one. */
  readonly terminal: Terminal | undefined;
  readonly environment: Environment;
  /** Changes of the size of the terminal. */
  readonly resizes: Resizes;
  /** How the client names its software (RFC 4253 section 4.2): a hint. */
  readonly client: string;
  /** Told of signals that the client sends the program: names of RFC 4254 section 6.10, without `SIG`. */
  onSignal: ((name: string) => void) | undefined;
}

/** What the connection tells. No handler may throw. */
export interface ConnectionHandlers extends ForwardingHandlers {
  /** The client tries to authenticate. One at a time. */
  attempt(attempt: LoginAttempt): void;
  program(request: ProgramRequest): void;
  /** Something that ends the connection. */
  fault(reason: string): void;
}

/** Bounds on one connection. */
export interface ConnectionBounds {
  readonly maxChannels: number;
  readonly rekeyTimeoutMs: number;
}

/** Requests to authenticate, whatever they bring: a client tries `none`, then its keys, then what is served. */
const MOST_ATTEMPTS = 40;
/** Channels that are opened and closed without a program: ssh2 keeps each of them for as long as the connection lives. */
const MOST_EMPTY_CHANNELS = 100;
/** Tunnels, listeners, agents and displays that are asked for in vain. */
const MOST_REFUSED = 100;
const KEEPALIVE_MS = 15_000;
const KEEPALIVES = 3;

/** Answers a request; absent where the client wants no answer. */
type Reply = (() => void) | undefined;
type Told = Readonly<Record<string, unknown>>;

/** A connection of a client. */
export class ServerConnection {
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #handlers: ConnectionHandlers;
  readonly #bounds: ConnectionBounds;
  readonly #flow: Flow;
  readonly #channels = new Set<ServerChannel>();
  readonly #forwarding: ForwardingHandlers;
  #connection: Connection | undefined;
  #client = '';
  #isReady = false;
  #attempts = 0;
  #open = 0;
  #empty = 0;

  constructor(
    socket: Socket,
    hostKeys: HostKeys,
    { handlers, bounds }: { readonly handlers: ConnectionHandlers; readonly bounds: ConnectionBounds },
  ) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.#bounds = bounds;
    this.#forwarding = this.#boundForwarding();
    this.#flow = new Flow(socket, bounds.rekeyTimeoutMs);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const channel of this.#channels) channel.leave();
        resolve();
      });
    });
    const { key, certificate } = hostKeys;
    const certified =
      certificate === undefined ? [] : [{ key: certifiedKey(key, certificate, () => this.#connection) }];
    // One for each connection: it is the only way to know which socket a connection of ssh2 is on.
    const server = new ssh2.Server({
      hostKeys: [...certified, { key }],
      ident: IDENT,
      algorithms: ALGORITHMS,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVES,
    });
    server.on('error', (error: Error) => handlers.fault(error.message));
    server.on('connection', (connection: Connection, info: ClientInfo) => {
      this.#client = info.header?.versions?.software ?? '';
      this.#begin(connection, hostKeys);
    });
    server.injectSocket(socket);
  }

  /** Says goodbye and closes; what is written already is sent. Idempotent. */
  end(): void {
    try {
      if (this.#connection === undefined) this.#socket.destroy();
      else this.#connection.end();
    } catch {
      this.#socket.destroy();
    }
  }

  #begin(connection: Connection, hostKeys: HostKeys): void {
    this.#connection = connection;
    this.#flow.watch(connection);
    connection.on('error', (error: Error) => {
      this.#handlers.fault(error.message);
      this.#socket.destroySoon();
    });
    connection.on('ready', () => {
      this.#isReady = true;
      announceHostKeys(connection, hostKeys);
    });
    watchForwarding(connection, this.#forwarding, {
      flow: this.#flow,
      isFull: () => this.#open >= this.#bounds.maxChannels,
      opened: (channel) => this.#hold(channel),
    });
    connection.on('authentication', (context: AuthContext) => this.#authenticate(context));
    connection.on('session', (accept: () => Session | undefined, reject: () => void) => {
      if (this.#open >= this.#bounds.maxChannels) {
        reject();
        return;
      }
      const session = accept();
      if (session !== undefined) this.#serve(session);
    });
  }

  #authenticate(context: AuthContext): void {
    this.#attempts += 1;
    if (this.#attempts > MOST_ATTEMPTS) {
      this.#handlers.fault('too many requests to authenticate');
      this.end();
      return;
    }
    const attempt = readAttempt(context, () => {
      const wasReady = this.#isReady;
      context.accept();
      // ssh2 says so at once, and says nothing of an attempt that is void.
      return !wasReady && this.#isReady;
    });
    if (attempt !== undefined) this.#handlers.attempt(attempt);
  }

  /** What is asked for again and again in vain is not worth a record each. */
  #boundForwarding(): ForwardingHandlers {
    let inVain = 0;
    const isTooMuch = (): boolean => {
      inVain += 1;
      if (inVain <= MOST_REFUSED) return false;
      if (inVain === MOST_REFUSED + 1) this.#handlers.fault('too many tunnels that are none');
      this.#socket.destroy();
      return true;
    };
    return {
      tunnel: (request) => {
        if (isTooMuch()) return;
        this.#handlers.tunnel({
          ...request,
          accept() {
            inVain -= 1;
            return request.accept();
          },
        });
      },
      refused: (kind, target) => {
        if (!isTooMuch()) this.#handlers.refused(kind, target);
      },
    };
  }

  #hold(channel: ServerChannel): void {
    this.#open += 1;
    this.#channels.add(channel);
    const leave = (): void => {
      this.#open -= 1;
      this.#channels.delete(channel);
    };
    if (channel.gone.aborted) leave();
    else channel.gone.addEventListener('abort', leave, { once: true });
  }

  #serve(session: Session): void {
    this.#open += 1;
    watchSession(session, this.#forwarding);
    let request: ProgramRequest | undefined;
    let terminal: Terminal | undefined;
    let environment = NO_ENVIRONMENT;
    const resizes = new Resizes();
    session.once('close', () => {
      this.#open -= 1;
      resizes.stop();
      if (request === undefined) this.#closedEmpty();
    });
    const run = (kind: ProgramRequest['kind'], accept: () => unknown, text: string): void => {
      // Undefined: the channel has a program, or had one. It gets no other.
      const channel = accept() as ConstructorParameters<typeof ServerChannel>[0] | undefined;
      if (channel === undefined) return;
      const served = new ServerChannel(channel, this.#flow, terminal !== undefined);
      this.#channels.add(served);
      served.gone.addEventListener('abort', () => this.#channels.delete(served), { once: true });
      if (!served.isServable) {
        this.#handlers.fault('a channel with packets that are too small');
        this.#socket.destroy();
        return;
      }
      const asked = { kind, text, terminal, environment, resizes };
      request = { ...asked, channel: served, client: this.#client, onSignal: undefined };
      this.#handlers.program(request);
    };
    session.on('pty', (accept: Reply, reject: Reply, told: Told) => {
      // What comes when a program runs is too late for it.
      if (request !== undefined) return reject?.();
      terminal = readTerminal(told);
      accept?.();
    });
    session.on('window-change', (accept: Reply, reject: Reply, told: Told) => {
      if (terminal === undefined) return reject?.();
      resizes.take(readSize(told));
      accept?.();
    });
    session.on('env', (accept: Reply, reject: Reply, { key, val }: Told) => {
      if (request !== undefined) return reject?.();
      const before = environment.passed;
      environment = withVariable(environment, String(key), String(val));
      if (environment.passed === before) reject?.();
      else accept?.();
    });
    session.on('exec', (accept: () => unknown, _reject: unknown, { command }: { command: unknown }) =>
      run('exec', accept, String(command)),
    );
    session.on('shell', (accept: () => unknown) => run('shell', accept, ''));
    session.on('subsystem', (accept: () => unknown, _reject: unknown, { name }: { name: unknown }) =>
      run('subsystem', accept, String(name)),
    );
    session.on('signal', (accept: Reply, reject: Reply, told: Told) => {
      const name = signalName(told['name']);
      if (name === undefined || request?.onSignal === undefined) return reject?.();
      request.onSignal(name);
      accept?.();
    });
  }

  #closedEmpty(): void {
    this.#empty += 1;
    if (this.#empty <= MOST_EMPTY_CHANNELS) return;
    this.#handlers.fault('too many channels without a program');
    this.#socket.destroy();
  }
}
