/** Access requests over a real store: who asks, who opens, which sessions live. */
import type { AccessOffer, AccessPolicy, AccessWindow } from '../../model/access-window.ts';
import type { LiveSession } from '../../model/live-session.ts';
import type { Principal } from '../../model/principal.ts';
import type { AccessAsk } from '../access/access-desk.ts';
import type { SeenRequest, Viewer } from '../approvals-inbox.ts';
import type { ApprovalsPlan } from '../config.ts';
import type { OpenApprovals } from '../open-approvals.ts';
import type { ApprovalRequest } from '../request.ts';
import { ApprovalsSite, person } from './approvals-fixture.ts';

/** Who asks: alice through the claims bot. */
export const ALICE: Principal = person('alice', ['agents'], { agent: 'claims-bot' });
/** On call, by herself. */
export const ONCALL: Principal = person('olga', ['oncall'], { agent: 'cli' });
export const DORA: Viewer = { principal: person('dora', ['dba']), isAdmin: false };
export const DAVE: Viewer = { principal: person('dave', ['dba']), isAdmin: false };
export const ADMIN: Viewer = { principal: person('root', ['admins']), isAdmin: true };

export const HOUR = 3_600_000;

/** A rule that the DBAs open. */
export function offer(more: Partial<AccessOffer> = {}): AccessOffer {
  return {
    rule: 'repair',
    terms: '{"on":"sql"}',
    phrase: 'UPDATE on shop.*',
    by: ['dba'],
    count: 1,
    withinMs: HOUR / 2,
    upToMs: 4 * HOUR,
    breakGlass: { by: ['oncall'], reviewWithinMs: 24 * HOUR },
    dimensions: ['tables'],
    unreadable: (only) => (only['tables'] ?? []).filter((pattern) => pattern.includes('"')),
    ...more,
  };
}

/** What alice asks for, for two hours. */
export function wanting(more: Partial<AccessAsk> = {}): AccessAsk {
  return {
    principal: ALICE,
    resource: 'shop',
    protocol: 'postgres',
    account: 'app_rw',
    offers: [offer()],
    policy: { hash: 'ab'.repeat(32) },
    only: {},
    durationMs: 2 * HOUR,
    justification: 'ticket 4711',
    breakGlass: false,
    ...more,
  };
}

/** A place with a policy that a test changes, and live sessions that tell when they are ended. */
export class AccessSite extends ApprovalsSite {
  terms: readonly string[] = ['{"on":"sql"}'];
  readonly live: LiveSession[] = [];
  readonly killed: string[] = [];
  readonly policy = (): AccessPolicy => ({
    version: { hash: 'ab'.repeat(32) },
    stands: ({ terms }) => this.terms.includes(terms),
  });

  start(plan: Partial<ApprovalsPlan> = {}, file?: string): Promise<OpenApprovals> {
    if (file !== undefined) this.file = file;
    return this.open(plan, { policy: this.policy, sessions: { list: () => this.live } });
  }

  /** A second gateway on the same store, while the first one goes on. */
  startBeside(): Promise<OpenApprovals> {
    return this.openBeside({ policy: this.policy });
  }

  /** A session that lives until it is ended. */
  session(id: string, principal: Principal = ALICE): LiveSession {
    const session: LiveSession = {
      id,
      protocol: 'postgres',
      principal,
      resource: 'shop',
      account: 'app_rw',
      openedMs: this.wallMs,
      kill: (reason) => {
        this.killed.push(`${id}: ${reason}`);
        this.live.splice(this.live.indexOf(session), 1);
      },
      regroup: () => undefined,
    };
    this.live.push(session);
    return session;
  }
}

/** Answers a request as it is now. */
export function reply(
  { inbox }: OpenApprovals,
  { id, digest }: Pick<ApprovalRequest, 'id' | 'digest'>,
  verdict: 'approve' | 'deny',
  viewer: Viewer = DORA,
): Promise<SeenRequest> {
  return inbox.answer(id, { verdict, digest }, viewer);
}

/** Ids of the windows that are open to somebody. */
export function openTo(
  { windows }: OpenApprovals,
  principal: Principal = ALICE,
  account = 'app_rw',
): readonly string[] {
  return (windows.openFor(principal, 'shop', account) ?? []).map(({ id }: AccessWindow) => id);
}
