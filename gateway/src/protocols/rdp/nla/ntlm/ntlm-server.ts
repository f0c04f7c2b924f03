/** The server's side of NTLMv2 (MS-NLMP 3.2.5.1): one challenge, one answer to it. */
import { timingSafeEqual } from 'node:crypto';
import { malformed, NlaFault } from '../errors.ts';
import { Rc4 } from '../rc4.ts';
import { AV, promisesMic } from './av-pairs.ts';
import { channelBindings, NO_BINDINGS } from './channel-bindings.ts';
import { fileTime } from './file-time.ts';
import { areSufficient, serverFlags } from './flags.ts';
import { hmacMd5, proofOf, responseKey } from './keys.ts';
import {
  type Authenticate,
  MIC_BYTES,
  readAuthenticate,
  readNegotiate,
  withMicOf,
  writeChallenge,
} from './messages.ts';
import { NtlmSealing } from './sealing.ts';

/** Finds what a user's secret is checked with; the bytes are zeroed after use. */
export type LookUp = (user: string, domain: string) => Promise<{ readonly ntHash: Buffer } | undefined>;

/** What the server's side works with. */
export interface NtlmServerOptions {
  readonly lookUp: LookUp;
  /** The name that the server gives itself, 15 letters at most. */
  readonly name: string;
  /** Of the server's certificate; clients that bind to another one are refused. */
  readonly endPointHash: Uint8Array;
  /** Whether an answer without an integrity code is refused. */
  readonly requireMic: boolean;
  readonly nowMs: number;
  readonly random: (bytes: number) => Buffer;
}

/** A login that is proved. */
export interface NtlmLogin {
  readonly user: string;
  readonly domain: string;
  readonly sealing: NtlmSealing;
}

/** Serves one login. */
export class NtlmServer {
  readonly #options: NtlmServerOptions;
  readonly #serverChallenge: Buffer;
  #negotiate: Buffer | undefined;
  #challenge: Buffer | undefined;

  constructor(options: NtlmServerOptions) {
    this.#options = options;
    this.#serverChallenge = options.random(8);
  }

  /** Answers the client's first message. @throws NlaFault */
  challenge(negotiate: Buffer): Buffer {
    if (this.#challenge !== undefined) throw malformed('a second negotiation');
    const flags = serverFlags(readNegotiate(negotiate));
    if (!areSufficient(flags)) throw weak();
    const { name, nowMs } = this.#options;
    const upper = Buffer.from(name.toUpperCase(), 'utf16le');
    const lower = Buffer.from(name.toLowerCase(), 'utf16le');
    this.#negotiate = Buffer.from(negotiate);
    this.#challenge = writeChallenge({
      flags,
      serverChallenge: this.#serverChallenge,
      targetName: name.toUpperCase(),
      targetInfo: new Map([
        [AV.domainName, upper],
        [AV.computerName, upper],
        [AV.dnsDomainName, lower],
        [AV.dnsComputerName, lower],
        [AV.timestamp, fileTime(nowMs)],
      ]),
    });
    return this.#challenge;
  }

  /** Checks the client's answer. @throws NlaFault */
  async authenticate(message: Buffer): Promise<NtlmLogin> {
    const answer = readAuthenticate(message);
    if (!areSufficient(answer.flags)) throw weak();
    if (answer.encryptedKey.length !== 16) throw malformed('a session key that has not 128 bits');
    const { user, domain } = answer;
    const keyExchangeKey = await this.#checkProof(answer);
    const stream = new Rc4(keyExchangeKey);
    const sessionKey = stream.apply(answer.encryptedKey);
    stream.wipe();
    keyExchangeKey.fill(0);
    this.#checkMic(answer, message, sessionKey);
    this.#checkBindings(answer);
    const sealing = new NtlmSealing(sessionKey, 'server');
    sessionKey.fill(0);
    return { user, domain, sealing };
  }

  /** Takes the same way whether the user is unknown or the secret is wrong. */
  async #checkProof({ user, domain, proof, clientChallenge }: Authenticate): Promise<Buffer> {
    const known = await this.#options.lookUp(user, domain);
    const hash = known?.ntHash ?? this.#options.random(16);
    const key = responseKey(hash, user, domain);
    hash.fill(0);
    const expected = proofOf(key, this.#serverChallenge, clientChallenge);
    const isRight = timingSafeEqual(expected, proof);
    const keyExchangeKey = hmacMd5(key, expected);
    key.fill(0);
    if (!isRight || known === undefined)
      throw new NlaFault('ERR_RDP_NLA_LOGON', 'the user is unknown, or the secret is wrong');
    return keyExchangeKey;
  }

  #checkMic(answer: Authenticate, message: Buffer, sessionKey: Buffer): void {
    if (!promisesMic(answer.attributes)) {
      if (!this.#options.requireMic) return;
      throw new NlaFault('ERR_RDP_NLA_INTEGRITY', 'the answer of NTLM has no integrity code');
    }
    const { mic } = answer;
    const parts = [this.#negotiate, this.#challenge].map((part) => part ?? Buffer.alloc(0));
    const expected = hmacMd5(sessionKey, ...parts, withMicOf(message));
    if (mic?.length !== MIC_BYTES || !timingSafeEqual(expected, mic))
      throw new NlaFault('ERR_RDP_NLA_INTEGRITY', 'the integrity code of NTLM is wrong');
  }

  /** What CredSSP binds by the public key of the connection, these clients bind by its certificate as well. */
  #checkBindings({ attributes }: Authenticate): void {
    const bindings = attributes.get(AV.channelBindings);
    if (bindings === undefined || bindings.equals(NO_BINDINGS)) return;
    if (bindings.equals(channelBindings(this.#options.endPointHash))) return;
    throw new NlaFault('ERR_RDP_NLA_BINDING', 'the client speaks with another certificate than the one here');
  }
}

function weak(): NlaFault {
  return new NlaFault('ERR_RDP_NLA_MECHANISM', 'the client cannot seal by NTLMv2 with 128 bits');
}
