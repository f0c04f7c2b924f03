/**
 * Masks of what comes outside of exchanges: notifications, reported settings, notices while nothing is asked. Nobody
 * knows which table they speak of, so that every mask that was in force in the session applies from then on.
 */
import { type MaskSummary, MaskTally } from '../mask-tally.ts';
import type { ResponseMask } from '../value-mask.ts';
import { WITHHELD } from '../values/column-masks.ts';
import { ReportMask } from './report-mask.ts';

/** Masks that are told apart; rules of a policy, so a few. With more, all texts are withheld. */
const MOST_MASKS = 256;

/** The masks of one session. */
export class SessionReports {
  readonly #contents = new Set<ResponseMask>();
  /** One mask on columns withholds as much as many. */
  #onColumns: ResponseMask | undefined;
  #hidesRows = false;
  readonly #tally = new MaskTally();
  #report = new ReportMask([], this.#tally);

  /** Masks of a permit are in force from here on: before anything of the exchange is forwarded. */
  remember(masks: readonly ResponseMask[]): void {
    const before = this.#contents.size;
    const had = this.#onColumns;
    for (const mask of masks) {
      // Over the bound what detectors would look for is not known any more.
      if (mask.kind !== 'content' || this.#contents.size >= MOST_MASKS)
        this.#onColumns ??= toColumnMask(mask);
      else this.#contents.add(mask);
    }
    if (this.#contents.size === before && this.#onColumns === had) return;
    this.#renew();
  }

  /** Rows are filtered from here on: what the server says of others is left out, also at a COMMIT. */
  hideRows(): void {
    if (this.#hidesRows) return;
    this.#hidesRows = true;
    this.#renew();
  }

  #renew(): void {
    const columns = this.#onColumns === undefined ? [] : [this.#onColumns];
    this.#report = new ReportMask([...columns, ...this.#contents], this.#tally, this.#hidesRows);
  }

  /** The message to send in place of a whole NotificationResponse, or undefined to forward it. Throws WireError. */
  notification(bytes: Buffer, start: number, end: number): Buffer | undefined {
    return this.#report.isIdle ? undefined : this.#report.notification(bytes, start, end);
  }

  /** As {@link notification}, for a ParameterStatus. */
  parameterStatus(bytes: Buffer, start: number, end: number): Buffer | undefined {
    return this.#report.isIdle ? undefined : this.#report.parameterStatus(bytes, start, end);
  }

  /** As {@link notification}, for errors and notices that belong to no exchange, or to one without masks of its own. */
  report(kind: 'error' | 'notice', bytes: Buffer, start: number, end: number): Buffer | undefined {
    return this.#report.isIdle ? undefined : this.#report.report(kind, bytes, start, end);
  }

  /** For the record of the session's end: undefined where nothing was replaced. */
  summary(): MaskSummary | undefined {
    return this.#tally.summary();
  }
}

function toColumnMask(mask: ResponseMask): ResponseMask {
  return mask.kind === 'content' ? { ...mask, kind: 'whole', mask: WITHHELD } : mask;
}
