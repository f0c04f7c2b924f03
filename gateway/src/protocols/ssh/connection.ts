/** One client connection: who it is, the session that it opens, and the programs that run in it. */
import type { Socket } from 'node:net';
import { limitKey } from '../../listener/ip-address.ts';
import type { Connection } from '../../listener/listener.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import { findAccount } from '../../session/accounts.ts';
import { withoutTokens } from '../../session/login-name.ts';
import type { ProtocolServices } from '../protocol.ts';
import type { SshResourceConfig } from './config.ts';
import type { DeviceLoginUse } from './downstream/device-login.ts';
import { isOffer, type LoggedIn, logIn, MOST_SECRETS, tooManyAttempts } from './downstream/log-in.ts';
import { unknownResource } from './downstream/target.ts';
import { SshError } from './errors.ts';
import type { SshListenerConfig } from './listener-config.ts';
import { openTunnel, recordRefused } from './open-tunnel.ts';
import { denialOf, errorRefusal, type Refusal } from './refusal.ts';
import { answer } from './relay/answer.ts';
import type { Machine } from './relay/machine.ts';
import type { Machines } from './relay/machines.ts';
import { runProgram } from './relay/run-program.ts';
import { SshSession } from './session.ts';
import type { ForwardingKind, TunnelRequest } from './transport/forwarding.ts';
import type { HostKeys } from './transport/host-keys.ts';
import type { LoginAttempt } from './transport/login-attempt.ts';
import { type ProgramRequest, ServerConnection } from './transport/server-connection.ts';
import { nameOf } from './user-certificates.ts';

/** What a connection works with. */
export interface ConnectionServices {
  readonly services: ProtocolServices<SshResourceConfig>;
  readonly listener: SshListenerConfig;
  readonly hostKeys: HostKeys;
  /** Wire form of the key of the authority for clients. */
  readonly userAuthority: Buffer;
  readonly machines: Machines;
  readonly connection: Connection;
}

/** A session with the machine that its programs run on, or why there is none. */
type Opening = { readonly session: SshSession; readonly machine: Machine } | { readonly refusal: Refusal };

/** So long who is authenticated, and may not open what he asked for, may take to ask for a program, and be told. */
const TELLING_MS = 20_000;
/** So long a client may take to be told why its connection ends. */
const FAREWELL_MS = 1_000;

/** A connection of a client. */
export class SshConnection {
  readonly #how: ConnectionServices;
  readonly #transport: ServerConnection;
  readonly #running = new Set<Promise<void>>();
  #opening: Promise<Opening> | undefined;
  #secrets = 0;

