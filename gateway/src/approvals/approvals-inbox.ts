/** Where people see requests and answer them. */
import type { AccessPolicy } from '../model/access-window.ts';
import type { ApprovalEventType, ApprovalStatus } from '../model/approval.ts';
import type { Principal } from '../model/principal.ts';
import { withReview } from './access/review.ts';
import { windowEndMs } from './access/window-of.ts';
import { ApprovalError, type ApprovalErrorCode } from './errors.ts';
import type { ApprovalEvent } from './event-feed.ts';
import type { Ledger } from './ledger.ts';
import { newId } from './new-request.ts';
import { isRequester, needsComment, quorumGroupsOf, whyNotAnswer } from './quorum.ts';
import { answeredRecords } from './records.ts';
import { type ApprovalRepository, groupWatcher, ownWatcher } from './repository.ts';
import { type Answer, type ApprovalRequest, isLive } from './request.ts';
import { withAnswer } from './transitions.ts';

/** Somebody who looks at requests. */
export interface Viewer {
  readonly principal: Principal;
  /** Sees all, and may cancel; answers only what their groups may answer. */
  readonly isAdmin: boolean;
  /** Sees all, and does nothing. */
  readonly isAuditor?: boolean;
}

/** A request as one viewer may see it, at this moment. */
export interface SeenRequest {
  readonly request: ApprovalRequest;
  readonly remainingMs: number;
  /** Why the viewer may not answer it; `undefined` when they may, and it is open. */
  readonly cannotAnswer: ApprovalErrorCode | undefined;
  /** It is the viewer's own, and they are neither approver nor admin: who answered is not for them to know. */
  readonly isOnlyOwn: boolean;
}

/** An answer, bound to what the approver saw. */
export interface Reply {
  readonly verdict: 'approve' | 'deny';
  /** Digest of the request that they looked at. */
  readonly digest: string;
  /** One line; told to the agent where it is a denial. */
  readonly comment?: string | undefined;
}

/** What the inbox works with. */
export interface InboxServices {
  readonly ledger: Ledger;
  readonly repository: ApprovalRepository;
  /** Longest life of a grant, in milliseconds. */
  readonly grantMs: number;
  /** Ids of clients that people use themselves. */
  readonly clientsOfPeople: readonly string[];
  /** As of now; absent while there is none, as in tests of approvals alone. */
  readonly policy?: (() => AccessPolicy) | undefined;
}

/** Requests for people. What a viewer may not see does not exist for them. */
export class ApprovalsInbox {
  readonly #services: InboxServices;

  constructor(services: InboxServices) {
    this.#services = services;
  }

  /** A request. @throws ApprovalError `ERR_APPROVALS_UNKNOWN` */
  async show(id: string, viewer: Viewer): Promise<SeenRequest> {
    const found = await this.#services.ledger.find(id);
    if (found === undefined || !isVisible(found, viewer)) throw unknown();
    const now = isLive(found) ? await this.#now(found) : found;
    return this.#seen(now, viewer);
  }

