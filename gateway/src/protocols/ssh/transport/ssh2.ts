/** What of the package `ssh2` 1.17.0 is used, with the fields beside its documented interface that its bounds need. */
import type { KeyObject } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';
import './terminal-modes.ts';
// @ts-expect-error the package has no types of its own; those that are kept for it know none of the fields with an underscore
import untyped from 'ssh2';
// @ts-expect-error likewise
import untypedConstants from 'ssh2/lib/protocol/constants.js';
// @ts-expect-error likewise
import untypedCrypto from 'ssh2/lib/protocol/crypto.js';
// @ts-expect-error likewise
import untypedUtils from 'ssh2/lib/protocol/utils.js';

/** A key that has been parsed. */
export interface ParsedKey {
  readonly type: string;
  getPublicSSH(): Buffer;
  isPrivateKey(): boolean;
  /** The bare signature, or why there is none. */
  sign(data: Buffer, algorithm?: string): Buffer | Error;
}

export interface Algorithms {
  readonly kex: readonly string[];
  readonly cipher: readonly string[];
  readonly hmac: readonly string[];
  readonly compress: readonly string[];
  readonly serverHostKey?: readonly string[];
}

/** A window and the state of one direction of a channel (RFC 4254 section 5.2). */
export interface Direction {
  readonly id: number;
  readonly window: number;
  readonly packetSize: number;
  readonly state: 'open' | 'eof' | 'closing' | 'closed';
}

