/** A login with another device (RFC 8628): a code is shown, somebody types it in a browser, and the token comes here. */
import { askProvider, type LoginProvider, type LoginTransport, loginError, tokenOf } from './provider.ts';

/** A login that waits for somebody. */
export interface DeviceLogin {
  readonly userCode: string;
  readonly verificationUri: string;
  /** With the code in it. */
  readonly verificationUriComplete: string | undefined;
  readonly deviceCode: string;
  readonly expiresInMs: number;
  readonly intervalMs: number;
}

/** What polling needs. */
export interface Polling extends Pick<LoginTransport, 'post'> {
  readonly signal: AbortSignal;
  /** Waits, or rejects when the signal says so. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const STANDARD_INTERVAL_S = 5;
const SLOWER_MS = 5_000;
const LONGEST_S = 1_800;
const VISIBLE = /^[\x21-\x7e]{1,512}$/;

/** Begins one. @throws IdentityError */
export async function startDeviceLogin(
  provider: LoginProvider,
  { post, signal }: Pick<LoginTransport, 'post'> & { readonly signal: AbortSignal },
): Promise<DeviceLogin> {
  const { deviceEndpoint, login } = provider;
  if (deviceEndpoint === undefined) throw loginError(`${provider.issuer} has no login by device`);
  const form = { scope: login.scopes.join(' '), ...login.parameters };
  const asked = await askProvider(provider, deviceEndpoint, form, { post, signal });
  if ('error' in asked) throw loginError(`the identity provider begins no login by device: ${asked.error}`);
  const { answer } = asked;
  const text = (name: string): string | undefined => {
    const value = answer[name];
    return typeof value === 'string' && VISIBLE.test(value) ? value : undefined;
  };
  const userCode = text('user_code');
  const verificationUri = link(text('verification_uri'));
  const deviceCode = answer['device_code'];
  if (userCode === undefined || verificationUri === undefined || typeof deviceCode !== 'string') {
    throw loginError('the identity provider answered with no code to show');
  }
  return {
    userCode,
    verificationUri,
    verificationUriComplete: link(text('verification_uri_complete')),
    deviceCode,
    expiresInMs: seconds(answer['expires_in'], 300) * 1000,
    intervalMs: seconds(answer['interval'], STANDARD_INTERVAL_S) * 1000,
  };
}

/** Waits until somebody agreed. @returns the token of this very login. @throws IdentityError when it is refused or too late */
export async function finishDeviceLogin(
  provider: LoginProvider,
  login: DeviceLogin,
  { post, signal, wait }: Polling,
): Promise<string> {
  let { intervalMs } = login;
  for (let waitedMs = 0; waitedMs < login.expiresInMs; ) {
    await wait(intervalMs, signal);
    waitedMs += intervalMs;
    const form = { grant_type: GRANT, device_code: login.deviceCode };
    const asked = await askProvider(provider, provider.tokenEndpoint, form, { post, signal });
    if ('answer' in asked) return tokenOf(asked.answer);
    if (asked.error === 'slow_down') intervalMs += SLOWER_MS;
    else if (asked.error !== 'authorization_pending') {
      throw loginError(`the login was not agreed to: ${asked.error}`);
    }
  }
  throw loginError('nobody agreed to the login in time');
}

function seconds(value: unknown, standard: number): number {
  const number = typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : standard;
  return Math.min(LONGEST_S, number);
}

/** What is shown as a link is one of the web. */
function link(text: string | undefined): string | undefined {
  const url = text === undefined ? null : URL.parse(text);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? text : undefined;
}
