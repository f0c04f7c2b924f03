/**
 * Bounds what clients that cannot prove who they are may cost: token verifications and records of the audit. Pure
 * bookkeeping; whoever serves clients asks {@link FailedAuthentications.admits} before it looks at a token, and tells
 * {@link FailedAuthentications.failed} of each refusal of somebody it does not know.
 */
import type { Clock } from '../model/clock.ts';
import { ListenerError } from './errors.ts';
import { limitKey } from './ip-address.ts';

/** What was not recorded one by one. */
export interface ThrottledSummary {
  /** The address; of an IPv6 client its /64; empty for all that were too many to be told apart. */
  readonly sourceAddress: string;
  /** Attempts that were refused unheard. */
  readonly refused: number;
  /** Attempts that were heard and failed without a record of their own. */
  readonly unrecorded: number;
  readonly sinceMs: number;
}

/** Bounds of {@link createFailedAuthentications}. */
export interface FailedAuthenticationLimits {
  /** Failures of one address in a minute; further attempts in it are refused unheard. */
  readonly perMinute: number;
  /** Failures of all addresses together that get a record of their own in a minute. Default 20 × `perMinute`. */
  readonly recordsPerMinute?: number;
  /** Addresses that are told apart at once. Default 10,000. */
  readonly addresses?: number;
}

/** Failed authentications, by address (IPv6: by /64). */
export interface FailedAuthentications {
  /** @throws ListenerError `ERR_LISTENER_THROTTLED` when the address failed too often in this minute; it is counted. */
  admits(address: string): void;
  /**
   * Counts a failure.
   * @param isTheirs false: the client could do nothing about it, the identity provider is away for example; that is
   *   bounded in its records only, and refuses nobody
   * @returns whether it is to be put on record by itself; else it is in a later summary
   */
  failed(address: string, isTheirs: boolean): boolean;
  /** Reports what is over; call it once a minute, and with `all` at the end. At most 100 summaries a call. */
  flush(all?: boolean): void;
}

const MINUTE_MS = 60_000;
const MAX_SUMMARIES = 100;

interface Tally {
  readonly sinceMs: number;
  failures: number;
  refused: number;
  unrecorded: number;
}

/** Makes an empty memory. */
export function createFailedAuthentications(options: {
  readonly limits: FailedAuthenticationLimits;
  readonly clock: Clock;
  readonly onSummary: (summary: ThrottledSummary) => void;
}): FailedAuthentications {
  return new Tallies(options.limits, options.clock, options.onSummary);
}

class Tallies implements FailedAuthentications {
  readonly #perMinute: number;
  readonly #recordsPerMinute: number;
  readonly #maxAddresses: number;
  readonly #clock: Clock;
  readonly #onSummary: (summary: ThrottledSummary) => void;
  // Insertion order is the order of their beginnings: the first is over first.
  readonly #byAddress = new Map<string, Tally>();
  /** Tallies that are over, to be reported, and those without a place of their own. */
  readonly #over = new Map<string, Tally>();
  #recorded = 0;
  #recordedSinceMs = 0;

  constructor(
    limits: FailedAuthenticationLimits,
    clock: Clock,
    onSummary: (summary: ThrottledSummary) => void,
  ) {
    this.#perMinute = limits.perMinute;
    this.#recordsPerMinute = limits.recordsPerMinute ?? 20 * limits.perMinute;
    this.#maxAddresses = limits.addresses ?? 10_000;
    this.#clock = clock;
    this.#onSummary = onSummary;
  }