export interface Channel extends Duplex {
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

export interface ServerChannel extends Channel {
  readonly stderr: Writable;
  exit(status: number): void;
  exit(signal: string, coreDumped: boolean, message: string): void;
}

export interface ClientChannel extends Channel {
  readonly stderr: Readable;
  signal(name: string): void;
  setWindow(rows: number, columns: number, heightPixels: number, widthPixels: number): void;
}

/** A pseudo-terminal that a client asks for. */
export interface PtyOptions {
  readonly rows: number;
  readonly cols: number;
  readonly width: number;
  readonly height: number;
  readonly term: string;
  readonly modes: Readonly<Record<string, number>>;
}

type ProgramStarted = (error: Error | undefined, channel: ClientChannel) => void;
type Variables = Readonly<Record<string, string>>;

export type Session = EventEmitter;

export interface AuthContext {
  readonly username: string;
  readonly method: string;
  /** A request to change the password brings an object. */
  readonly password?: unknown;
  /** Of `publickey`: what is offered. The algorithm is that of the request, with `rsa-sha2-…` as `ssh-rsa`. */
  readonly key?: { readonly algo: string; readonly data: Buffer };
  /** Absent where the key is but offered. Whole where the algorithm is a certificate's: the package does not know it then. */
  readonly signature?: Buffer;
  /** What was signed: session id and request (RFC 4252 section 7). */
  readonly blob?: Buffer;
  /** Of an offered key: says that it would do (RFC 4252 section 7), and lets nobody in. */
  accept(): void;
  reject(methodsLeft: readonly string[]): void;
  prompt?(
    prompts: readonly { readonly prompt: string; readonly echo: boolean }[],
    title: string,
    instructions: string,
    answered: (responses: unknown) => void,
  ): void;
}

/** What a server is told of a client that connects. */
export interface ClientInfo {
  readonly header?: { readonly versions?: { readonly software?: string } };
}

/** A connection, of either side. */
export interface Connection extends EventEmitter {
  /** Of a server: the client was let in. */
  readonly authenticated?: boolean;
  readonly _protocol: ConnectionProtocol;
  end(): void;
}

/** What the package answers a global request with. `data` is raw where it does not know the name. */
type GlobalRequest = (self: unknown, name: string, wantReply: boolean, data: unknown) => void;

/** A request to open a channel. */
export interface ChannelOpen {
  readonly type: string;
  /** The channel's number with the client. */
  readonly sender: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The packets of a connection. */
export interface ConnectionProtocol {
  readonly _kexinit: unknown;
  readonly _strictMode: boolean | undefined;
  /** The newest key exchange: its session id is that of the connection, and what it agreed on can be written. */
  readonly _kex: { readonly sessionID?: Buffer; readonly negotiated?: { serverHostKey: string } } | undefined;
  readonly _handlers: {
    GLOBAL_REQUEST: GlobalRequest;
    CHANNEL_OPEN: (self: unknown, info: ChannelOpen) => void;
  };
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(length: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  /** What enciphers and deciphers; each key exchange makes them anew. */
  readonly _cipher: Partial<GcmCipher> | undefined;
  readonly _decipher: Partial<GcmDecipher> | undefined;
  requestSuccess(data: Buffer): void;
  /** Requests to authenticate that are not answered yet. */
  readonly _authsQueue: string[];
  requestFailure(): void;
  channelOpenFail(channel: number, reason: number, description: string): void;
}

/** AES-GCM as the package calls Node's OpenSSL for it. */
export interface GcmCipher {
  /** OpenSSL's name. */
  readonly _encSSLName: string;
  _encKey: Buffer | KeyObject;
  readonly _encIV: Buffer;
  readonly _dead: boolean;
  readonly _onWrite: (bytes: Buffer) => void;
  outSeqno: number;
  /** A packet that has all but its payload, which begins at its sixth byte. */
  allocPacket(payload: number): Buffer;
  encrypt(packet: Buffer): void;
}

/** The other direction. */
export interface GcmDecipher {
  readonly _decipherSSLName: string;
  _decipherKey: Buffer | KeyObject;
  readonly _decipherIV: Buffer;
  /** Takes a payload; a number or false: what is left of the data, from there on, is for somebody else. */
  readonly _onPayload: (payload: Buffer) => boolean | number | undefined;
  inSeqno: number;
  decrypt(data: Buffer, start: number, end: number): number | true | undefined;
}

export interface ServerOptions {
  readonly hostKeys: readonly { readonly key: ParsedKey }[];
  readonly ident: string;
  readonly algorithms: Algorithms;
  readonly keepaliveInterval: number;
  readonly keepaliveCountMax: number;
}

/** A server of one connection. */
export interface Server extends EventEmitter {
  injectSocket(socket: Duplex): void;
}

/** The client's side of a connection. */
export interface Client extends Connection {
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
  exec(
    command: string,
    options: { readonly env: Variables; readonly pty: PtyOptions | false },
    answered: ProgramStarted,
  ): void;
  shell(pty: PtyOptions | false, options: { readonly env: Variables }, answered: ProgramStarted): void;
  subsys(name: string, answered: ProgramStarted): void;
  forwardOut(
    originHost: string,
    originPort: number,
    host: string,
    port: number,
    answered: ProgramStarted,
  ): void;
  end(): void;
  destroy(): void;
}

/** What holds keys, and signs. */
interface AgentClass {
  // The class of the package has no fields.
  new (): object;
}

interface Ssh2 {
  readonly BaseAgent: AgentClass;
  readonly Server: new (options: ServerOptions) => Server;
  readonly Client: new () => Client;
  readonly utils: {
    parseKey(data: string | Buffer, passphrase?: string): ParsedKey | readonly ParsedKey[] | Error;
    generateKeyPairSync(type: 'ed25519'): { readonly private: string; readonly public: string };
  };
}

/** The package. */
export const ssh2: Ssh2 = untyped as Ssh2;

/** What an own agent is derived from. */
export const Agent: AgentClass = ssh2.BaseAgent;

/** Names of host keys that the package lets be negotiated. */
export const supportedHostKeys: string[] = (
  untypedConstants as { readonly SUPPORTED_SERVER_HOST_KEY: string[] }
).SUPPORTED_SERVER_HOST_KEY;

/** Sends a packet, or queues it while keys are exchanged. */
export const sendPacket: (protocol: ConnectionProtocol, packet: Buffer) => void = (
  untypedUtils as { readonly sendPacket: (protocol: ConnectionProtocol, packet: Buffer) => void }
).sendPacket;

/** Whether its native addon is built and loaded. */
export const hasNativeAddon: boolean = (untypedCrypto as { readonly bindingAvailable: boolean })
  .bindingAvailable;
