import type { ExchangeLimits } from './exchange-limits.ts';

/** Which bound a result, or its time, has passed. */
export interface ResultExceeded {
  readonly limit: 'rows' | 'bytes' | 'affectedRows' | 'timeoutMs';
  readonly rule: string;
  readonly allowed: number;
  /** Of `affectedRows`: how many it changed before that was undone; absent: nobody was told. */
  readonly changed?: number;
}

/**
 * What was delivered of one result that is fetched piece by piece (of a portal, of a cursor), in rows and bytes. The meters
 * of all its fetches count in it together: one may begin before the rows of the one before have come.
 */
export interface Delivered {
  rows: number;
  bytes: number;
}

/** Nothing of a result was delivered yet. */
export function nothingDelivered(): Delivered {
  return { rows: 0, bytes: 0 };
}

/**
 * Results whose pieces come in one exchange count as one from then on: the bound holds for what came of the longest, and
 * of all from now on.
 */
export function countTogether(results: readonly { delivered: Delivered }[]): Delivered | undefined {
  const [first] = results;
  if (first === undefined) return undefined;
  for (const { delivered } of results) {
    if (delivered.rows > first.delivered.rows) first.delivered.rows = delivered.rows;
    if (delivered.bytes > first.delivered.bytes) first.delivered.bytes = delivered.bytes;
  }
  for (const result of results) result.delivered = first.delivered;
  return first.delivered;
}

/**
 * Counts one exchange's rows and bytes against its bounds; pure.
 *
 * Meaning: the client gets every row that fits, and the first one that does not is not delivered: in its place comes an
 * error that names the rule (`limitText`). A result that fits exactly is whole and no error. All results of one
 * exchange count together, and so do the fetches from one portal or cursor, see {@link Delivered}.
 *
 * For the protocol, of each exchange whose permit has `exchangeLimits`:
 * - call {@link row} with the length of each row's message (header included) before it is written on. A chunk whose rows
 *   surely fit is counted by one call of {@link rowsThatFit};
 * - a row of COPY out is one message of copy data; the end mark of the binary form is none. COPY in counts what the client
 *   sends: bytes as sent, rows by line ends (more than there are, where a value holds one: it fails closed); of the
 *   binary form rows cannot be counted so, and a bound on rows is a denial;
 * - when it answers false: write nothing more of this exchange's result, cancel the work upstream, swallow the
 *   rest up to the end of the exchange, then write the error of {@link exceeded}, and settle as `cancelled`. Until the cancel
 *   is over nothing else may be forwarded, or it would hit the next statement. Inside of a transaction that the cancel
 *   did not fail by itself, roll back as after a denial: the client was told that the statement failed;
 * - rows that it changes: call {@link changes} with each number that the resource reports, before what tells the client of
 *   success, and undo what was done when it answers false; {@link changesUnknown} where it reports none;
 * - time: when `limits.timeoutMs` has passed since forwarding, call {@link timeIsUp}, and then the same.
 */
export class ResultMeter {
  readonly #limits: ExchangeLimits;
  readonly #delivered: Delivered;
  #changed = 0;
  #exceeded: ResultExceeded | undefined;

  /** @param delivered of a result that other exchanges fetch as well */
  constructor(limits: ExchangeLimits, delivered: Delivered = nothingDelivered()) {
    this.#limits = limits;
    this.#delivered = delivered;
  }

  /** Rows delivered of the result. */
  get rows(): number {
    return this.#delivered.rows;
  }

  /** Bytes delivered of the result. */
  get bytes(): number {
    return this.#delivered.bytes;
  }

  /** The bound that was passed, once one was. */
  get exceeded(): ResultExceeded | undefined {
    return this.#exceeded;
  }

  /** Longest time that the exchange may take, in milliseconds; undefined: no bound. */
  get timeoutMs(): number | undefined {
    return this.#limits.timeoutMs?.allowed;
  }

  /** Takes so many rows and bytes that came in one piece; what does not fit passes the bound. */
  take(rows: number, bytes: number): boolean {
    if (this.rowsThatFit(rows, bytes)) return true;
    const { rows: mostRows, bytes: mostBytes } = this.#limits;
    const isRows = mostRows !== undefined && this.#delivered.rows + rows > mostRows.allowed;
    if (this.#exceeded === undefined && isRows) this.#exceeded = { limit: 'rows', ...mostRows };
    else if (this.#exceeded === undefined && mostBytes !== undefined)
      this.#exceeded = { limit: 'bytes', ...mostBytes };
    return false;
  }

  /** Whether one more row of `bytes` bytes may be delivered; it counts then. False for ever after the first false. */
  row(bytes: number): boolean {
    if (this.#exceeded !== undefined) return false;
    const { rows, bytes: most } = this.#limits;
    if (rows !== undefined && this.#delivered.rows + 1 > rows.allowed) {
      this.#exceeded = { limit: 'rows', ...rows };
      return false;
    }
    if (most !== undefined && this.#delivered.bytes + bytes > most.allowed) {
      this.#exceeded = { limit: 'bytes', ...most };
      return false;
    }
    this.#delivered.rows += 1;
    this.#delivered.bytes += bytes;
    return true;
  }

  /** Counts a whole chunk if all of it fits. False counts nothing and means: go row by row. */
  rowsThatFit(rows: number, bytes: number): boolean {
    const { rows: mostRows, bytes: mostBytes } = this.#limits;
    if (this.#exceeded !== undefined) return false;
    if (mostRows !== undefined && this.#delivered.rows + rows > mostRows.allowed) return false;
    if (mostBytes !== undefined && this.#delivered.bytes + bytes > mostBytes.allowed) return false;
    this.#delivered.rows += rows;
    this.#delivered.bytes += bytes;
    return true;
  }

  /** Counts rows that were changed, of the whole exchange; false when they are more than may be, and so to be undone. */
  changes(rows: number): boolean {
    const { affectedRows } = this.#limits;
    if (affectedRows === undefined || this.#exceeded !== undefined) return true;
    this.#changed += rows;
    if (this.#changed <= affectedRows.allowed) return true;
    this.#exceeded = { limit: 'affectedRows', ...affectedRows, changed: this.#changed };
    return false;
  }

  /** The resource goes on without saying how many rows were changed: false when that is bounded. */
  changesUnknown(): boolean {
    const { affectedRows } = this.#limits;
    if (affectedRows === undefined || this.#exceeded !== undefined) return true;
    this.#exceeded = { limit: 'affectedRows', ...affectedRows };
    return false;
  }

  /** The rows that are changed have a bound. */
  get boundsChanges(): boolean {
    return this.#limits.affectedRows !== undefined;
  }

  /** Says that the time is over; undefined when the exchange has no bound on it or was cut already. */
  timeIsUp(): ResultExceeded | undefined {
    const { timeoutMs } = this.#limits;
    if (timeoutMs === undefined || this.#exceeded !== undefined) return undefined;
    this.#exceeded = { limit: 'timeoutMs', ...timeoutMs };
    return this.#exceeded;
  }
}
