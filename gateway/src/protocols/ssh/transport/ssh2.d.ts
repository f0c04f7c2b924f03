/** What of `ssh2` 1.17.0 is used, with the fields beside its documented interface that its bounds need. */
declare module 'ssh2' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex, Readable, Writable } from 'node:stream';

  /** A key that has been parsed. */
  interface ParsedKey {
    readonly type: string;
    getPublicSSH(): Buffer;
    isPrivateKey(): boolean;
  }

  interface Algorithms {
    readonly kex: readonly string[];
    readonly cipher: readonly string[];
    readonly hmac: readonly string[];
    readonly compress: readonly string[];
    readonly serverHostKey?: readonly string[];
  }

  /** A window and the state of one direction of a channel (RFC 4254 section 5.2). */
  interface Direction {
    readonly id: number;
    readonly window: number;
    readonly packetSize: number;
    readonly state: 'open' | 'eof' | 'closing' | 'closed';
  }

  interface Channel extends Duplex {
    readonly incoming: Direction;
    readonly outgoing: Direction;
    /** Set, and {@link _chunkcb} is called at the next window adjustment that finds no chunk. */
    _waitWindow: boolean;
    _chunk: Buffer | undefined;
    _chunkErr: Buffer | undefined;
    _chunkcb: (() => void) | undefined;
    eof(): void;
    close(): void;
  }

  interface ServerChannel extends Channel {
    readonly stderr: Writable;
    exit(status: number): void;
    exit(signal: string, coreDumped: boolean, message: string): void;
  }

  interface ClientChannel extends Channel {
    readonly stderr: Readable;
    signal(name: string): void;
  }

  interface Session extends EventEmitter {}

  interface AuthContext {
    readonly username: string;
    readonly method: string;
    /** A request to change the password brings an object. */
    readonly password?: unknown;
    accept(): void;
    reject(methodsLeft: readonly string[]): void;
    prompt?(
      prompts: readonly { readonly prompt: string; readonly echo: boolean }[],
      title: string,
      instructions: string,
      answered: (responses: unknown) => void,
    ): void;
  }

  /** A connection, of either side. */
  interface Connection extends EventEmitter {
    readonly _protocol: { readonly _kexinit: unknown; readonly _strictMode: boolean | undefined };
    end(): void;
  }

  class Server extends EventEmitter {
    constructor(options: {
      readonly hostKeys: readonly { readonly key: ParsedKey }[];
      readonly ident: string;
      readonly algorithms: Algorithms;
      readonly keepaliveInterval: number;
      readonly keepaliveCountMax: number;
    });
    injectSocket(socket: Duplex): void;
  }

  class Client extends EventEmitter implements Connection {
    readonly _protocol: Connection['_protocol'];
    connect(options: {
      readonly sock: Duplex;
      readonly ident: string;
      readonly username: string;
      readonly algorithms: Algorithms;
      readonly readyTimeout: number;
      readonly keepaliveInterval: number;
      readonly keepaliveCountMax: number;
      readonly authHandler: readonly object[];
      readonly hostVerifier: (key: Buffer) => boolean;
    }): void;
    exec(command: string, answered: (error: Error | undefined, channel: ClientChannel) => void): void;
    end(): void;
    destroy(): void;
  }

  const ssh2: {
    readonly Server: typeof Server;
    readonly Client: typeof Client;
    readonly utils: {
      parseKey(data: string | Buffer, passphrase?: string): ParsedKey | readonly ParsedKey[] | Error;
      generateKeyPairSync(type: 'ed25519'): { readonly private: string; readonly public: string };
    };
  };
  export default ssh2;
  export type {
    Algorithms,
    AuthContext,
    Channel,
    Client,
    ClientChannel,
    Connection,
    ParsedKey,
    Server,
    ServerChannel,
    Session,
  };
}

declare module 'ssh2/lib/protocol/crypto.js' {
  const crypto: { readonly bindingAvailable: boolean };
  export default crypto;
}
