/** What the console asks of the identity provider: where people sign in, and a token for the code that they bring. */
import { type CodeLogin, finishCodeLogin, startCodeLogin } from '../identity/login/code-flow.ts';
import {
  discoverLogin,
  type LoginIssuer,
  type LoginProvider,
  type LoginTransport,
} from '../identity/login/provider.ts';
import type { Clock } from '../model/clock.ts';
import { ConsoleError } from './errors.ts';

/** Where the provider is, is asked again after this. */
const MAX_AGE_MS = 300_000;
/** Codes that are exchanged at once. */
const MAX_EXCHANGES = 8;

/** What it is asked with. */
export interface IdentityProviderOptions extends LoginTransport {
  readonly issuer: LoginIssuer;
  /** For one question. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** The identity provider of one issuer. */
export class IdentityProvider {
  readonly #options: IdentityProviderOptions;
  #known: { readonly untilMs: number; readonly provider: Promise<LoginProvider> } | undefined;
  #exchanges = 0;

  constructor(options: IdentityProviderOptions) {
    this.#options = options;
  }

  /** Begins a sign-in. @throws IdentityError */
  async begin(redirectUri: string): Promise<CodeLogin> {
    return startCodeLogin(await this.#provider(), redirectUri);
  }

  /**
   * The token for what the browser came back with.
   * @throws ConsoleError `ERR_CONSOLE_SIGN_IN_TOKEN`, `ERR_CONSOLE_BUSY`
   */
  async finish(login: CodeLogin, query: URLSearchParams): Promise<string> {
    if (this.#exchanges >= MAX_EXCHANGES) {
      throw new ConsoleError('ERR_CONSOLE_BUSY', 'as many people sign in as may at once; try again');
    }
    this.#exchanges += 1;
    try {
      const { post, timeoutMs } = this.#options;
      const signal = AbortSignal.timeout(timeoutMs);
      return await finishCodeLogin(await this.#provider(), login, query, { post, signal });
    } catch (cause) {
      throw new ConsoleError(
        'ERR_CONSOLE_SIGN_IN_TOKEN',
        'the identity provider gave no token for this sign-in; try again, or ask who runs the gateway',
        cause,
      );
    } finally {
      this.#exchanges -= 1;
    }
  }

  /** One question at a time, however many sign in. */
  #provider(): Promise<LoginProvider> {
    const { issuer, timeoutMs, clock } = this.#options;
    if (this.#known !== undefined && clock.nowMs() < this.#known.untilMs) return this.#known.provider;
    const provider = discoverLogin(issuer, this.#options, AbortSignal.timeout(timeoutMs));
    this.#known = { untilMs: clock.nowMs() + MAX_AGE_MS, provider };
    provider.catch(() => {
      this.#known = undefined;
    });
    return provider;
  }
}
