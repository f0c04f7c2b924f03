/** A client without a token logs in elsewhere, by a code that it is shown, and is whoever the token of that login proves (RFC 8628). */
import type { DeviceLogins } from '../../../model/device-login.ts';
import type { SecretAttempt } from '../transport/login-attempt.ts';

/** What a login elsewhere works with. */
export interface DeviceLoginUse {
  readonly logins: DeviceLogins;
  /** Address of the client. */
  readonly source: string;
  /** The client has gone. */
  readonly gone: AbortSignal;
  /** The handshake may take so long from now. */
  readonly giveTime: (durationMs: number) => void;
}

const SPARE_MS = 20_000;

/** The token; undefined where the client does not answer. Rejects with a GatewayError that may be told. */
export async function logInElsewhere(
  attempt: SecretAttempt,
  { logins, source, gone, giveTime }: DeviceLoginUse,
): Promise<string | undefined> {
  const over = new AbortController();
  const login = await logins.start(source, AbortSignal.any([gone, over.signal]));
  // It is waited for below; should the client go first, nobody is left to tell.
  login.token.catch(() => undefined);
  giveTime(login.expiresInMs + SPARE_MS);
  const { userCode, verificationUri, verificationUriComplete } = login;
  const whole = verificationUriComplete === undefined ? '' : ` (or open ${verificationUriComplete})`;
  const answer = await attempt.secret({
    title: 'Sallyport',
    instructions: `Open ${verificationUri} and type the code ${userCode}${whole}. Agree only if it was you who started this login.`,
    prompt: 'Press Enter when that is done: ',
  });
  if (answer === undefined) {
    over.abort();
    return undefined;
  }
  return login.token;
}
