import { randomBytes } from 'node:crypto';
import type { ChainHead } from '../../audit/record.ts';
import type { Clock } from '../../model/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Verification } from '../contract/audit.ts';
import { ApiError } from '../errors.ts';
import type { VerificationTask, VerificationWord } from './run-verification.ts';

/** What {@link Verifications} work with. */
export interface VerificationOptions {
  /** The data folder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly run: (task: VerificationTask, signal: AbortSignal) => Promise<VerificationWord>;
  /** How long a caller waits for the end before it gets the running verification; milliseconds. Default 10000. */
  readonly waitMs?: number;
  /** How long one may run; milliseconds. Default one hour. */
  readonly maxMs?: number;
}

/** Verifications that are remembered. */
const KEPT = 16;

/** Verifications of the audit, one at a time. */
export class Verifications {
  readonly #options: VerificationOptions;
  readonly #known = new Map<string, Verification>();
  readonly #closing = new AbortController();
  #running: Promise<unknown> | undefined;

  constructor(options: VerificationOptions) {
    this.#options = options;
  }

  /** Starts one and resolves with it: over, or still running. @throws ApiError `ERR_API_VERIFYING` */
  async start(anchor: ChainHead | undefined): Promise<Verification> {
    if (this.#running !== undefined) {
      throw new ApiError('ERR_API_VERIFYING', 'a verification runs already; wait for its end');
    }
    const id = `ver_${randomBytes(8).toString('hex')}`;
    this.#keep({ id, state: 'running', startedAt: this.#now() });
    const end = this.#run(id, anchor).finally(() => {
      this.#running = undefined;
    });
    this.#running = end;
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, this.#options.waitMs ?? 10_000);
    await Promise.race([end, patience.promise]);
    clearTimeout(timer);
    return this.find(id) ?? { id, state: 'failed', startedAt: this.#now() };
  }

  /** One of the last verifications, as it stands. */
  find(id: string): Verification | undefined {
    return this.#known.get(id);
  }

  /** Stops what runs. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(id: string, anchor: ChainHead | undefined): Promise<void> {
    const { folder, run, log, maxMs } = this.#options;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(maxMs ?? 3_600_000)]);
    const word = await run(anchor === undefined ? { folder } : { folder, anchor }, signal);
    const startedAt = this.#known.get(id)?.startedAt ?? this.#now();
    const base = { id, startedAt, endedAt: this.#now() };
    if ('report' in word) {
      if (!word.report.ok) log.error('the audit does not verify', { findings: word.report.findings.length });
      this.#keep({ ...base, state: 'done', report: word.report });
      return;
    }
    log.error('a verification failed', { code: word.code, reason: word.message });
    this.#keep({
      ...base,
      state: 'failed',
      failure: `${word.code}: the verification could not be done; the log of the gateway says why`,
    });
  }

  #keep(verification: Verification): void {
    this.#known.set(verification.id, verification);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
  }

  #now(): string {
    return new Date(this.#options.clock.nowMs()).toISOString();
  }
}
