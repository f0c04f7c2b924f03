import { STATUS_CODES } from 'node:http';
import { GatewayError } from '../model/gateway-error.ts';
import type { Problem } from './contract/problem.ts';
import { ApiError, type ProblemStatus } from './errors.ts';

/** Headers of every answer: it is data for one caller, never a page, never kept. */
export const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** What each refusal of approvals, quarantines and the console is answered with. */
const REFUSAL_STATUS: Readonly<Record<string, ProblemStatus>> = {
  ERR_APPROVALS_UNKNOWN: 404,
  ERR_APPROVALS_NOT_APPROVER: 403,
  ERR_APPROVALS_SELF: 403,
  ERR_APPROVALS_DELEGATED: 403,
  ERR_APPROVALS_COMMENT: 400,
  ERR_APPROVALS_NOT_REQUESTABLE: 403,
  ERR_APPROVALS_TERMS: 400,
  ERR_APPROVALS_EMERGENCY: 403,
  ERR_APPROVALS_FULL: 429,
  ERR_APPROVALS_STOPPED: 503,
  ERR_APPROVALS_CLOSED: 409,
  ERR_APPROVALS_CHANGED: 409,
  ERR_APPROVALS_UNRECORDED: 503,
  ERR_QUARANTINE_UNKNOWN: 404,
  ERR_QUARANTINE_UNRECORDED: 503,
  ERR_CONSOLE_SIGNED_OUT: 401,
  ERR_CONSOLE_FORGED: 403,
  ERR_CONSOLE_BUSY: 503,
};

/** Seconds after which a client may try again what could not be done now. */
const RETRY_AFTER_SECONDS = '5';

/**
 * The answer to a request that failed. Refusals say why; of anything unexpected nothing is told, because its text may
 * hold what the caller must not see (P6): the log has it.
 */
export function problemResponse(error: unknown): Response {
  const problem = toProblem(error);
  const headers: Record<string, string> = { ...ANSWER_HEADERS, 'content-type': 'application/problem+json' };
  if (problem.status === 401) headers['www-authenticate'] = challenge(problem);
  if (problem.status === 503 || problem.status === 429 || problem.status === 409) {
    headers['retry-after'] = RETRY_AFTER_SECONDS;
  }
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

/** The body of that answer. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ApiError) {
    const { code, status, message, issues } = error;
    return { ...base(code, status, message), ...(issues.length === 0 ? {} : { issues }) };
  }
  const known = error instanceof GatewayError ? error : undefined;
  const status = known?.publicMessage === undefined ? undefined : statusOf(known);
  if (known !== undefined && status !== undefined) return base(known.code, status, known.publicMessage ?? '');
  return base('ERR_API_INTERNAL', 500, 'the gateway could not answer this request; its log says why');
}

/** What the errors of other rooms are answered with, where they may be told. */
function statusOf({ code, source }: GatewayError): ProblemStatus | undefined {
  if (code.startsWith('ERR_IDENTITY_')) return source === 'downstream' ? 401 : 503;
  if (code === 'ERR_LISTENER_THROTTLED') return 429;
  if (code === 'ERR_CREDENTIALS_SESSION_LIMIT') return 409;
  if (code.startsWith('ERR_CREDENTIALS_SESSION_')) return 400;
  return REFUSAL_STATUS[code];
}

function base(code: string, status: ProblemStatus, detail: string): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: `urn:sallyport:error:${code}`, title, status, code, detail };
}

/** RFC 6750 section 3: no error code where no token came; the description in the characters that it allows. */
function challenge({ code, detail }: Problem): string {
  if (code === 'ERR_API_UNAUTHENTICATED') return 'Bearer realm="sallyport"';
  const description = detail.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?');
  return `Bearer realm="sallyport", error="invalid_token", error_description="${description}"`;
}
