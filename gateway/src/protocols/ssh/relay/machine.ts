/** The machine of one session: a connection that is opened when it is first needed, and again when it was lost. */
import type { Permit } from '../../../enforcement/permit.ts';
import type { ClientConnection, ClientProgram, ClientStart } from '../transport/client-connection.ts';
import { dial, type Login } from '../upstream/dial.ts';
import { SshUpstreamError } from '../upstream/errors.ts';

/** Where the programs of a session run. */
export class Machine {
  readonly #login: Omit<Login, 'signal'>;
  readonly #over = new AbortController();
  #opening: Promise<ClientConnection> | undefined;
  #connection: ClientConnection | undefined;

  constructor(login: Omit<Login, 'signal'>) {
    this.#login = login;
  }

  /** Starts a program that was permitted (P1). Rejects with SshUpstreamError, or with what the credential's source says. */
  async start(_permit: Permit, program: ClientStart): Promise<ClientProgram> {
    const connection = await this.#open();
    const { connectTimeoutMs } = this.#login.config;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const message = `the machine did not start the command in ${connectTimeoutMs} ms`;
      late.reject(new SshUpstreamError('ERR_SSH_UPSTREAM_TIMEOUT', message));
      connection.destroy();
    }, connectTimeoutMs);
    try {
      return await Promise.race([connection.start(program), late.promise]);
    } catch (error) {
      if (error instanceof SshUpstreamError) throw error;
      const reason = error instanceof Error ? error.message.slice(0, 200) : 'unknown failure';
      const message = `the machine does not start the command: ${reason}`;
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
      const connection = await dial({ ...this.#login, signal: this.#over.signal });
      this.#connection = connection;
      if (this.#over.signal.aborted) connection.end();
      return connection;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}
