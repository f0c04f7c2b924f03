/**
 * Signing in by authorization code with PKCE (RFC 7636, RFC 9700 section 2.1). The gateway is the client: the browser never
 * has a token, only the word of its session.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { FailedAuthentications } from '../listener/failed-authentications.ts';
import type { AuditLog } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import { GatewayError } from '../model/gateway-error.ts';
import type { Principal } from '../model/principal.ts';
import { ConsoleError } from './errors.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { SignInState, StateSeal } from './sealed-state.ts';

/** How long somebody may take at the identity provider. */
const SIGN_IN_MS = 900_000;

/** What signing in works with. */
export interface SignInServices {
  readonly provider: Pick<IdentityProvider, 'begin' | 'finish'>;
  readonly issuer: string;
  readonly identity: Pick<TokenVerifier, 'verify'>;
  readonly audit: AuditLog;
  readonly failures: FailedAuthentications;
  readonly seal: StateSeal;
  readonly clock: Clock;
}

/** Where to send the browser, and what it has to keep. */
export interface SignInStart {
  readonly url: string;
  readonly sealed: string;
  readonly maxAgeSeconds: number;
}

/** Somebody who is signed in now. */
export interface SignedIn {
  readonly token: string;
  readonly principal: Principal;
  readonly to: string;
}

/** Begins. @param to the page to go on with, a path of the console */
export async function beginSignIn(
  to: string,
  redirectUri: string,
  { provider, seal, clock }: SignInServices,
): Promise<SignInStart> {
  const { url, state, verifier } = await provider.begin(redirectUri);
  const sealed = seal.seal({ state, verifier, redirectUri, to, untilMs: clock.nowMs() + SIGN_IN_MS });
  return { url, sealed, maxAgeSeconds: SIGN_IN_MS / 1000 };
}

/**
 * Ends it with what the browser brought back.
 * @throws ConsoleError `ERR_CONSOLE_SIGN_IN_STATE`, `ERR_CONSOLE_SIGN_IN_REFUSED`, `ERR_CONSOLE_SIGN_IN_TOKEN`,
 *   `ERR_CONSOLE_BUSY`; ListenerError `ERR_LISTENER_THROTTLED`; IdentityError
 */
export async function finishSignIn(
  query: URLSearchParams,
  sealed: string | undefined,
  sourceAddress: string,
  services: SignInServices,
): Promise<SignedIn> {
  const { failures, audit } = services;
  failures.admits(sourceAddress);
  try {
    const known = knownState(query, sealed, services);
    checkAnswer(query, services.issuer);
    const token = await services.provider.finish({ ...known, url: '' }, query);
    return { token, principal: await accepted(token, services), to: known.to };
  } catch (error) {
    const isTheirs = error instanceof GatewayError && error.source === 'downstream' && !error.retryable;
    if (failures.failed(sourceAddress, isTheirs)) {
      audit.enqueue({
        type: 'authentication.failed',
        protocol: 'console',
        sourceAddress,
        code: error instanceof GatewayError ? error.code : 'ERR_INTERNAL',
        message: error instanceof Error ? error.message : String(error),
        claimed: {},
      });
    }
    throw error;
  }
}

function knownState(
  query: URLSearchParams,
  sealed: string | undefined,
  { seal }: SignInServices,
): SignInState {
  const known = sealed === undefined ? undefined : seal.open(sealed);
  const [state, ...others] = query.getAll('state');
  if (known === undefined || state === undefined || others.length > 0 || !isEqual(known.state, state)) {
    throw new ConsoleError(
      'ERR_CONSOLE_SIGN_IN_STATE',
      'this sign-in was not begun in this browser, or it took too long; begin again',
    );
  }
  return known;
}

/** RFC 9207: a provider that says who it is must be the one that was asked. */
function checkAnswer(query: URLSearchParams, issuer: string): void {
  const [code = '', ...others] = query.getAll('code');
  const said = query.get('iss');
  const isWellFormed = others.length === 0 && /^[\x21-\x7e]{1,2048}$/.test(code);
  if (isWellFormed && !query.has('error') && (said === null || said === issuer)) return;
  throw new ConsoleError(
    'ERR_CONSOLE_SIGN_IN_REFUSED',
    'the identity provider did not let you in; ask who runs it for access to the console',
  );
}

async function accepted(token: string, { identity }: SignInServices): Promise<Principal> {
  try {
    return await identity.verify(token);
  } catch (cause) {
    throw new ConsoleError(
      'ERR_CONSOLE_SIGN_IN_TOKEN',
      'the identity provider let you in, but gave no token that the gateway accepts; its administrator has to name the gateway as audience',
      cause,
    );
  }
}

function isEqual(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
