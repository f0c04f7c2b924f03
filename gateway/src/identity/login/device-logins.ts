/** Logins by device for clients of the gateway that have no token: bounded in number and time, each its own. */
import type { Clock } from '../../model/clock.ts';
import type { DeviceLogins, PendingLogin } from '../../model/device-login.ts';
import type { IssuerConfig } from '../issuer-config.ts';
import { finishDeviceLogin, type Polling, startDeviceLogin } from './device-flow.ts';
import {
  discoverLogin,
  type LoginIssuer,
  type LoginProvider,
  type LoginTransport,
  loginError,
} from './provider.ts';

/** What they need. */
export interface DeviceLoginServices extends LoginTransport {
  readonly clock: Clock;
  readonly wait: Polling['wait'];
}

/** Longest wait for somebody, in milliseconds: whoever waits holds a connection. */
const LONGEST_MS = 180_000;
const ASK_MS = 10_000;
const MOST_WAITING = 32;
/** From one address: nobody is to keep all others from logging in. */
const MOST_PER_SOURCE = 4;
/** So long the endpoints of an issuer are remembered. */
const REMEMBERED_MS = 300_000;

/** For the first issuer that has a login; undefined where none has. */
export function createDeviceLogins(
  issuers: readonly IssuerConfig[],
  services: DeviceLoginServices,
): DeviceLogins | undefined {
  const found = issuers.flatMap(({ issuer, login, ca }) =>
    login === undefined ? [] : [{ issuer, login, ca }],
  )[0];
  return found === undefined ? undefined : new IssuerDeviceLogins(found, services);
}

class IssuerDeviceLogins implements DeviceLogins {
  readonly #issuer: LoginIssuer;
  readonly #services: DeviceLoginServices;
  #provider: { readonly asked: Promise<LoginProvider>; readonly atMs: number } | undefined;
  readonly #waiting: string[] = [];

  constructor(issuer: LoginIssuer, services: DeviceLoginServices) {
    this.#issuer = issuer;
    this.#services = services;
  }

  async start(source: string, signal: AbortSignal): Promise<PendingLogin> {
    const own = this.#waiting.filter((one) => one === source).length;
    if (this.#waiting.length >= MOST_WAITING || own >= MOST_PER_SOURCE) {
      throw loginError('too many people are logging in; try again in a minute');
    }
    this.#waiting.push(source);
    let token: Promise<string> | undefined;
    try {
      const { post, wait } = this.#services;
      const provider = await this.#discover();
      const login = await startDeviceLogin(provider, {
        post,
        signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]),
      });
      const expiresInMs = Math.min(login.expiresInMs, LONGEST_MS);
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(expiresInMs + ASK_MS)]);
      token = finishDeviceLogin(provider, { ...login, expiresInMs }, { post, wait, signal: bounded });
      const done = (): void => this.#leave(source);
      token.then(done, done);
      return { ...login, expiresInMs, token };
    } finally {
      if (token === undefined) this.#leave(source);
    }
  }

  #leave(source: string): void {
    this.#waiting.splice(this.#waiting.indexOf(source), 1);
  }

  #discover(): Promise<LoginProvider> {
    const nowMs = this.#services.clock.nowMs();
    const known = this.#provider;
    if (known !== undefined && Math.abs(nowMs - known.atMs) < REMEMBERED_MS) return known.asked;
    const asked = discoverLogin(this.#issuer, this.#services, AbortSignal.timeout(ASK_MS));
    this.#provider = { asked, atMs: nowMs };
    asked.catch(() => {
      this.#provider = undefined;
    });
    return asked;
  }
}
