/** SSH by hand: a client that sends any message once keys are exchanged, and a relay that puts packets into a handshake. */
import { connect, createServer, type Socket } from 'node:net';
import { type ConnectionProtocol, sendPacket, ssh2 } from '../../src/protocols/ssh/transport/ssh2.ts';
import type { RawClient } from './ssh-clients.ts';

/** Where to connect to. */
interface Place {
  readonly host: string;
  readonly port: number;
}

/** Enciphers and sends one message, whatever it is. @param payload from its number on (RFC 4253 section 6) */
export function sendPayload(protocol: ConnectionProtocol, payload: Buffer): void {
  const writer = protocol._packetRW.write;
  const packet = writer.alloc(payload.length);
  packet.set(payload, writer.allocStart);
  sendPacket(protocol, writer.finalize(packet));
}

/** A client whose keys are exchanged, and that has not asked to be let in. */
export interface SshByHand extends Disposable {
  readonly raw: RawClient;
  /** Messages of the server since then: its name in RFC 4250, and what was in it. */
  readonly heard: readonly string[];
  readonly closed: Promise<void>;
  send(payload: Buffer): void;
  /** Sends a request to be let in by a method; its answer is for that. */
  ask(method: string, payload: Buffer): void;
  /** Resolves when such a message has come, the first so many not looked at, or the connection is closed. */
  hears(name: string, from?: number): Promise<void>;
}

/** Exchanges keys, and stops there. */
export async function connectByHand(place: Place): Promise<SshByHand> {
  const raw = new ssh2.Client() as unknown as RawClient;
  raw.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => raw.once('close', () => resolve()));
  const asked = Promise.withResolvers<void>();
  raw.connect({ ...place, username: 'deploy+box', authHandler: () => asked.resolve() });
  await Promise.race([asked.promise, closed]);
  const protocol = raw._protocol as unknown as ConnectionProtocol;
  const handlers = protocol._handlers as unknown as Record<string, (...args: readonly unknown[]) => void>;
  const heard: string[] = [];
  let wake = Promise.withResolvers<void>();
  for (const name of Object.keys(handlers)) {
    handlers[name] = (_self, ...values) => {
      heard.push(`${name} ${JSON.stringify(values)}`);
      wake.resolve();
      wake = Promise.withResolvers();
    };
  }
  return {
    raw,
    heard,
    closed,
    send: (payload) => sendPayload(protocol, payload),
    ask(method, payload) {
      protocol._authsQueue.push(method);
      sendPayload(protocol, payload);
    },
    async hears(name, from = 0) {
      let isOver = false;
      void closed.then(() => (isOver = true));
      while (!isOver && !heard.slice(from).some((one) => one.startsWith(name)))
        await Promise.race([wake.promise, closed]);
    },
    [Symbol.dispose]: () => raw.destroy(),
  };
}

/** SSH_MSG_IGNORE before any keys: length, padding, message, nothing in it (RFC 4253 sections 6 and 11.2). */
const IGNORE = Buffer.from([0, 0, 0, 12, 6, 2, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);

/** A relay that reads a handshake. */
export interface InjectingRelay extends Place, AsyncDisposable {
  /** How often it has put something in. */
  readonly injected: number;
}

/** Moves bytes, and puts a message that means nothing into what one side sends: before its KEXINIT or behind it; or into nothing. */
export async function startInjectingRelay(
  target: Place,
  into: 'client' | 'server' | 'nobody',
  place: 'before' | 'behind' = 'behind',
): Promise<InjectingRelay> {
  const sockets = new Set<Socket>();
  let injected = 0;
  const server = createServer((near) => {
    const far = connect(target);
    carry(near, far, into === 'client');
    carry(far, near, into === 'server');
  });
  const carry = (from: Socket, to: Socket, isIntoIt: boolean): void => {
    sockets.add(from);
    let held: Buffer | undefined = isIntoIt ? Buffer.alloc(0) : undefined;
    from.on('error', () => to.destroy());
    from.once('close', () => to.destroySoon());
    from.on('data', (bytes: Buffer) => {
      if (held === undefined) {
        to.write(bytes);
        return;
      }
      held = Buffer.concat([held, bytes]);
      const start = held.indexOf('\n') + 1;
      if (start === 0 || held.length < start + 4) return;
      const end = start + 4 + held.readUInt32BE(start);
      if (held.length < end) return;
      const at = place === 'before' ? start : end;
      to.write(Buffer.concat([held.subarray(0, at), IGNORE, held.subarray(at)]));
      injected += 1;
      held = undefined;
    });
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  return {
    host: '127.0.0.1',
    port,
    get injected() {
      return injected;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
