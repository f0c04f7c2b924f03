/** How many requests wait for people: each asker, and all together, may have so many open. */
import { ApprovalError } from './errors.ts';
import type { ApprovalRequest, Requester } from './request.ts';

/** Bounds on open requests. */
export interface OpenLimits {
  readonly total: number;
  readonly perPrincipal: number;
}

/** The requests that are live, or were denied or voided before their window is over. Statements are not kept in mind. */
export class OpenRequests {
  readonly #limits: OpenLimits;
  readonly #requests = new Map<string, ApprovalRequest>();
  readonly #perPrincipal = new Map<string, number>();

  constructor(limits: OpenLimits) {
    this.#limits = limits;
  }

  /** @throws ApprovalError `ERR_APPROVALS_FULL` when this principal, or everybody together, has as many as may be. */
  reserve(requester: Requester): void {
    if (this.#requests.size >= this.#limits.total) {
      throw new ApprovalError('ERR_APPROVALS_FULL', 'too many requests wait for approval; try again later');
    }
    if ((this.#perPrincipal.get(keyOf(requester)) ?? 0) >= this.#limits.perPrincipal) {
      throw new ApprovalError(
        'ERR_APPROVALS_FULL',
        `${this.#limits.perPrincipal} requests of yours wait for approval, or were denied or cancelled lately; wait for the end of their windows`,
      );
    }
  }

  /** Adds one, or puts its next version in its place. */
  put(request: ApprovalRequest): void {
    if (!this.#requests.has(request.id)) this.#count(request.requester, 1);
    this.#requests.set(request.id, { ...request, view: { ...request.view, text: '', parameters: [] } });
  }

  /** Idempotent. */
  remove(id: string): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    this.#requests.delete(id);
    this.#count(request.requester, -1);
  }

  /** All of them, as they are now. */
  list(): readonly ApprovalRequest[] {
    return [...this.#requests.values()];
  }

  #count(requester: Requester, step: number): void {
    const key = keyOf(requester);
    const count = (this.#perPrincipal.get(key) ?? 0) + step;
    if (count <= 0) this.#perPrincipal.delete(key);
    else this.#perPrincipal.set(key, count);
  }
}

function keyOf({ issuer, subject, agent }: Requester): string {
  return JSON.stringify([issuer, subject, agent ?? null]);
}
