/** The server's side of Network Level Authentication: CredSSP (MS-CSSP 3.1.5), bytes in, bytes out. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../model/clock.ts';
import { isBinding, publicKeyBinding } from './credssp/public-key-binding.ts';
import { STATUS } from './credssp/status.ts';
import {
  FIRST_SAFE_VERSION,
  NEWEST_VERSION,
  readTsRequest,
  type TsRequest,
  writeTsRequest,
} from './credssp/ts-request.ts';
import { TsRequestFrames } from './credssp/ts-request-frames.ts';
import { malformed, NlaError, type NlaErrorCode, NlaFault } from './errors.ts';
import type { AfterNla, NlaStep } from './nla-step.ts';
import { type LookUp, type NtlmLogin, NtlmServer } from './ntlm/ntlm-server.ts';
import type { PeerIdentity } from './peer-identity.ts';
import { SpnegoAcceptor } from './spnego/spnego-acceptor.ts';

/** Who logged in, proved. What the client delegates is decrypted and forgotten. */
export interface NlaLogin extends AfterNla {
  readonly user: string;
  readonly domain: string;
}

/** What the server's side works with. */
export interface CredSspServerOptions {
  /** The certificate of the TLS connection. */
  readonly identity: PeerIdentity;
  /** Finds what a user's secret is checked with; asked once at most. The bytes are zeroed. */
  readonly lookUp: LookUp;
  /**
   * Asked when secret and connection are proved, before the client is told so: false is told as a restriction of
   * the account. Absent: who is proved is let in.
   */
  readonly admit?: (login: { readonly user: string; readonly domain: string }) => Promise<boolean>;
  /** Lets in clients older than the mend of CVE-2018-0886, and such as send no integrity code. */
  readonly allowOldVersions: boolean;
  readonly clock: Clock;
  /** The name that the server gives itself. */
  readonly name?: string;
  readonly random?: (bytes: number) => Buffer;
}

type State = 'negotiating' | 'binding' | 'delegating' | 'over';

/** Serves one login. */
export class CredSspServer {
  readonly #options: CredSspServerOptions;
  readonly #frames = new TsRequestFrames();
  readonly #acceptor: SpnegoAcceptor;
  #state: State = 'negotiating';
  #isBusy = false;
  /** The client's own; undefined before its first message. */
  #clientVersion: number | undefined;
  #login: NtlmLogin | undefined;

  constructor(options: CredSspServerOptions) {
    this.#options = options;
    const { lookUp, identity, allowOldVersions, clock, name = 'SALLYPORT', random = randomBytes } = options;
    const ntlm = new NtlmServer({
      lookUp,
      name,
      endPointHash: identity.endPointHash,
      requireMic: !allowOldVersions,
      nowMs: clock.nowMs(),
      random,
    });
    this.#acceptor = new SpnegoAcceptor(ntlm);
  }