  /** The last made first, without statement and values. `before` of the next page is absent on the last. */
  async list(
    filter: {
      readonly kind: 'exchange' | 'access';
      readonly status?: ApprovalStatus | undefined;
      /** Only what was opened in an emergency and has its review open, or closed. */
      readonly review?: 'open' | 'closed' | undefined;
      readonly resource?: string | undefined;
      readonly before?: number | undefined;
      readonly limit: number;
    },
    viewer: Viewer,
  ): Promise<{ readonly requests: readonly SeenRequest[]; readonly before?: number }> {
    const { principal } = viewer;
    const watchers = [...principal.groups.map(groupWatcher), ownWatcher(principal)];
    const found = await this.#services.repository.list(seesAll(viewer) ? filter : { ...filter, watchers });
    const requests = found.flatMap(({ request }) =>
      isVisible(request, viewer) ? [this.#seen(request, viewer)] : [],
    );
    const last = found.length < filter.limit ? undefined : found.at(-1);
    return { requests, ...(last === undefined ? {} : { before: last.place }) };
  }

  /** An event, if the viewer may see it. */
  seenEvent({ request }: ApprovalEvent, viewer: Viewer): SeenRequest | undefined {
    return isVisible(request, viewer) ? this.#seen(request, viewer) : undefined;
  }

  /** Approves or denies. @throws ApprovalError */
  async answer(id: string, reply: Reply, viewer: Viewer): Promise<SeenRequest> {
    const { ledger } = this.#services;
    const { request: seen } = await this.show(id, viewer);
    if (reply.digest !== seen.digest) {
      throw new ApprovalError(
        'ERR_APPROVALS_CHANGED',
        'the digest is not that of this request; look at it again',
      );
    }
    const refusal = whyNotAnswer(viewer.principal, seen, this.#services.clientsOfPeople);
    if (refusal !== undefined) throw notForYou(refusal);
    return ledger.step(seen.digest, async () => {
      const current = await this.#standing(await ledger.current(seen.digest));
      if (current?.id !== id) throw over(await ledger.find(id));
      const { issuer, subject } = viewer.principal;
      const answer: Answer = {
        by: { issuer, subject },
        groups: quorumGroupsOf(viewer.principal, current.quorums),
        verdict: reply.verdict,
        ...(reply.comment === undefined ? {} : { comment: reply.comment }),
        atMs: ledger.nowMs(),
      };
      if (needsComment(answer.groups, current.quorums) && (reply.comment ?? '').trim() === '') {
        throw new ApprovalError(
          'ERR_APPROVALS_COMMENT',
          'the rule asks for a comment with each answer: say why',
        );
      }
      // Said already: nothing changes, and nothing more is to be recorded.
      const isSaid = current.status === 'open' && current.answers.some((known) => isSame(known, answer));
      if (isSaid) return this.#seen(current, viewer);
      const time = { nowMs: ledger.nowMs(), remainingMs: ledger.remainingMs(current) };
      const next = withAnswer(current, answer, time, {
        grant: newId('grt'),
        grantMs: this.#grantMs(current, time.nowMs),
      });
      if (next === undefined) throw over(current);
      await ledger.advance(next, answeredRecords(next, answer, viewer.principal), eventsOf(next));
      return this.#seen(next, viewer);
    });
  }

  /**
   * Withdraws a live request and its grant: the one who asked, or an admin; access for a time also those who may open it.
   * @throws ApprovalError
   */
  async cancel(id: string, viewer: Viewer): Promise<SeenRequest> {
    const { ledger } = this.#services;
    const { request: seen } = await this.show(id, viewer);
    const isOwn = isRequester(viewer.principal, seen.requester);
    const mayOpen =
      seen.access !== undefined &&
      whyNotAnswer(viewer.principal, seen, this.#services.clientsOfPeople) === undefined;
    if (!isOwn && !viewer.isAdmin && !mayOpen) {
      throw new ApprovalError(
        'ERR_APPROVALS_NOT_APPROVER',
        'only who asked, or an admin, may cancel; deny it instead',
      );
    }
    return ledger.step(seen.digest, async () => {
      const current = await ledger.current(seen.digest);
      if (current?.id !== id || !isLive(current))
        throw over(current?.id === id ? current : await ledger.find(id));
      const { issuer, subject } = viewer.principal;
      const reason = isOwn
        ? 'it was cancelled by who asked'
        : mayOpen
          ? 'it was revoked by an approver'
          : 'it was cancelled by an administrator';
      return this.#seen(await ledger.close(current, 'voided', { reason, by: { issuer, subject } }), viewer);
    });
  }

  /** Closes the review of what was opened in an emergency. @throws ApprovalError */
  async review(id: string, comment: string, viewer: Viewer): Promise<SeenRequest> {
    const { ledger, clientsOfPeople } = this.#services;
    const { request: seen } = await this.show(id, viewer);
    const refusal = whyNotAnswer(viewer.principal, seen, clientsOfPeople);
    if (refusal !== undefined) throw notForYou(refusal);
    return ledger.step(seen.digest, async () => {
      const current = (await ledger.find(id)) ?? seen;
      const { next, record } = withReview(current, viewer.principal, { comment, nowMs: ledger.nowMs() });
      await ledger.advance(next, [record], ['reviewed']);
      return this.#seen(next, viewer);
    });
  }

  /** What was asked to be opened may be another rule by now: nobody agrees to that. */
  async #standing(request: ApprovalRequest | undefined): Promise<ApprovalRequest | undefined> {
    const { policy, ledger } = this.#services;
    if (policy === undefined || request?.access === undefined || !isLive(request)) return request;
    const { stands } = policy();
    if (request.access.rules.every((rule) => stands(rule))) return request;
    return ledger.close(request, 'voided', { reason: 'the policy no longer says what was asked for' });
  }

  #grantMs({ access }: ApprovalRequest, nowMs: number): number {
    return access === undefined ? this.#services.grantMs : windowEndMs(access, nowMs) - nowMs;
  }

  async #now(request: ApprovalRequest): Promise<ApprovalRequest> {
    const { ledger } = this.#services;
    if (ledger.remainingMs(request) > 0) return request;
    await ledger.step(request.digest, () => ledger.current(request.digest));
    return (await ledger.find(request.id)) ?? request;
  }

