import type { Secret } from '../../../credentials/secret.ts';
import { decodeErrorResponse, type Report } from '../wire/backend/error-response.ts';
import { UpstreamError, type UpstreamErrorCode } from './errors.ts';
import type { ServerMessage } from './message-channel.ts';

const MAX_LOGGED = 500;

/** What SQLSTATEs of a refused login mean; the first prefix that fits. Others are ERR_UPSTREAM_REFUSED. */
const MEANINGS: readonly (readonly [prefix: string, code: UpstreamErrorCode])[] = [
  ['28', 'ERR_UPSTREAM_AUTHENTICATION'],
  ['3D000', 'ERR_UPSTREAM_DATABASE'],
  ['42501', 'ERR_UPSTREAM_DATABASE'],
  ['53', 'ERR_UPSTREAM_BUSY'],
  ['57P', 'ERR_UPSTREAM_BUSY'],
  ['55000', 'ERR_UPSTREAM_DATABASE'],
];

/** The error behind an ErrorResponse during the login. `secret` is what the server was told, if anything. */
export function toRefusal(message: ServerMessage, secret: Secret | undefined): UpstreamError {
  const report = decodeErrorResponse(message.bytes, message.start, message.end);
  const sqlstate = report.code !== undefined && /^[0-9A-Z]{5}$/.test(report.code) ? report.code : undefined;
  const meaning = MEANINGS.find(([prefix]) => sqlstate?.startsWith(prefix) === true);
  return new UpstreamError(
    meaning?.[1] ?? 'ERR_UPSTREAM_REFUSED',
    `the server refused the connection: ${describe(report, secret)}`,
    sqlstate === undefined ? {} : { sqlstate },
  );
}

/** One printable line without the secret: a hostile server could send it back (P6), or write log lines of its own. */
function describe(report: Report, secret: Secret | undefined): string {
  const text = `${report.code ?? 'no sqlstate'} ${report.message ?? 'no message'}`;
  const safe = secret?.redact(text) ?? text;
  return safe.replace(/[^\x20-\x7e\u{a0}-\u{d7ff}]/gu, '?').slice(0, MAX_LOGGED);
}

/** The report with the secret taken out of every field. */
export function redactReport(report: Report, secret: Secret | undefined): Report {
  if (secret === undefined) return report;
  const fields = new Map([...report.fields].map(([letter, text]) => [letter, secret.redact(text)]));
  return {
    severity: report.severity,
    code: report.code,
    message: fields.get('M'),
    fields,
  };
}
