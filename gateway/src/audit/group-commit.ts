/**
 * Writes and syncs what the chain has encoded: one write a turn of the event loop, one sync for all that wait.
 *
 * INVARIANTS
 * - `written` resolves after the write that holds the records, `synced` after an fdatasync that began after it.
 * - A sync in flight never holds up a write.
 * - No byte goes into a new segment before the one before it is on the device.
 * - After a failed write or sync nothing is written or acknowledged until {@link GroupCommit.open}.
 */
import type { AuditEvent, Durability } from '../model/audit-event.ts';
import type { ChainWriter } from './chain-writer.ts';
import { type Checkpoint, CheckpointFile } from './checkpoint-file.ts';
import type { AuditError } from './errors.ts';
import type { LogEnvironment } from './log-environment.ts';
import type { KnownGood, LogTail } from './log-tail.ts';
import { SegmentFile } from './segment-file.ts';

/** Enqueued events wait this long for company. */
const ENQUEUE_DELAY_MS = 20;

/** What the owner of a {@link GroupCommit} is told. */
export interface CommitHooks {
  /** The batch is on file and empty again. */
  onWritten(): void;
  /** A write or sync failed: answers the error that callers get. */
  onFailure(cause: unknown, unsynced: readonly AuditEvent[]): AuditError;
}

/** Calls of one batch that wait for a sync. */
interface SyncGroup {
  readonly done: PromiseWithResolvers<void>;
  readonly events: (readonly AuditEvent[])[];
}

/** The disk side of the log. */
export class GroupCommit {
  readonly #env: LogEnvironment;
  readonly #chain: ChainWriter;
  readonly #hooks: CommitHooks;
  #isOpen = false;
  #good: KnownGood;
  /** Undefined between two segments: what comes meanwhile waits in the batch. */
  #file: SegmentFile | undefined;
  /** The full segment, until it is synced and closed. */
  #full: SegmentFile | undefined;
  #checkpointFile: CheckpointFile | undefined;
  /** Checkpoints that are written, but not synced. */
  #checkpoints: Checkpoint[] = [];
  /** For those who wait for the batch to be written. */
  #written: PromiseWithResolvers<void> | undefined;
  /** For those who wait for the batch to be synced. */
  #unwritten: SyncGroup | undefined;
  /** Written, to be resolved by the next sync. */
  #unsynced: SyncGroup[] = [];
  #isWorking = false;
  #worked: Promise<void> = Promise.resolve();
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(env: LogEnvironment, chain: ChainWriter, hooks: CommitHooks) {
    this.#env = env;
    this.#chain = chain;
    this.#hooks = hooks;
    this.#good = { made: 0, segment: 0, size: 0, head: chain.head };
  }

  /** The last place that was written in full. */
  get good(): KnownGood {
    return this.#good;
  }

  /** No work is in flight: files may be closed and opened. */
  get isIdle(): boolean {
    return !this.#isWorking && this.#openFiles().every((file) => !file.isSyncing);
  }

  /** A segment is there to be written to. */
  get isReady(): boolean {
    return this.#isOpen && this.#file !== undefined;
  }