  /**
   * Takes bytes of the client; one call at a time. What the client sends wrong is `failed`.
   *
   * @throws what `lookUp` and `admit` throw
   */
  async push(bytes: Uint8Array): Promise<NlaStep<NlaLogin>> {
    if (this.#isBusy || this.#state === 'over') throw new TypeError('this login takes no bytes now');
    this.#isBusy = true;
    try {
      return await this.#take(bytes);
    } catch (error) {
      this.dispose();
      if (!(error instanceof NlaFault)) throw error;
      const failed = new NlaError(error.code, error.message, 'downstream');
      return { send: this.#refusal(error.code), failed };
    } finally {
      this.#isBusy = false;
    }
  }

  /** Forgets the keys; for logins that are given up. */
  dispose(): void {
    this.#state = 'over';
    this.#login?.sealing.wipe();
  }

  async #take(bytes: Uint8Array): Promise<NlaStep<NlaLogin>> {
    this.#frames.push(bytes);
    const answers: Buffer[] = [];
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      const request = readTsRequest(frame);
      this.#checkVersion(request);
      if (request.errorCode !== undefined)
        throw new NlaFault('ERR_RDP_NLA_REFUSED', 'the client gave the login up');
      if (this.#state === 'delegating') return { send: Buffer.concat(answers), done: this.#finish(request) };
      answers.push(await this.#answer(request));
    }
    return { send: Buffer.concat(answers) };
  }

  /** The lower of both. */
  get #version(): number {
    return Math.min(this.#clientVersion ?? NEWEST_VERSION, NEWEST_VERSION);
  }

  #checkVersion({ version }: TsRequest): void {
    if (this.#clientVersion !== undefined && this.#clientVersion !== version)
      throw new NlaFault('ERR_RDP_NLA_VERSION', 'the client changed its version of CredSSP');
    this.#clientVersion = version;
    if (version < FIRST_SAFE_VERSION && !this.#options.allowOldVersions)
      throw new NlaFault(
        'ERR_RDP_NLA_VERSION',
        `the client speaks version ${version} of CredSSP, which CVE-2018-0886 is in; update it`,
      );
  }

  async #answer(request: TsRequest): Promise<Buffer> {
    if (request.authInfo !== undefined) throw malformed('credentials before the login is proved');
    if (this.#state === 'binding') {
      if (request.negoToken !== undefined) throw malformed('a token after the login is proved');
      return this.#bind(request, undefined);
    }
    if (request.negoToken === undefined) throw malformed('a message without a token');
    const { token, login } = await this.#acceptor.step(request.negoToken);
    if (login === undefined) {
      if (request.pubKeyAuth !== undefined) throw malformed('a binding before the login is proved');
      return this.#write({ negoToken: token });
    }
    this.#login = login;
    if (request.pubKeyAuth !== undefined) return this.#bind(request, token);
    if (token === undefined) throw malformed('a login without a binding');
    this.#state = 'binding';
    return this.#write({ negoToken: token });
  }

  /** Checks that the client is at the other end of this TLS connection, and proves the same. */
  async #bind({ pubKeyAuth, clientNonce }: TsRequest, negoToken: Buffer | undefined): Promise<Buffer> {
    const { sealing, user, domain } = this.#proven();
    const version = this.#version;
    if (pubKeyAuth === undefined) throw malformed('a message without a binding');
    if (clientNonce === undefined && version >= FIRST_SAFE_VERSION)
      throw malformed('a binding without a nonce');
    const { publicKey } = this.#options.identity;
    const parts = { version, publicKey, nonce: clientNonce ?? Buffer.alloc(0) };
    if (!isBinding(sealing.unseal(pubKeyAuth), 'client', parts))
      throw new NlaFault('ERR_RDP_NLA_BINDING', 'the client speaks through another TLS connection than this');
    const isAdmitted = (await this.#options.admit?.({ user, domain })) ?? true;
    if (!isAdmitted) throw new NlaFault('ERR_RDP_NLA_NOT_ADMITTED', 'the login is proved, and not let in');
    this.#state = 'delegating';
    return this.#write({ negoToken, pubKeyAuth: sealing.seal(publicKeyBinding('server', parts)) });
  }

  /** Takes what the client delegates, which is its secret once more. */
  #finish({ authInfo, negoToken, pubKeyAuth }: TsRequest): NlaLogin {
    if (authInfo === undefined || negoToken !== undefined || pubKeyAuth !== undefined)
      throw malformed('something else than credentials at the end');
    const { sealing, user, domain } = this.#proven();
    sealing.unseal(authInfo).fill(0);
    this.dispose();
    return { user, domain, version: this.#version, rest: this.#frames.takeRest() };
  }

  #proven(): NtlmLogin {
    if (this.#login === undefined) throw malformed('nobody has logged in');
    return this.#login;
  }

  #write(fields: Omit<TsRequest, 'version'>): Buffer {
    return writeTsRequest({ version: this.#version, ...fields });
  }

  /** What breaks the protocol gets no answer, because nobody may be there who would read one. */
  #refusal(code: NlaErrorCode): Buffer {
    const status = REFUSALS[code];
    return status === undefined ? Buffer.alloc(0) : this.#write({ errorCode: status });
  }
}

const REFUSALS: Partial<Record<NlaErrorCode, number>> = {
  ERR_RDP_NLA_MECHANISM: STATUS.notSupported,
  ERR_RDP_NLA_VERSION: STATUS.downgradeDetected,
  ERR_RDP_NLA_LOGON: STATUS.logonFailure,
  ERR_RDP_NLA_BINDING: STATUS.accessDenied,
  ERR_RDP_NLA_INTEGRITY: STATUS.accessDenied,
  ERR_RDP_NLA_NOT_ADMITTED: STATUS.accountRestriction,
};
