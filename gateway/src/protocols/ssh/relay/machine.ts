/** The machine of one session: a connection that is opened when it is first needed, and again when it was lost. */
import type { Permit } from '../../../enforcement/permit.ts';
import type { NameLock } from '../sftp/name-lock.ts';
import type { ClientConnection, ClientProgram, ClientStart } from '../transport/client-connection.ts';
import { dial } from '../upstream/dial.ts';
import { SshUpstreamError } from '../upstream/errors.ts';
import type { Way } from '../upstream/way.ts';

/** Where the programs of a session run. */
export class Machine {
  /** Of its names of files: who changes some is alone meanwhile. */
  readonly names: NameLock;
  readonly #way: Way;
  readonly #over = new AbortController();
  #opening: Promise<ClientConnection> | undefined;
  #connection: ClientConnection | undefined;

  constructor(way: Way, names: NameLock) {
    this.names = names;
    this.#way = way;
  }

  /** Longest time until something has begun. */
  get timeoutMs(): number {
    return this.#way.config.connectTimeoutMs;
  }

  /** Starts a program that was permitted (P1). Rejects with SshUpstreamError, or with what the credential's source says. */
  start(_permit: Permit, program: ClientStart): Promise<ClientProgram> {
    return this.#start('command', (connection) => connection.start(program));
  }

  /** Starts a subsystem that was permitted (P1). Rejects as {@link start} does. */
  subsystem(_permit: Permit, name: string): Promise<ClientProgram> {
    return this.#start('subsystem', (connection) => connection.subsystem(name));
  }

  async #start(
    what: 'command' | 'subsystem',
    start: (connection: ClientConnection) => Promise<ClientProgram>,
  ): Promise<ClientProgram> {
    const connection = await this.#open();
    const { timeoutMs: connectTimeoutMs } = this;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const message = `the machine did not start the ${what} in ${connectTimeoutMs} ms`;
      late.reject(new SshUpstreamError('ERR_SSH_UPSTREAM_TIMEOUT', message));
      connection.destroy();
    }, connectTimeoutMs);
    try {
      return await Promise.race([start(connection), late.promise]);
    } catch (error) {
      if (error instanceof SshUpstreamError) throw error;
      const reason = error instanceof Error ? error.message.slice(0, 200) : 'unknown failure';
      const message = `the machine does not start the ${what}: ${reason}`;
      throw new SshUpstreamError('ERR_SSH_UPSTREAM_PROTOCOL', message, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the connection. Idempotent. */
  end(): void {
    this.#over.abort();
    this.#connection?.end();
  }

  async #open(): Promise<ClientConnection> {
    if (this.#over.signal.aborted) {
      throw new SshUpstreamError('ERR_SSH_UPSTREAM_PROTOCOL', 'the session is over');
    }
    if (this.#connection?.closed.aborted === true) this.#opening = undefined;
    this.#opening ??= this.#dial();
    return this.#opening;
  }

  async #dial(): Promise<ClientConnection> {
    try {
      const connection = await dial(this.#way, this.#over.signal);
      this.#connection = connection;
      if (this.#over.signal.aborted) connection.end();
      return connection;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}