  #seen(request: ApprovalRequest, viewer: Viewer): SeenRequest {
    const { principal } = viewer;
    const refusal = whyNotAnswer(principal, request, this.#services.clientsOfPeople);
    const isLastWord = request.status === 'open' || request.status === 'approved';
    return {
      request,
      remainingMs:
        isLive(request) || request.status === 'denied' ? this.#services.ledger.remainingMs(request) : 0,
      cannotAnswer: refusal ?? (isLastWord ? undefined : 'ERR_APPROVALS_CLOSED'),
      isOnlyOwn: !seesAll(viewer) && isRequester(principal, request.requester),
    };
  }
}

function notForYou(code: ApprovalErrorCode): ApprovalError {
  if (code === 'ERR_APPROVALS_SELF') {
    return new ApprovalError(
      'ERR_APPROVALS_SELF',
      'nobody answers a request of their own, nor through the agent that asked; use a token of another client than the agent’s',
    );
  }
  if (code === 'ERR_APPROVALS_DELEGATED') {
    return new ApprovalError(
      'ERR_APPROVALS_DELEGATED',
      'answer with a token of your own, not with one of an actor that acts for you',
    );
  }
  return new ApprovalError('ERR_APPROVALS_NOT_APPROVER', 'you are in no group that may answer this request');
}

function seesAll({ isAdmin, isAuditor }: Viewer): boolean {
  return isAdmin || isAuditor === true;
}

function isVisible(request: ApprovalRequest, viewer: Viewer): boolean {
  const { principal } = viewer;
  return (
    seesAll(viewer) ||
    isRequester(principal, request.requester) ||
    quorumGroupsOf(principal, request.quorums).length > 0
  );
}

function unknown(): ApprovalError {
  return new ApprovalError(
    'ERR_APPROVALS_UNKNOWN',
    'there is no request of this id, or it is not for you to see',
  );
}

function over(request: ApprovalRequest | undefined): ApprovalError {
  return new ApprovalError('ERR_APPROVALS_CLOSED', `the request is ${request?.status ?? 'over'} already`);
}

/** By the same person, with the same groups and words. */
function isSame(known: Answer, answer: Answer): boolean {
  const { by, verdict, comment, groups } = answer;
  return (
    known.by.issuer === by.issuer &&
    known.by.subject === by.subject &&
    known.verdict === verdict &&
    known.comment === comment &&
    known.groups.join('\n') === groups.join('\n')
  );
}

function eventsOf({ status }: ApprovalRequest): readonly ApprovalEventType[] {
  if (status === 'approved') return ['answered', 'granted'];
  return status === 'denied' ? ['answered', 'denied'] : ['answered'];
}
