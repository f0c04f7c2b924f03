/** The client's side of Network Level Authentication: CredSSP with NTLM (MS-CSSP 3.1.5), bytes in, bytes out. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../model/clock.ts';
import { isBinding, publicKeyBinding } from './credssp/public-key-binding.ts';
import { describeStatus } from './credssp/status.ts';
import { writeTsCredentials } from './credssp/ts-credentials.ts';
import {
  FIRST_SAFE_VERSION,
  NEWEST_VERSION,
  readTsRequest,
  type TsRequest,
  writeTsRequest,
} from './credssp/ts-request.ts';
import { TsRequestFrames } from './credssp/ts-request-frames.ts';
import { malformed, NlaError, NlaFault } from './errors.ts';
import type { AfterNla, NlaStep } from './nla-step.ts';
import { ntHash } from './ntlm/keys.ts';
import { NtlmClient } from './ntlm/ntlm-client.ts';
import type { NtlmSealing } from './ntlm/sealing.ts';
import type { PeerIdentity } from './peer-identity.ts';

/** Who logs in where. */
export interface CredSspClientOptions {
  /** The certificate that the server showed; the caller has checked it. */
  readonly identity: PeerIdentity;
  /** Name of the server, as it was dialled. */
  readonly host: string;
  readonly user: string;
  /** Empty where there is none. */
  readonly domain: string;
  /** Told to the server, sealed, when it has proved that it knows the user's secret. */
  readonly password: string;
  /** Logs in to servers older than the mend of CVE-2018-0886. */
  readonly allowOldVersions: boolean;
  readonly clock: Clock;
  readonly random?: (bytes: number) => Buffer;
}

/** Makes one login. */
export class CredSspClient {
  readonly #options: Omit<CredSspClientOptions, 'password'>;
  readonly #random: (bytes: number) => Buffer;
  readonly #frames = new TsRequestFrames();
  readonly #ntlm: NtlmClient;
  readonly #password: Buffer;
  readonly #ntHash: Buffer;
  readonly #nonce: Buffer;
  #state: 'new' | 'challenged' | 'bound' | 'over' = 'new';
  #serverVersion: number | undefined;
  #sealing: NtlmSealing | undefined;

  constructor({ password, ...options }: CredSspClientOptions) {
    this.#options = options;
    const { random = randomBytes, user, domain, identity, clock, host } = options;
    this.#random = random;
    this.#nonce = random(32);
    this.#password = Buffer.from(password, 'utf16le');
    this.#ntHash = ntHash(password);
    this.#ntlm = new NtlmClient({
      user,
      domain,
      ntHash: this.#ntHash,
      targetName: `TERMSRV/${host}`,
      endPointHash: identity.endPointHash,
      nowMs: clock.nowMs(),
      random: this.#random,
    });
  }

  /** The first bytes for the server. */
  start(): Buffer {
    if (this.#state !== 'new') throw new TypeError('this login has begun already');
    this.#state = 'challenged';
    return this.#write({ negoToken: this.#ntlm.negotiate() });
  }

  /** Takes bytes of the server. What it sends wrong, and its refusal, is `failed`. */
  push(bytes: Uint8Array): Promise<NlaStep<AfterNla>> {
    return Promise.resolve(this.#push(bytes));
  }

  /** Forgets the secret and the keys. */
  dispose(): void {
    this.#state = 'over';
    this.#password.fill(0);
    this.#ntHash.fill(0);
    this.#sealing?.wipe();
  }

  #push(bytes: Uint8Array): NlaStep<AfterNla> {
    if (this.#state === 'new' || this.#state === 'over') throw new TypeError('this login takes no bytes now');
    try {
      return this.#take(bytes);
    } catch (error) {
      this.dispose();
      if (!(error instanceof NlaFault)) throw error;
      return { send: Buffer.alloc(0), failed: new NlaError(error.code, error.message, 'upstream') };
    }
  }

  #take(bytes: Uint8Array): NlaStep<AfterNla> {
    this.#frames.push(bytes);
    const answers: Buffer[] = [];
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      const request = readTsRequest(frame);
      if (request.errorCode !== undefined)
        throw new NlaFault(
          'ERR_RDP_NLA_REFUSED',
          `the server refuses the login: ${describeStatus(request.errorCode)}`,
        );
      const version = this.#agreedVersion(request);
      const isLast = this.#state === 'bound';
      answers.push(isLast ? this.#delegate(request, version) : this.#authenticate(request, version));
      if (!isLast) continue;
      this.dispose();
      return { send: Buffer.concat(answers), done: { version, rest: this.#frames.takeRest() } };
    }
    return { send: Buffer.concat(answers) };
  }

  #agreedVersion({ version }: TsRequest): number {
    if (this.#serverVersion !== undefined && this.#serverVersion !== version)
      throw new NlaFault('ERR_RDP_NLA_VERSION', 'the server changed its version of CredSSP');
    this.#serverVersion = version;
    if (version < FIRST_SAFE_VERSION && !this.#options.allowOldVersions)
      throw new NlaFault(
        'ERR_RDP_NLA_VERSION',
        `the server speaks version ${version} of CredSSP, which CVE-2018-0886 is in; update it`,
      );
    return Math.min(version, NEWEST_VERSION);
  }

  /** Answers the challenge, and binds the login to the TLS connection. */
  #authenticate({ negoToken }: TsRequest, version: number): Buffer {
    if (negoToken === undefined) throw malformed('a message without a token');
    const { message, sealing } = this.#ntlm.authenticate(negoToken);
    this.#sealing = sealing;
    this.#state = 'bound';
    return this.#write({
      negoToken: message,
      pubKeyAuth: sealing.seal(publicKeyBinding('client', this.#binding(version))),
      clientNonce: version >= FIRST_SAFE_VERSION ? this.#nonce : undefined,
    });
  }

  /** Hands over the password, to nobody but who proved to know it. */
  #delegate({ pubKeyAuth }: TsRequest, version: number): Buffer {
    const sealing = this.#sealing;
    if (pubKeyAuth === undefined || sealing === undefined) throw malformed('a message without a binding');
    if (!isBinding(sealing.unseal(pubKeyAuth), 'server', this.#binding(version)))
      throw new NlaFault('ERR_RDP_NLA_BINDING', 'the server speaks through another TLS connection than this');
    const credentials = writeTsCredentials({
      domain: Buffer.from(this.#options.domain, 'utf16le'),
      user: Buffer.from(this.#options.user, 'utf16le'),
      password: this.#password,
    });
    const authInfo = sealing.seal(credentials);
    credentials.fill(0);
    return this.#write({ authInfo });
  }

  #binding(version: number): Parameters<typeof publicKeyBinding>[1] {
    return { version, publicKey: this.#options.identity.publicKey, nonce: this.#nonce };
  }

  #write(fields: Omit<TsRequest, 'version'>): Buffer {
    return writeTsRequest({ version: NEWEST_VERSION, ...fields });
  }
}
