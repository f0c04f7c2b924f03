/** Access tokens of the gateway's own clients: fetched once for all who need one, kept until shortly before their end. */
import type { Clock } from '../../../../model/clock.ts';
import type { OauthClient } from '../../credential-config.ts';
import type { AccessToken } from './token-exchange.ts';

/** What a cache needs from outside. */
export interface TokenCacheOptions {
  readonly clock: Clock;
  /** Asks the authorization server. Ends in time by itself. */
  readonly fetch: (client: OauthClient) => Promise<AccessToken>;
  /** Told of each failure, once for all who waited. */
  readonly onFailure: (client: OauthClient, error: unknown) => void;
}

interface Held {
  readonly token: string;
  readonly askedAtMs: number;
  /** From then on a new one is fetched. */
  readonly staleAtMs: number;
  readonly endsAtMs: number;
  /** It was fetched because the service had refused the one before. */
  readonly isReplacement: boolean;
}

interface State {
  held?: Held | undefined;
  running?: Promise<string> | undefined;
  failed?: { readonly error: unknown; readonly atMs: number } | undefined;
  isRefused: boolean;
}

/** Where the server says nothing, a token is used for so long. */
const UNKNOWN_LIFETIME_SECONDS = 300;
/** A new token is fetched so long before the end of the old one, or in the last tenth of a short life. */
const MARGIN_MS = 60_000;
const SHORT_LIFE = 10;
/** After a failure the server is left alone for so long: a wrong secret, asked for with each request, would lock the client out. */
const PAUSE_MS = 2_000;
/** A token that replaces a refused one is not replaced again before: the service refuses the client, not the token. */
const REPLACEMENT_MS = 5_000;

/** Tokens by client. */
export class TokenCache {
  readonly #options: TokenCacheOptions;
  readonly #states = new WeakMap<OauthClient, State>();

  constructor(options: TokenCacheOptions) {
    this.#options = options;
  }

  /** A token that can be used now. Rejects as `fetch` does; a failure is answered again for two seconds. */
  async token(client: OauthClient): Promise<string> {
    const state = this.#state(client);
    const nowMs = this.#options.clock.nowMs();
    const { held, failed, running } = state;
    // A clock that went back: nothing is known of its age.
    const isKnown = held !== undefined && nowMs >= held.askedAtMs;
    if (isKnown && nowMs < held.staleAtMs) return held.token;
    const mayServe = isKnown && nowMs < held.endsAtMs;
    const isPaused = failed !== undefined && nowMs >= failed.atMs && nowMs < failed.atMs + PAUSE_MS;
    if (isPaused && running === undefined) {
      if (mayServe) return held.token;
      throw failed.error;
    }
    const fetching = running ?? this.#start(client, state);
    // While the server cannot answer, what it gave is as good as before.
    return mayServe ? fetching.catch(() => held.token) : fetching;
  }

  /** The service refused a token. One that was just fetched for that reason is kept: another would be refused as well. */
  refuse(client: OauthClient, token: string): void {
    const state = this.#state(client);
    const { held } = state;
    if (held?.token !== token) return;
    const ageMs = this.#options.clock.nowMs() - held.askedAtMs;
    if (held.isReplacement && ageMs >= 0 && ageMs < REPLACEMENT_MS) return;
    state.held = undefined;
    state.isRefused = true;
  }

  #state(client: OauthClient): State {
    let state = this.#states.get(client);
    if (state === undefined) {
      state = { isRefused: false };
      this.#states.set(client, state);
    }
    return state;
  }

  #start(client: OauthClient, state: State): Promise<string> {
    const askedAtMs = this.#options.clock.nowMs();
    const isReplacement = state.isRefused;
    state.isRefused = false;
    const run = this.#options.fetch(client).then(
      (fetched) => {
        state.running = undefined;
        state.failed = undefined;
        state.held = toHeld(fetched, askedAtMs, isReplacement);
        return fetched.token;
      },
      (error: unknown) => {
        state.running = undefined;
        state.isRefused ||= isReplacement;
        state.failed = { error, atMs: this.#options.clock.nowMs() };
        this.#options.onFailure(client, error);
        throw error;
      },
    );
    state.running = run;
    return run;
  }
}

function toHeld({ token, lifetimeSeconds }: AccessToken, askedAtMs: number, isReplacement: boolean): Held {
  const lifetimeMs = (lifetimeSeconds ?? UNKNOWN_LIFETIME_SECONDS) * 1000;
  const marginMs = Math.min(MARGIN_MS, lifetimeMs / SHORT_LIFE);
  const endsAtMs = askedAtMs + lifetimeMs;
  return { token, askedAtMs, staleAtMs: endsAtMs - marginMs, endsAtMs, isReplacement };
}
