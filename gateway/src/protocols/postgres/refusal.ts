/** Denials and gateway errors in PostgreSQL's own form. Source: PostgreSQL 18 documentation, appendix A. */

import { denialText } from '../../enforcement/denial-text.ts';
import type { Verdict } from '../../enforcement/gate.ts';
import { limitText } from '../../enforcement/limits/limit-text.ts';
import type { ResultExceeded } from '../../enforcement/limits/result-meter.ts';
import type { GrammarError } from '../../sql/postgres/grammar-error.ts';
import { encodeErrorResponse } from './wire/backend/error-response.ts';

/**
 * SQLSTATEs the gateway uses. None that answers a request is from a class that drivers retry by themselves (40, 08, 57P);
 * the end of the gateway itself is meant to be retried.
 */
export const SqlState = {
  insufficientPrivilege: '42501',
  unknownStatement: '26000',
  unknownPortal: '34000',
  nameTooLong: '42622',
  invalidAuthorization: '28000',
  invalidPassword: '28P01',
  protocolViolation: '08P01',
  tooManyConnections: '53300',
  adminShutdown: '57P01',
  ioError: '58030',
  systemError: '58000',
  featureNotSupported: '0A000',
  invalidText: '22021',
  limitExceeded: '54000',
  approvalPending: 'SPA01',
} as const;

/** ErrorResponse for a verdict that denies. */
export function refusalError(verdict: Verdict, severity: 'ERROR' | 'FATAL' = 'ERROR'): Buffer {
  const { decision } = verdict;
  if (decision.effect !== 'deny') throw new TypeError('a permit cannot be refused');
  const text = denialText(verdict.id, decision, verdict);
  return encodeErrorResponse({
    severity,
    code: decision.approval?.state === 'pending' ? SqlState.approvalPending : SqlState.insufficientPrivilege,
    message: text.message,
    detail: text.detail,
    hint: text.hint,
  });
}

/** ErrorResponse in place of the rest of a result that passed a bound. */
export function limitError(decision: string, exceeded: ResultExceeded, writes: boolean): Buffer {
  const { code, message, detail, hint } = limitText(decision, exceeded, writes);
  return encodeErrorResponse({ severity: 'ERROR', code, message, detail, hint });
}

/** ErrorResponse for text that is not grammatical: PostgreSQL's own error. */
export function syntaxError({ position, ...problem }: GrammarError): Buffer {
  return encodeErrorResponse({ severity: 'ERROR', ...problem, ...(position === 0 ? {} : { position }) });
}

/** ErrorResponse with a plain message. */
export function plainError(code: string, message: string, severity: 'ERROR' | 'FATAL' = 'ERROR'): Buffer {
  return encodeErrorResponse({ severity, code, message });
}
