/**
 * Streams the audit to one receiver, at least once, in order. It reads the log's own files behind the data path, so a receiver
 * that is slow or gone holds nothing up and loses nothing: the position that was received is on the device, and what is behind
 * it is sent when the receiver is back, or by the next process.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { auditLayout } from '../audit/layout.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { nextBatch } from './batches.ts';
import type { ExportPlan } from './config.ts';
import { ExportLines } from './export-lines.ts';
import { type ExportPosition, positionFile, readPosition, writePosition } from './position.ts';
import type { ExportLine, Sink } from './sinks/sink.ts';

/** How an export does. */
export interface ExportState {
  readonly name: string;
  readonly to: ExportPlan['to'];
  readonly state: 'ok' | 'failing';
  /** The last record that was received. */
  readonly seq: number;
  /** When the receiver last took something; absent: not since the gateway started. */
  readonly lastSentMs?: number | undefined;
  readonly lastFailure?: { readonly atMs: number; readonly reason: string } | undefined;
}

/** How long it waits, in milliseconds. */
export interface ExporterTerms {
  /** Between two looks at a log that has not grown. */
  readonly idleMs: number;
  /** Behind the first failure; doubled up to the most. */
  readonly retryMs: number;
  readonly mostRetryMs: number;
}

const TERMS: ExporterTerms = { idleMs: 250, retryMs: 500, mostRetryMs: 30_000 };

/** What an exporter works with. */
export interface ExporterServices {
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** One export. */
export class Exporter {
  readonly #plan: Pick<ExportPlan, 'name' | 'to' | 'format'>;
  readonly #sink: Sink;
  readonly #services: ExporterServices;
  readonly #terms: ExporterTerms;
  readonly #stop = new AbortController();
  #lines: ExportLines;
  #seq = 0;
  #sentMs: number | undefined;
  #failure: ExportState['lastFailure'];
  #isFailing = false;
  #running: Promise<void> | undefined;

  constructor(
    plan: Pick<ExportPlan, 'name' | 'to' | 'format'>,
    sink: Sink,
    services: ExporterServices,
    terms: ExporterTerms = TERMS,
  ) {
    this.#plan = plan;
    this.#sink = sink;
    this.#services = services;
    this.#terms = terms;
    this.#lines = new ExportLines(plan.format, services.dataFolder);
  }

  /** Begins, in the background. */
  start(): void {
    this.#running ??= this.#run();
  }

  status(): ExportState {
    const { name, to } = this.#plan;
    const state = this.#isFailing ? 'failing' : 'ok';
    return { name, to, state, seq: this.#seq, lastSentMs: this.#sentMs, lastFailure: this.#failure };
  }

  /** Stops; what is on its way and not received will be sent again. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const path = positionFile(this.#services.dataFolder, this.#plan.name);
    let position = await readPosition(path);
    this.#seq = position.seq;
    let waitMs = this.#terms.retryMs;
    while (!signal.aborted) {
      try {
        const next = await this.#step(path, position);
        if (next === undefined) await pause(this.#terms.idleMs, undefined, { signal, ref: false });
        else position = next;
        if (next !== undefined) waitMs = this.#terms.retryMs;
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error);
        await pause(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
        waitMs = Math.min(waitMs * 2, this.#terms.mostRetryMs);
      }
    }
  }

  /** Sends what comes next; undefined where there is nothing. */
  async #step(path: string, from: ExportPosition): Promise<ExportPosition | undefined> {
    const batch = await nextBatch(auditLayout(this.#services.dataFolder), from);
    if (batch === undefined) return undefined;
    const lines: ExportLine[] = [];
    for (const record of batch.records) {
      const line = await this.#lines.lineOf(record);
      if (line !== undefined) lines.push(line);
    }
    if (lines.length > 0) {
      await this.#sink.send(lines, this.#stop.signal);
      this.#sentMs = this.#services.clock.nowMs();
    }
    await writePosition(path, batch.end);
    this.#seq = batch.end.seq;
    this.#worked();
    return batch.end;
  }

  #failed(error: unknown): void {
    const { clock, log } = this.#services;
    const reason = error instanceof Error ? error.message : String(error);
    this.#failure = { atMs: clock.nowMs(), reason };
    if (this.#isFailing) return;
    this.#isFailing = true;
    log.warn('an export of the audit fails; it is tried again', { export: this.#plan.name, reason });
  }

  #worked(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#services.log.info('an export of the audit works again', { export: this.#plan.name });
  }
}