  /**
   * Makes the segment that the chain has begun and puts the batch in it, on the device: what the batch holds is then
   * recorded. {@link resume} must follow.
   */
  async open(tail: LogTail): Promise<void> {
    const { layout, files, limits } = this.#env;
    this.#checkpointFile = CheckpointFile.open(layout, files, tail.checkpoints);
    await this.#checkpointFile.sync(limits.stallMs);
    this.#file = await this.#createSegment();
    this.#file.append(this.#chain.batch.view());
    await this.#file.sync(limits.stallMs);
    this.#good = {
      ...this.#good,
      segment: this.#chain.segment,
      size: this.#file.size,
      head: this.#chain.head,
    };
    this.#checkpoints = [...this.#chain.written()];
    this.#isOpen = true;
  }

  /** After {@link open}: copies its checkpoints, and does whatever else has come up. */
  resume(): void {
    this.#work();
  }

  /** The promise for the events that were just put into the chain. */
  settled(events: readonly AuditEvent[], durability: Durability): Promise<void> {
    if (durability === 'written') return (this.#written ??= deferred()).promise;
    this.#unwritten ??= syncGroup();
    this.#unwritten.events.push(events);
    return this.#unwritten.done.promise;
  }

  /** Writes at the end of this turn of the event loop. */
  flushThisTurn(): void {
    this.#immediate ??= setImmediate(() => this.flush());
  }

  /**
   * Writes within {@link ENQUEUE_DELAY_MS}. The timer is left to run out when something else wrote before: to make and
   * clear one at each write would cost more than the write.
   */
  flushSoon(): void {
    if (this.#immediate !== undefined) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush();
    }, ENQUEUE_DELAY_MS);
  }

  /** Writes the batch now. */
  flush(): void {
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    const { batch } = this.#chain;
    if (!this.#isOpen || this.#file === undefined || batch.length === 0) return;
    try {
      this.#file.append(batch.view());
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    this.#good = {
      ...this.#good,
      segment: this.#file.segment,
      size: this.#file.size,
      head: this.#chain.head,
    };
    const checkpoints = this.#chain.written();
    this.#checkpoints.push(...checkpoints);
    if (this.#unwritten !== undefined) this.#unsynced.push(this.#unwritten);
    this.#unwritten = undefined;
    this.#written?.resolve();
    this.#written = undefined;
    this.#hooks.onWritten();
    if (this.#mustSync()) this.#work();
  }

  /** Ends the segment: what is put from now on goes into the next one. */
  rotate(): void {
    const atMs = this.#env.clock.nowMs();
    this.#chain.checkpoint('rotation', atMs);
    this.flush();
    if (!this.#isOpen) return;
    this.#full = this.#file;
    this.#file = undefined;
    this.#chain.openSegment('rotation', atMs);
    this.#work();
  }

  /** Puts everything on the device. */
  async finish(): Promise<void> {
    this.#unwritten ??= syncGroup();
    const { promise } = this.#unwritten.done;
    this.flush();
    // With an empty batch there was nothing to write.
    if (this.#chain.batch.length === 0 && this.#unwritten !== undefined) {
      this.#unsynced.push(this.#unwritten);
      this.#unwritten = undefined;
    }
    this.#work();
    await promise;
    // The sync that settled the promise may have checkpoints still to copy.
    while (this.#isWorking) await this.#worked;
  }

  /** Closes the files, unless a stuck sync still holds them. */
  closeFiles(): void {
    this.#isOpen = false;
    this.#clearTimers();
    for (const file of this.#openFiles()) {
      if (file.isSyncing) continue;
      try {
        file.close();
      } catch {
        // The file may be gone or closed already: there is nothing left to lose in it, all was synced or has failed.
      }
    }
    this.#file = undefined;
    this.#full = undefined;
    this.#checkpointFile = undefined;
    this.#checkpoints = [];
  }

  #openFiles(): readonly (SegmentFile | CheckpointFile)[] {
    return [this.#file, this.#full, this.#checkpointFile].filter((file) => file !== undefined);
  }

  #work(): void {
    if (this.#isWorking || !this.#isOpen) return;
    this.#isWorking = true;
    this.#worked = this.#workAll();
  }

  /** Never rejects: each step turns its error into the failure of the log. */
  async #workAll(): Promise<void> {
    while (this.#isOpen) {
      if (this.#full !== undefined) await this.#nextSegment(this.#full);
      else if (this.#mustSync() && this.#file !== undefined) await this.#syncOnce(this.#file);
      else break;
    }
    this.#isWorking = false;
  }

  #mustSync(): boolean {
    return this.#unsynced.length > 0 || this.#checkpoints.length > 0;
  }

  async #syncOnce(file: SegmentFile): Promise<void> {
    this.flush();
    if (!this.#isOpen) return;
    const groups = this.#unsynced.splice(0);
    const checkpoints = this.#checkpoints.splice(0);
    try {
      await file.sync(this.#env.limits.stallMs);
    } catch (cause) {
      this.#unsynced.unshift(...groups);
      this.#fail(cause);
      return;
    }
    for (const group of groups) group.done.resolve();
    await this.#copy(checkpoints);
  }

  async #nextSegment(full: SegmentFile): Promise<void> {
    try {
      await full.sync(this.#env.limits.stallMs);
      await this.#copy(this.#checkpoints.splice(0));
      if (!this.#isOpen) return;
      full.close();
      this.#file = await this.#createSegment();
      this.#full = undefined;
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    this.flush();
  }

  /** Never rejects. */
  async #copy(checkpoints: readonly Checkpoint[]): Promise<void> {
    if (checkpoints.length === 0) return;
    try {
      this.#checkpointFile?.append(checkpoints.map((checkpoint) => checkpoint.line));
      await this.#checkpointFile?.sync(this.#env.limits.stallMs);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  async #createSegment(): Promise<SegmentFile> {
    const { segment } = this.#chain;
    try {
      const file = await SegmentFile.create(this.#env.layout, segment, this.#env.files);
      this.#good = { ...this.#good, made: segment };
      return file;
    } catch (cause) {
      // A file that was there already is somebody else's, and not ours to remove.
      const isForeign = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
      if (!isForeign) this.#good = { ...this.#good, made: segment };
      throw cause;
    }
  }

  #fail(cause: unknown): void {
    this.#isOpen = false;
    this.#clearTimers();
    const groups = this.#unsynced.splice(0);
    if (this.#unwritten !== undefined) groups.push(this.#unwritten);
    this.#unwritten = undefined;
    const error = this.#hooks.onFailure(
      cause,
      groups.flatMap((group) => group.events.flat()),
    );
    this.#written?.reject(error);
    this.#written = undefined;
    for (const group of groups) group.done.reject(error);
  }

  #clearTimers(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#immediate = undefined;
    this.#timer = undefined;
  }
}

function deferred(): PromiseWithResolvers<void> {
  const made = Promise.withResolvers<void>();
  // A caller may have gone; whoever does wait still gets the rejection.
  made.promise.catch(() => {});
  return made;
}

function syncGroup(): SyncGroup {
  return { done: deferred(), events: [] };
}
