/**
 * The windows that are open now, for the gate, which asks at every decision. When one ends or is revoked, all sessions that
 * were permitted something by it end too (P12): at once where that is told, otherwise at the next look, within a second.
 */
import type { AccessPolicy, AccessWindow, AccessWindows } from '../../model/access-window.ts';
import type { LiveSession } from '../../model/live-session.ts';
import type { Principal } from '../../model/principal.ts';
import type { ApprovalClocks } from '../deadlines.ts';
import type { EventFeed } from '../event-feed.ts';
import type { Ledger } from '../ledger.ts';
import type { ApprovalRequest } from '../request.ts';
import { windowOf } from './window-of.ts';

/** What the windows work with. */
export interface WindowServices {
  readonly ledger: Ledger;
  readonly feed: EventFeed;
  readonly clocks: ApprovalClocks;
  /** As of now; absent while there is none, as in tests of approvals alone. */
  readonly policy?: (() => AccessPolicy) | undefined;
  readonly sessions?: { list(): readonly LiveSession[] } | undefined;
}

interface Entry {
  readonly request: ApprovalRequest;
  readonly window: AccessWindow;
  /** Beginning by the clock that only goes forward. */
  readonly steadyFromMs: number;
}

interface Place {
  readonly entries: Map<string, Entry>;
  /** The last answer: the same list as long as the same are open. */
  last: readonly AccessWindow[];
}

/** Approved access requests, by who may use them where. */
export class OpenWindows implements AccessWindows {
  readonly #services: WindowServices;
  readonly #places = new Map<string, Place>();
  readonly #open = new Map<string, Entry>();
  readonly #used = new Map<string, Set<string>>();
  readonly #unsubscribe: () => void;

  constructor(services: WindowServices) {
    this.#services = services;
    this.#unsubscribe = services.feed.subscribe(({ request }) => this.take(request));
  }

  /** Takes note of a request as it is now. */
  take(request: ApprovalRequest): void {
    if (request.access === undefined) return;
    const window = request.status === 'approved' ? windowOf(request) : undefined;
    if (window === undefined) this.#end(request);
    else if (!this.#open.has(window.id)) this.#begin(request, window);
  }

  openFor(principal: Principal, resource: string, account: string): readonly AccessWindow[] | undefined {
    // Nearly always: there are none.
    if (this.#open.size === 0) return undefined;
    const place = this.#places.get(placeOf(principal, resource, account));
    if (place === undefined) return undefined;
    const now = [...place.entries.values()].filter((entry) => this.#isOpen(entry));
    if (now.length === 0) return undefined;
    if (now.length !== place.last.length || now.some(({ window }, index) => place.last[index] !== window))
      place.last = now.map(({ window }) => window);
    return place.last;
  }

  used(session: string, windows: readonly string[]): void {
    const known = this.#used.get(session) ?? new Set();
    this.#used.set(session, known);
    for (const window of windows) known.add(window);
  }

  release(session: string): void {
    if (this.#used.size > 0) this.#used.delete(session);
  }

  /** Ends what is over, or what the policy no longer says; and sessions that outlived their window by a race. */
  async sweep(): Promise<void> {
    const { ledger, policy } = this.#services;
    this.#killUsers((id) => !this.#open.has(id), 'the access window is over');
    const stands = policy?.().stands;
    for (const { request } of this.#open.values()) {
      const isOver = ledger.remainingMs(request) <= 0;
      const isChanged = stands !== undefined && request.access?.rules.every((rule) => !stands(rule)) === true;
      if (!isOver && !isChanged) continue;
      await ledger.step(request.digest, async () => {
        const current = await ledger.current(request.digest);
        if (isOver || current?.id !== request.id) return;
        await ledger.close(current, 'voided', { reason: 'the policy no longer says what was opened' });
      });
    }
  }

  /** How many sessions are known to use windows. */
  get users(): number {
    return this.#used.size;
  }

  close(): void {
    this.#unsubscribe();
  }

  #isOpen({ request, window, steadyFromMs }: Entry): boolean {
    const { ledger, clocks } = this.#services;
    const nowMs = clocks.wall.nowMs();
    return nowMs >= window.fromMs && clocks.steady.nowMs() >= steadyFromMs && ledger.remainingMs(request) > 0;
  }

  #begin(request: ApprovalRequest, window: AccessWindow): void {
    const { clocks } = this.#services;
    const aheadMs = Math.max(0, window.fromMs - clocks.wall.nowMs());
    const entry = { request, window, steadyFromMs: clocks.steady.nowMs() + aheadMs };
    this.#open.set(window.id, entry);
    const key = placeOf(request.requester, request.resource, request.account);
    const place = this.#places.get(key) ?? { entries: new Map(), last: [] };
    this.#places.set(key, place);
    place.entries.set(window.id, entry);
  }

  #end({ grant, id, requester, resource, account }: ApprovalRequest): void {
    if (grant === undefined || !this.#open.delete(grant)) return;
    const key = placeOf(requester, resource, account);
    const place = this.#places.get(key);
    place?.entries.delete(grant);
    if (place?.entries.size === 0) this.#places.delete(key);
    this.#killUsers((window) => window === grant, `the access window ${id} is over`);
  }

  #killUsers(isOver: (window: string) => boolean, reason: string): void {
    if (this.#used.size === 0) return;
    for (const session of this.#services.sessions?.list() ?? []) {
      const windows = this.#used.get(session.id);
      if (windows !== undefined && [...windows].some(isOver)) session.kill(reason);
    }
  }
}

function placeOf(
  { issuer, subject, agent }: Pick<Principal, 'issuer' | 'subject'> & { readonly agent?: string | undefined },
  resource: string,
  account: string,
): string {
  return JSON.stringify([issuer, subject, agent ?? null, resource, account]);
}
