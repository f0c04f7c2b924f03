/** Where principals ask for access for a time, and where what was opened in an emergency is reviewed. */
import type { AccessOffer } from '../../model/access-window.ts';
import type { PolicyVersion } from '../../model/decision.ts';
import { ApprovalError } from '../errors.ts';
import type { Ledger } from '../ledger.ts';
import { grantedRecords, requestedRecord } from '../records.ts';
import { type ApprovalRequest, isLive } from '../request.ts';
import { type AccessTerms, accessDigest, newAccessRequest } from './new-access-request.ts';
import { windowEndMs } from './window-of.ts';

/** What somebody asks for, as they wrote it. */
export interface AccessAsk extends Omit<AccessTerms, 'offers'> {
  /** Ids of the rules to open; absent: all that may be opened to them there. */
  readonly rules?: readonly string[] | undefined;
  /** What may be. */
  readonly offers: readonly AccessOffer[];
  readonly policy: PolicyVersion;
}

/** Farthest start that may be asked for, and shortest window, in milliseconds. */
const MAX_AHEAD_MS = 30 * 86_400_000;
const MIN_WINDOW_MS = 1_000;

/** Asks for windows. */
export class AccessDesk {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /**
   * Asks for a window, or opens one at once in an emergency. The same asked again is the same request, and its window does not
   * begin anew. @throws ApprovalError
   */
  async ask(ask: AccessAsk): Promise<ApprovalRequest> {
    const offers = chosen(ask);
    const terms = { ...ask, offers };
    checkNarrowing(terms);
    if (terms.breakGlass) checkEmergency(terms);
    const digest = accessDigest(terms);
    const ledger = this.#ledger;
    return ledger.step(digest, async () => {
      const nowMs = ledger.nowMs();
      const current = await ledger.current(digest);
      if (current !== undefined && isLive(current)) return current;
      if (current?.status === 'denied' && ledger.remainingMs(current) > 0) return current;
      checkTimes(terms, nowMs);
      const request = newAccessRequest(terms, { digest, policy: ask.policy, nowMs });
      const records = [requestedRecord(request), ...grantedRecords(request)];
      await ledger.add(request, records, request.status === 'open' ? ['requested'] : ['opened', 'granted']);
      return request;
    });
  }
}

/** @throws ApprovalError; what is not there and what is not for them is the same to who asks */
function chosen({ rules, offers }: AccessAsk): readonly AccessOffer[] {
  const wanted = rules === undefined ? offers : offers.filter(({ rule }) => rules.includes(rule));
  const missing = rules?.filter((id) => !wanted.some(({ rule }) => rule === id)) ?? [];
  if (wanted.length === 0 || missing.length > 0) {
    throw new ApprovalError(
      'ERR_APPROVALS_NOT_REQUESTABLE',
      missing.length > 0
        ? `the policy lets nobody open these rules to you there: ${missing.slice(0, 5).join(', ')}`
        : 'the policy lets nobody open anything to you there; see what may be asked for by GET /v1/access-rules',
    );
  }
  return wanted;
}

function checkNarrowing({ only, offers }: AccessTerms): void {
  const known = new Set(offers.flatMap(({ dimensions }) => dimensions));
  const unknown = Object.keys(only).filter((name) => !known.has(name));
  const wrong = [...new Set(offers.flatMap((offer) => offer.unreadable(only)))];
  if (unknown.length === 0 && wrong.length === 0) return;
  const what = [...unknown.map((name) => `${name}: no such dimension`), ...wrong].slice(0, 5).join('; ');
  throw new ApprovalError(
    'ERR_APPROVALS_TERMS',
    `\`only\` narrows by the keys of \`match\` of the rules, which have no ${what}`,
  );
}

function checkTimes(terms: AccessTerms, nowMs: number): void {
  const { durationMs, startMs, offers } = terms;
  const upToMs = Math.min(...offers.map((offer) => offer.upToMs));
  if (durationMs < MIN_WINDOW_MS || durationMs > upToMs) {
    throw new ApprovalError(
      'ERR_APPROVALS_TERMS',
      `the window lasts ${MIN_WINDOW_MS / 1000} s at least and ${upToMs / 1000} s at most, got ${durationMs / 1000} s`,
    );
  }
  if (startMs !== undefined && startMs > nowMs + MAX_AHEAD_MS) {
    throw new ApprovalError('ERR_APPROVALS_TERMS', 'the window begins in 30 days at the latest');
  }
  if (windowEndMs(terms, nowMs) - nowMs < MIN_WINDOW_MS) {
    throw new ApprovalError('ERR_APPROVALS_TERMS', 'the window is over already: give a later start, or none');
  }
}

/** A person, and of a group that each of the rules names for this. */
function checkEmergency({ principal, offers, startMs }: AccessTerms): void {
  const may = offers.every(({ breakGlass }) =>
    breakGlass?.by.some((group) => principal.groups.includes(group)),
  );
  if (!may) {
    throw new ApprovalError(
      'ERR_APPROVALS_EMERGENCY',
      'you are in no group that may open all of these rules at once; ask for them, or name fewer',
    );
  }
  if (principal.delegation.length > 0) {
    throw new ApprovalError(
      'ERR_APPROVALS_DELEGATED',
      'in an emergency a person opens access with a token of their own, not with one of an actor that acts for them',
    );
  }
  if (startMs !== undefined) {
    throw new ApprovalError(
      'ERR_APPROVALS_TERMS',
      'what is opened in an emergency begins at once: give no start',
    );
  }
}
