/**
 * Who somebody in Slack is: whoever logged in by the identity provider, got a code by the API, and typed it in Slack. A user of
 * Slack without that answers nothing. Kept in memory: after a restart people link again.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../model/clock.ts';
import type { Principal } from '../../model/principal.ts';
import { ApprovalError } from '../errors.ts';
import type { SlackUser } from './read-action.ts';

/** How long a code can be typed, in milliseconds. */
const CODE_MS = 600_000;
const MAX_CODES = 1_000;
const MAX_LINKS = 10_000;

interface Held {
  readonly principal: Principal;
  readonly untilMs: number;
}

/** Codes and links. */
export class SlackLinks {
  readonly #clock: Clock;
  readonly #linkMs: number;
  readonly #codes = new Map<string, Held>();
  readonly #links = new Map<string, Held>();

  constructor(clock: Clock, linkMs: number) {
    this.#clock = clock;
    this.#linkMs = linkMs;
  }

  /** A code for a person, good once. @throws ApprovalError for an actor that acts for somebody, or too many codes */
  code(principal: Principal): { readonly code: string; readonly untilMs: number } {
    if (principal.delegation.length > 0) {
      throw new ApprovalError(
        'ERR_APPROVALS_DELEGATED',
        'answer with a token of your own, not with one of an actor that acts for you',
      );
    }
    this.#sweep(this.#codes);
    // One at a time for each person.
    for (const [code, held] of this.#codes) if (isSame(held.principal, principal)) this.#codes.delete(code);
    if (this.#codes.size >= MAX_CODES) {
      throw new ApprovalError('ERR_APPROVALS_FULL', 'too many codes wait to be typed; try again later');
    }
    const code = randomBytes(15).toString('base64url');
    const untilMs = this.#clock.nowMs() + CODE_MS;
    this.#codes.set(code, { principal, untilMs });
    return { code, untilMs };
  }

  /** Uses up a code: from now on this user is its person. Undefined for a code that is none, or is over. */
  link(by: SlackUser, code: string): { readonly principal: Principal; readonly untilMs: number } | undefined {
    this.#sweep(this.#codes);
    this.#sweep(this.#links);
    const held = this.#codes.get(code);
    this.#codes.delete(code);
    if (held === undefined) return undefined;
    if (this.#links.size >= MAX_LINKS && !this.#links.has(keyOf(by))) return undefined;
    const link = { principal: held.principal, untilMs: this.#clock.nowMs() + this.#linkMs };
    this.#links.set(keyOf(by), link);
    return link;
  }

  /** The person, as long as the link holds. */
  principalOf(by: SlackUser): Principal | undefined {
    const held = this.#links.get(keyOf(by));
    if (held === undefined || held.untilMs <= this.#clock.nowMs()) return undefined;
    return held.principal;
  }

  unlink(by: SlackUser): boolean {
    return this.#links.delete(keyOf(by));
  }

  /** Ends all links of a person; how many there were. */
  unlinkAll(principal: Principal): number {
    const own = [...this.#links].filter(([, held]) => isSame(held.principal, principal));
    for (const [key] of own) this.#links.delete(key);
    return own.length;
  }

  #sweep(held: Map<string, Held>): void {
    const nowMs = this.#clock.nowMs();
    for (const [key, { untilMs }] of held) if (untilMs <= nowMs) held.delete(key);
  }
}

function keyOf({ team, user }: SlackUser): string {
  return `${team} ${user}`;
}

function isSame(left: Principal, right: Principal): boolean {
  return left.issuer === right.issuer && left.subject === right.subject;
}
