/** What of the package `ssh2` the agent's tool and the machine use; it has no types of its own. */
import type { EventEmitter } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';
// @ts-expect-error see above
import untyped from 'ssh2';

/** A client's channel with a command. */
export interface ClientChannel extends Duplex {
  readonly stderr: Readable;
}

/** The client's side of a connection. */
export interface Client extends EventEmitter {
  connect(options: object): void;
  exec(command: string, opened: (error: Error | undefined, channel: ClientChannel) => void): void;
  end(): void;
}

/** A server's channel with a command. */
export interface ServerChannel extends Duplex {
  readonly stderr: Writable;
  exit(status: number): void;
  exit(signal: string, coreDumped: boolean, message: string): void;
}

/** An attempt of a client to log in. */
export interface KeyAttempt {
  readonly method: string;
  readonly username: string;
  readonly key?: { readonly data: Buffer };
  readonly signature?: Buffer;
  readonly blob?: Buffer;
  readonly hashAlgo?: string;
  accept(): void;
  reject(methods: readonly string[]): void;
}

interface Ssh2 {
  readonly Client: new () => Client;
  readonly Server: new (
    options: object,
    connected: (client: EventEmitter) => void,
  ) => { injectSocket(socket: Duplex): void };
}

/** The package. */
export const ssh2: Ssh2 = untyped as Ssh2;