  admits(address: string): void {
    const key = limitKey(address);
    const tally = this.#current(key);
    if (tally === undefined || tally.failures < this.#perMinute) return;
    tally.refused += 1;
    const message = 'too many logins from your address failed; wait a minute, and get a good token first';
    throw new ListenerError('ERR_LISTENER_THROTTLED', message, {
      source: 'downstream',
      publicMessage: message,
      retryable: true,
    });
  }

  failed(address: string, isTheirs: boolean): boolean {
    const key = limitKey(address);
    if (!isTheirs) {
      const hasRecord = this.#hasRecord();
      if (!hasRecord) this.#count(this.#current(key));
      return hasRecord;
    }
    const tally = this.#current(key) ?? this.#begin(key);
    const isRecorded = tally !== undefined && tally.failures < this.#perMinute && this.#hasRecord();
    if (tally !== undefined) tally.failures += 1;
    if (!isRecorded) this.#count(tally);
    return isRecorded;
  }

  flush(all = false): void {
    const now = this.#clock.nowMs();
    for (const [key, tally] of this.#byAddress) {
      if (!all && !isOver(tally, now)) break;
      this.#end(key, tally);
    }
    let left = MAX_SUMMARIES - 1;
    let rest: ThrottledSummary | undefined;
    for (const [sourceAddress, { refused, unrecorded, sinceMs }] of this.#over) {
      if (sourceAddress !== '' && left > 0) {
        left -= 1;
        this.#onSummary({ sourceAddress, refused, unrecorded, sinceMs });
        continue;
      }
      rest = {
        sourceAddress: '',
        refused: (rest?.refused ?? 0) + refused,
        unrecorded: (rest?.unrecorded ?? 0) + unrecorded,
        sinceMs: Math.min(rest?.sinceMs ?? sinceMs, sinceMs),
      };
    }
    this.#over.clear();
    if (rest !== undefined) this.#onSummary(rest);
  }

  /** The tally of an address in this minute. */
  #current(key: string): Tally | undefined {
    const tally = this.#byAddress.get(key);
    if (tally === undefined || !isOver(tally, this.#clock.nowMs())) return tally;
    this.#end(key, tally);
    return undefined;
  }

  /** A new tally; undefined when as many addresses are followed as may be: those beyond are heard, and not recorded. */
  #begin(key: string): Tally | undefined {
    const sinceMs = this.#clock.nowMs();
    if (this.#byAddress.size >= this.#maxAddresses) {
      const [oldest] = this.#byAddress;
      if (oldest === undefined || !isOver(oldest[1], sinceMs)) return undefined;
      this.#end(...oldest);
    }
    const tally = { sinceMs, failures: 0, refused: 0, unrecorded: 0 };
    this.#byAddress.set(key, tally);
    return tally;
  }

  #end(key: string, tally: Tally): void {
    this.#byAddress.delete(key);
    if (tally.refused === 0 && tally.unrecorded === 0) return;
    const into = this.#over.has(key) || this.#over.size < this.#maxAddresses ? key : '';
    const known = this.#over.get(into) ?? { sinceMs: tally.sinceMs, failures: 0, refused: 0, unrecorded: 0 };
    known.refused += tally.refused;
    known.unrecorded += tally.unrecorded;
    this.#over.set(into, known);
  }

  #count(tally: Tally | undefined): void {
    if (tally !== undefined) {
      tally.unrecorded += 1;
      return;
    }
    const sinceMs = this.#clock.nowMs();
    const others = this.#over.get('') ?? { sinceMs, failures: 0, refused: 0, unrecorded: 0 };
    others.unrecorded += 1;
    this.#over.set('', others);
  }

  /** Whether one more failure may have a record of its own. */
  #hasRecord(): boolean {
    const now = this.#clock.nowMs();
    if (isOver({ sinceMs: this.#recordedSinceMs }, now)) {
      this.#recordedSinceMs = now;
      this.#recorded = 0;
    }
    if (this.#recorded >= this.#recordsPerMinute) return false;
    this.#recorded += 1;
    return true;
  }
}

/** A clock that was set back ends a minute too: nobody is locked out for as long. */
function isOver({ sinceMs }: Pick<Tally, 'sinceMs'>, nowMs: number): boolean {
  return nowMs - sinceMs >= MINUTE_MS || nowMs < sinceMs;
}
