import type { AuditLog } from '../model/audit-event.ts';
import type { Log } from '../telemetry/log.ts';
import type { RecordingPlan } from './config.ts';
import { causeText } from './errors.ts';
import type { LiveEntry } from './recorder.ts';

/** Syncs at once: the thread pool has others to serve. */
const SYNCS_AT_ONCE = 2;
/** A device that takes longer does not answer. */
const STALL_MS = 30_000;

/** What a {@link MarkQueue} works with. */
export interface MarkServices {
  readonly plan: RecordingPlan;
  readonly audit: AuditLog;
  readonly log: Log;
}

/**
 * Tells the audit what stands in the recordings: length and chain, after the device has it. What the audit was told is
 * in the file ever after, or somebody took it out.
 */
export class MarkQueue {
  readonly #services: MarkServices;
  readonly #waiting = new Set<LiveEntry>();
  #running = 0;

  constructor(services: MarkServices) {
    this.#services = services;
  }

  /** A mark of the recording as it is when its turn comes. */
  add(entry: LiveEntry): void {
    this.#waiting.add(entry);
    this.#run();
  }

  /** The last mark: what the recording is when it ends. Rejects when the device or the audit fails. */
  async end(entry: LiveEntry): Promise<void> {
    this.#waiting.delete(entry);
    await this.#sync(entry);
    const { session } = entry.place;
    await this.#services.audit.append([
      { type: 'recording.closed', session, reason: 'ended', ...entry.file.written },
    ]);
  }

  #run(): void {
    for (const entry of this.#waiting) {
      if (this.#running >= SYNCS_AT_ONCE) return;
      this.#waiting.delete(entry);
      this.#running += 1;
      void this.#mark(entry).finally(() => {
        this.#running -= 1;
        this.#run();
      });
    }
  }

  /** Never rejects. */
  async #mark(entry: LiveEntry): Promise<void> {
    if (entry.writer.isOver) return;
    const { written } = entry.file;
    entry.marked = written.bytes;
    try {
      await this.#sync(entry);
      this.#services.audit.enqueue({ type: 'recording.mark', session: entry.place.session, ...written });
    } catch (cause) {
      this.#services.log.error('a recording cannot be put on the device', {
        session: entry.place.session,
        reason: causeText(cause),
      });
    }
  }

  async #sync({ file }: LiveEntry): Promise<void> {
    if (this.#services.plan.durability === 'written') return;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`the disk did not sync in ${STALL_MS} ms`)),
      STALL_MS,
    );
    try {
      await Promise.race([file.sync(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