  constructor(socket: Socket, how: ConnectionServices) {
    this.#how = how;
    const { maxChannels, rekeyTimeoutMs } = how.listener;
    this.#transport = new ServerConnection(socket, how.hostKeys, {
      bounds: { maxChannels, rekeyTimeoutMs },
      handlers: {
        attempt: (attempt) => void this.#attempt(attempt),
        program: (request) => this.#program(request),
        tunnel: (request) => this.#track(this.#tunnel(request)),
        refused: (kind, target) => this.#track(this.#recordRefused(kind, target)),
        fault: (reason) => this.#log('connection fault', reason),
      },
    });
  }

  /** Resolves when the connection is over and its session closed on record. Never rejects. */
  async serve(): Promise<void> {
    const { draining } = this.#how.connection;
    const drain = (): void => void this.#endSoon();
    draining.addEventListener('abort', drain, { once: true });
    if (draining.aborted) drain();
    await this.#transport.closed;
    draining.removeEventListener('abort', drain);
    const opening = await this.#opening?.catch(() => undefined);
    await Promise.all(this.#running);
    if (opening === undefined || !('session' in opening)) return;
    opening.machine.end();
    await opening.session.close();
  }

  async #attempt(attempt: LoginAttempt): Promise<void> {
    const { services, connection, userAuthority } = this.#how;
    const { remoteAddress } = connection;
    try {
      services.failedAuthentications.admits(remoteAddress);
      if (!isOffer(attempt)) this.#secrets += 1;
      if (this.#secrets > MOST_SECRETS) throw tooManyAttempts();
      const loggedIn = await logIn(attempt, remoteAddress, {
        ...services,
        userAuthority,
        elsewhere: this.#elsewhere(),
      });
      // INVARIANT: the session is of the attempt that the client was let in by: a void one opens nothing.
      if (loggedIn === undefined || !attempt.accept()) return;
      connection.establish();
      this.#opening = this.#open(loggedIn).catch((error: unknown) => {
        this.#log('session not opened', error);
        return { refusal: errorRefusal(error) };
      });
      void this.#opening.then((opening) => {
        if ('refusal' in opening) setTimeout(() => this.#transport.end(), TELLING_MS).unref();
      });
    } catch (error) {
      await this.#refuse(attempt, error);
    }
  }

  #elsewhere(): DeviceLoginUse | undefined {
    const { services, connection } = this.#how;
    const logins = services.deviceLogins;
    if (logins === undefined) return undefined;
    const gone = new AbortController();
    void this.#transport.closed.then(() => gone.abort());
    const source = limitKey(connection.remoteAddress);
    return { logins, source, gone: gone.signal, giveTime: (ms) => connection.giveTime(ms) };
  }

  async #open({ who, target, configured }: LoggedIn): Promise<Opening> {
    const { services, connection, machines } = this.#how;
    const account = configured && findAccount(configured.config, target.account);
    if (configured === undefined || account === undefined) throw unknownResource();
    const opened = await SshSession.open(
      {
        who,
        configured,
        account,
        sourceAddress: connection.remoteAddress,
        cut: () => void this.#endSoon(),
      },
      services,
    );
    if (!(opened instanceof SshSession)) return { refusal: denialOf(opened) };
    const machine = machines.open(configured.config, account, `${opened.id} ${nameOf(who.principal)}`);
    // Once what runs there has been told to end, which happens at the same moment (P12).
    const over = (): void => queueMicrotask(() => machine.end());
    opened.over.addEventListener('abort', over, { once: true });
    if (opened.over.aborted) over();
    return { session: opened, machine };
  }

  #program(request: ProgramRequest): void {
    this.#track(this.#run(request));
  }

  #track(work: Promise<void>): void {
    const running = work.finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Never rejects. */
  async #tunnel(request: TunnelRequest): Promise<void> {
    const opening = await this.#opening;
    if (opening !== undefined && 'session' in opening) {
      await openTunnel(request, opening.session, this.#how.services);
      return;
    }
    request.reject(opening === undefined ? 'there is no session' : opening.refusal.text);
  }

  async #recordRefused(kind: ForwardingKind, target: string): Promise<void> {
    const opening = await this.#opening;
    if (opening === undefined || !('session' in opening)) return;
    recordRefused({ session: opening.session, kind, target }, this.#how.services);
  }

  /** Never rejects. */
  async #run(request: ProgramRequest): Promise<void> {
    const { services, connection } = this.#how;
    try {
      if (connection.draining.aborted) {
        throw new SshError('ERR_SSH_SESSION_OVER', 'the gateway is about to stop; connect again');
      }
      const opening = await this.#opening;
      if (opening === undefined) throw new TypeError('a program without a session');
      if ('refusal' in opening) {
        await answer(request.channel, opening.refusal);
        this.#transport.end();
        return;
      }
      const { resource } = opening.session.start.configured;
      const { gate, log } = services;
      await runProgram(request, {
        ...opening,
        gate,
        tools: services.maskTools(resource.name),
        log,
        draining: connection.draining,
      });
    } catch (error) {
      if (!(error instanceof SshError)) this.#log('program not run', error);
      await answer(request.channel, errorRefusal(error));
    }
  }

  /** Ends the connection once the programs, which are ended by others, have told why; or without that. */
  async #endSoon(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const isDraining = this.#how.connection.draining.aborted;
    const timer = isDraining ? undefined : setTimeout(late.resolve, FAREWELL_MS);
    await Promise.race([Promise.all(this.#running), late.promise]);
    clearTimeout(timer);
    this.#transport.end();
  }

  async #refuse(attempt: LoginAttempt, error: unknown): Promise<void> {
    const { services, connection } = this.#how;
    const { remoteAddress: sourceAddress } = connection;
    const known = error instanceof GatewayError ? error : undefined;
    const code = known?.code ?? 'ERR_INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    this.#log('authentication failed', error);
    const isThrottled = code === 'ERR_LISTENER_THROTTLED';
    // Those who try for ever must not fill the audit: beyond a bound they are counted, and recorded together.
    const isRecorded =
      !isThrottled && services.failedAuthentications.failed(sourceAddress, known?.source === 'downstream');
    if (isRecorded) {
      const claimed = { user: withoutTokens(attempt.user).slice(0, 256), method: attempt.method };
      const event = { type: 'authentication.failed', protocol: 'ssh', sourceAddress, code, message } as const;
      services.audit.enqueue({ ...event, claimed });
    }
    await attempt.reject(known?.publicMessage ?? 'the gateway could not verify you');
    if (isThrottled || code === 'ERR_SSH_ATTEMPTS') this.#transport.end();
  }

  #log(what: string, error: unknown): void {
    this.#how.services.log.warn(what, {
      code: error instanceof GatewayError ? error.code : 'ERR_INTERNAL',
      reason: error instanceof Error ? error.message : String(error),
      address: this.#how.connection.remoteAddress,
    });
  }
}
