import type { ExchangeLimits } from './exchange-limits.ts';

/** Which bound a result, or its time, has passed. */
export interface ResultExceeded {
  readonly limit: 'rows' | 'bytes' | 'timeoutMs';
  readonly rule: string;
  readonly allowed: number;
}

/**
 * Counts one exchange's rows and bytes against its bounds; pure.
 *
 * Meaning: the client gets every row that fits, and the first one that does not is not delivered: in its place comes an
 * error that names the rule (`limitText`). A result that fits exactly is whole and no error. All results of one
 * exchange count together, and so do the fetches from one portal; those from a SQL cursor are exchanges of their own.
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
 * - time: when `limits.timeoutMs` has passed since forwarding, call {@link timeIsUp}, and then the same.
 */
export class ResultMeter {
  readonly #limits: ExchangeLimits;
  #rows = 0;
  #bytes = 0;
  #exceeded: ResultExceeded | undefined;

  /** @param before what was delivered of the same result by earlier exchanges */
  constructor(limits: ExchangeLimits, before?: Pick<ResultMeter, 'rows' | 'bytes'>) {
    this.#limits = limits;
    this.#rows = before?.rows ?? 0;
    this.#bytes = before?.bytes ?? 0;
  }

  /** Rows delivered. */
  get rows(): number {
    return this.#rows;
  }

  /** Bytes delivered. */
  get bytes(): number {
    return this.#bytes;
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
    const isRows = mostRows !== undefined && this.#rows + rows > mostRows.allowed;
    if (this.#exceeded === undefined && isRows) this.#exceeded = { limit: 'rows', ...mostRows };
    else if (this.#exceeded === undefined && mostBytes !== undefined)
      this.#exceeded = { limit: 'bytes', ...mostBytes };
    return false;
  }

  /** Whether one more row of `bytes` bytes may be delivered; it counts then. False for ever after the first false. */
  row(bytes: number): boolean {
    if (this.#exceeded !== undefined) return false;
    const { rows, bytes: most } = this.#limits;
    if (rows !== undefined && this.#rows + 1 > rows.allowed) {
      this.#exceeded = { limit: 'rows', ...rows };
      return false;
    }
    if (most !== undefined && this.#bytes + bytes > most.allowed) {
      this.#exceeded = { limit: 'bytes', ...most };
      return false;
    }
    this.#rows += 1;
    this.#bytes += bytes;
    return true;
  }

  /** Counts a whole chunk if all of it fits. False counts nothing and means: go row by row. */
  rowsThatFit(rows: number, bytes: number): boolean {
    const { rows: mostRows, bytes: mostBytes } = this.#limits;
    if (this.#exceeded !== undefined) return false;
    if (mostRows !== undefined && this.#rows + rows > mostRows.allowed) return false;
    if (mostBytes !== undefined && this.#bytes + bytes > mostBytes.allowed) return false;
    this.#rows += rows;
    this.#bytes += bytes;
    return true;
  }

  /** Says that the time is over; undefined when the exchange has no bound on it or was cut already. */
  timeIsUp(): ResultExceeded | undefined {
    const { timeoutMs } = this.#limits;
    if (timeoutMs === undefined || this.#exceeded !== undefined) return undefined;
    this.#exceeded = { limit: 'timeoutMs', ...timeoutMs };
    return this.#exceeded;
  }
}
