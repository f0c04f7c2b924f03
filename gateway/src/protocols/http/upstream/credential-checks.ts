/** What `sallyport doctor` finds of the gateway's own credentials towards a service. */
import type { Socket } from 'node:net';
import type { CheckResult } from '../../../model/check-result.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { HttpResourceConfig } from '../config.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { HttpUpstreamError } from './errors.ts';
import { UpstreamCredentials } from './upstream-credentials.ts';

const DAY_MS = 86_400_000;
const WARN_BEFORE_END_MS = 21 * DAY_MS;
/** TLS 1.3 has the server judge a certificate when the client takes the handshake for done (RFC 8446 section 4.4.2.4). */
const ALERT_MS = 500;

/** What was found, and the certificate to connect with. */
export interface CheckedCredentials {
  readonly results: readonly CheckResult[];
  readonly certificate: ClientCertificate | undefined;
}

/** Obtains each credential of a resource as the gateway would: reads secrets, asks for a token. Never rejects. */
export async function checkCredentials(
  check: string,
  config: HttpResourceConfig,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<CheckedCredentials> {
  const results: CheckResult[] = [];
  const credentials = new UpstreamCredentials({ clock, log: toResults(check, results) });
  const certificate = await credentials.certificate(config, signal).catch((error: unknown) => {
    results.push(failed(check, error, 'see that `tls.clientCertificate` of the resource is right'));
    return undefined;
  });
  if (certificate !== undefined) results.push(lifeOf(check, certificate, clock.nowMs()));
  try {
    const credential = await credentials.of(config, signal);
    const message =
      'oauth' in config.credential ? 'an access token was issued' : 'the credential can be read';
    if (credential !== undefined) results.push({ check, level: 'ok', message });
  } catch (error) {
    results.push(failed(check, error, 'see that `credential` of the resource is right'));
  }
  return { results, certificate };
}

/** Waits for a service that refuses the gateway's certificate behind the handshake. Rejects with HttpUpstreamError. */
export function whenAccepted(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (): void => {
      clearTimeout(timer);
      const message = 'the service closed the connection when it saw the client certificate';
      reject(new HttpUpstreamError('ERR_HTTP_UPSTREAM_CREDENTIAL', message));
    };
    const timer = setTimeout(() => {
      socket.off('close', refused);
      resolve();
    }, ALERT_MS);
    socket.once('close', refused);
    // An end is told only to who reads.
    socket.resume();
  });
}

function lifeOf(check: string, { endsAtMs }: ClientCertificate, nowMs: number): CheckResult {
  const message = `the client certificate ends at ${new Date(endsAtMs).toISOString()}`;
  if (endsAtMs - nowMs >= WARN_BEFORE_END_MS) return { check, level: 'ok', message };
  return { check, level: 'warn', message, remedy: 'renew it; the gateway takes a new one by itself' };
}

function failed(check: string, error: unknown, remedy: string): CheckResult {
  return { check, level: 'fail', message: error instanceof Error ? error.message : String(error), remedy };
}

/** What the gateway would log as a warning, such as a secret that others can read. */
function toResults(check: string, results: CheckResult[]): Log {
  const none = (): void => undefined;
  return {
    debug: none,
    info: none,
    error: none,
    warn: (message, { reason } = {}) => {
      const text = typeof reason === 'string' ? reason : message;
      results.push({ check, level: 'warn', message: text, remedy: 'see docs/http.md' });
    },
  };
}
