/**
 * What clients want beside programs (RFC 4254 sections 6.3, 7; PROTOCOL of OpenSSH): tunnels, listeners, agents, displays. All of it
 * is refused here, with a reason where the protocol has room for one, but tunnels that somebody opens.
 */
import type { Flow } from './flow.ts';
import { ServerChannel } from './server-channel.ts';
import type { ChannelOpen, Connection, Session, ServerChannel as Ssh2Channel } from './ssh2.ts';

/** What was refused. */
export type ForwardingKind =
  | 'direct-tcpip'
  | 'direct-streamlocal'
  | 'tcpip-forward'
  | 'streamlocal-forward'
  | 'agent'
  | 'x11'
  | 'other';

/** A connection that a client wants to have opened. */
export interface TunnelRequest {
  readonly host: string;
  readonly port: number;
  /** Opens the channel; undefined where it cannot be any more. */
  accept(): ServerChannel | undefined;
  /** @param reason shown to whoever runs the client */
  reject(reason: string): void;
}

/** Who hears of it. No handler may throw. */
export interface ForwardingHandlers {
  tunnel(request: TunnelRequest): void;
  /** @param target what it was about, as the client said it; bounded */
  refused(kind: ForwardingKind, target: string): void;
}

const PROHIBITED = 1;
const SHORTAGE = 4;
const LONGEST_NAME = 255;
const LONGEST_REASON = 400;
/** Not a name or an address: blanks, controls, separators. */
const NO_HOST = /[^\x21-\x7e]|[/\\@,]/;

const GLOBAL_KINDS: ReadonlyMap<string, ForwardingKind> = new Map([
  ['tcpip-forward', 'tcpip-forward'],
  ['streamlocal-forward@openssh.com', 'streamlocal-forward'],
]);

const REASONS: Readonly<Record<ForwardingKind, string>> = {
  'direct-tcpip': 'this is no address of a resource that you may open here',
  'direct-streamlocal': 'no sockets of machines are opened here',
  'tcpip-forward': 'no ports are opened here',
  'streamlocal-forward': 'no sockets are opened here',
  agent: 'no agents are forwarded here',
  x11: 'no displays are forwarded here',
  other: 'channels of this kind are not served here',
};

/** Looks after everything on the connection that is no session. @param isFull no more channels may be opened */
export function watchForwarding(
  connection: Connection,
  handlers: ForwardingHandlers,
  how: {
    readonly flow: Flow;
    readonly isFull: () => boolean;
    readonly opened: (channel: ServerChannel) => void;
  },
): void {
  const protocol = connection._protocol;
  const open = protocol._handlers.CHANNEL_OPEN;
  const fail = (sender: number, code: number, reason: string): void =>
    protocol.channelOpenFail(sender, code, `sallyport: ${reason}`.slice(0, LONGEST_REASON));
  protocol._handlers.CHANNEL_OPEN = (self, info) => {
    if (info.type === 'session' || !connection.authenticated) {
      open(self, info);
      return;
    }
    const target = readTarget(info);
    if (target === undefined) {
      const kind = info.type === 'direct-streamlocal@openssh.com' ? 'direct-streamlocal' : kindOf(info.type);
      handlers.refused(kind, textOf(info.data?.['socketPath'] ?? info.data?.['destIP'] ?? info.type));
      fail(info.sender, PROHIBITED, REASONS[kind]);
      return;
    }
    if (how.isFull()) {
      fail(info.sender, SHORTAGE, 'too many channels of one connection');
      return;
    }
    let isAnswered = false;
    handlers.tunnel({
      ...target,
      accept() {
        if (isAnswered) return undefined;
        isAnswered = true;
        // Many may have been waiting for their verdict.
        if (how.isFull()) {
          fail(info.sender, SHORTAGE, 'too many channels of one connection');
          return undefined;
        }
        const channel = acceptTunnel(connection, () => open(self, info));
        if (channel === undefined) return undefined;
        const served = new ServerChannel(channel, how.flow, false);
        how.opened(served);
        return served;
      },
      reject(reason) {
        if (isAnswered) return;
        isAnswered = true;
        fail(info.sender, PROHIBITED, reason);
      },
    });
  };
  const answer = protocol._handlers.GLOBAL_REQUEST;
  protocol._handlers.GLOBAL_REQUEST = (self, name, wantReply, data) => {
    const kind = GLOBAL_KINDS.get(name);
    if (kind !== undefined && connection.authenticated) handlers.refused(kind, globalTarget(data));
    // Nobody listens for requests: the package refuses each of them itself.
    answer(self, name, wantReply, data);
  };
}

/** Lets the package open the channel that was asked for. @param open what it does with a request */
function acceptTunnel(connection: Connection, open: () => void): Ssh2Channel | undefined {
  let channel: Ssh2Channel | undefined;
  const take = (accept: () => Ssh2Channel | undefined): void => {
    channel = accept();
  };
  connection.once('tcpip', take);
  open();
  connection.removeListener('tcpip', take);
  return channel;
}

/** Looks after what is wanted within a session. */
export function watchSession(session: Session, { refused }: Pick<ForwardingHandlers, 'refused'>): void {
  session.on('auth-agent', (_accept: unknown, reject: (() => void) | undefined) => {
    refused('agent', '');
    reject?.();
  });
  session.on('x11', (_accept: unknown, reject: (() => void) | undefined) => {
    refused('x11', '');
    reject?.();
  });
}

function kindOf(type: string): ForwardingKind {
  if (type === 'direct-tcpip') return 'direct-tcpip';
  return type === 'x11' ? 'x11' : type === 'auth-agent@openssh.com' ? 'agent' : 'other';
}

/** Undefined for what is no request for a connection, or names nothing that can be one. */
function readTarget({
  type,
  data,
}: ChannelOpen): { readonly host: string; readonly port: number } | undefined {
  const { destIP: host, destPort: port } = data ?? {};
  if (type !== 'direct-tcpip' || typeof host !== 'string' || typeof port !== 'number') return undefined;
  if (host === '' || host.length > LONGEST_NAME || NO_HOST.test(host)) return undefined;
  return port < 1 || port > 65_535 ? undefined : { host, port };
}

function globalTarget(data: unknown): string {
  const { bindAddr, bindPort, socketPath } = (data ?? {}) as Readonly<Record<string, unknown>>;
  return textOf(socketPath ?? `${String(bindAddr)}:${String(bindPort)}`);
}

function textOf(value: unknown): string {
  return String(value)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, LONGEST_NAME);
}
