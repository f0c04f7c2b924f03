/**
 * The audit log while it is open: takes events in, lets callers wait where it must, and sees it through failures.
 * Encoding is in `chain-writer.ts`, writing and syncing in `group-commit.ts`.
 */
import type { AuditEvent, AuditLog, Durability } from '../model/audit-event.ts';
import { ChainWriter } from './chain-writer.ts';
import type { DataFolderLock } from './data-folder-lock.ts';
import { AuditError, auditError, causeText } from './errors.ts';
import { GroupCommit } from './group-commit.ts';
import { HeldEvents, type HeldSnapshot } from './held-events.ts';
import type { LogEnvironment } from './log-environment.ts';
import type { LogTail } from './log-tail.ts';
import type { AuditMark, ChainHead } from './record.ts';
import { recoverLog, refusedEndings } from './recover-log.ts';

/** A batch this large is written at once instead of at the end of the turn. */
const EAGER_BYTES = 1024 * 1024;

/** An {@link AuditLog} on disk. */
export interface AuditLogFile extends AuditLog {
  /** Id of the key that signs the checkpoints. */
  readonly keyId: string;
  /** The last record on file. Keep it elsewhere (`seq:hash`): `audit verify --anchor` then finds any later cut or rewrite. */
  head(): ChainHead;
  /** Writes and syncs all, signs a last checkpoint and frees the data folder. Rejects when that cannot be done. */
  close(): Promise<void>;
}

/** A call that waits until there is room in the batch. */
interface Waiting {
  readonly events: readonly AuditEvent[];
  readonly texts: readonly string[];
  readonly atMs: number;
  /** Absent for an enqueued event. */
  readonly call?: PromiseWithResolvers<void> & { readonly durability: Durability };
}

/** An enqueued event; its text is made only where it has to be kept. */
interface TakenEvent {
  readonly event: AuditEvent;
  readonly text?: string | undefined;
  readonly atMs: number;
}

/** The open log; see {@link AuditLogFile}. Made by `openAuditLog`. */
export class LogWriter implements AuditLogFile {
  readonly #env: LogEnvironment;
  readonly #lock: DataFolderLock;
  readonly #chain: ChainWriter;
  readonly #commit: GroupCommit;
  readonly #held: HeldEvents;
  /** Enqueued events in the batch. */
  #enqueued: TakenEvent[] = [];
  #waiting: Waiting[] = [];
  #isDraining = false;
  #checkpointTimer: NodeJS.Timeout | undefined;
  #recoverTimer: NodeJS.Timeout | undefined;
  #recovering: Promise<void> | undefined;
  #failure: AuditError | undefined;
  #failedAtMs = 0;
  /** Events whose `synced` call was rejected although they may be on file. */
  #refused: AuditEvent[] = [];
  #closing: Promise<void> | undefined;

  constructor(env: LogEnvironment, lock: DataFolderLock) {
    this.#env = env;
    this.#lock = lock;
    this.#chain = new ChainWriter(env.signer, env.limits);
    this.#held = new HeldEvents(env.limits.heldCharacters);
    this.#commit = new GroupCommit(env, this.#chain, {
      onWritten: () => this.#onWritten(),
      onFailure: (cause, unsynced) => this.#onFailure(cause, unsynced),
    });
  }

  get keyId(): string {
    return this.#env.signer.keyId;
  }

  head(): ChainHead {
    return this.#commit.good.head;
  }

  append(events: readonly AuditEvent[], durability: Durability = this.#env.durability): Promise<void> {
    const refusal = this.#failure ?? this.#closedError();
    if (refusal !== undefined) return Promise.reject(refusal);
    if (events.length === 0) return Promise.resolve();
    try {
      const atMs = this.#env.clock.nowMs();
      // One alone is on file as a whole or not at all; of several none may be when another is no JSON.
      if (events.length === 1 && !this.#mustWait()) return this.#admit(events, [], atMs, durability);
      const texts = events.map((event) => this.#chain.serialise(event));
      if (!this.#mustWait()) return this.#admit(events, texts, atMs, durability);
      const call = { ...Promise.withResolvers<void>(), durability };
      this.#waiting.push({ events, texts, atMs, call });
      return call.promise;
    } catch (error) {
      return Promise.reject(error instanceof AuditError ? error : unwritable(this.#env, error));
    }
  }

  /**
   * See {@link AuditLog.enqueue}. While the log cannot be written the event is held in bounded memory. After
   * `close` it is reported to `onFailure` and not recorded: the next start ends its exchange as `unknown`.
   * @throws AuditError `ERR_AUDIT_EVENT`
   */
  enqueue(event: AuditEvent): void {
    const closed = this.#closedError();
    if (closed !== undefined) {
      queueMicrotask(() => this.#env.onFailure(closed));
      return;
    }
    const atMs = this.#env.clock.nowMs();
    if (this.#failure !== undefined) this.#hold(event, atMs);
    else if (this.#mustWait())
      this.#waiting.push({ events: [event], texts: [this.#chain.serialise(event)], atMs });
    else this.#admitEnqueued({ event, atMs });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Begins a segment after `tail` with these records; resolves when they are on the device. */
  async start(tail: LogTail, records: readonly (AuditEvent | AuditMark)[]): Promise<void> {
    const atMs = this.#env.clock.nowMs();
    this.#chain.resume(tail, 'start', atMs);
    for (const record of records) this.#chain.put(record, this.#chain.serialise(record), atMs);
    try {
      await this.#commit.open(tail);
      await this.#commit.finish();
      if (this.#failure !== undefined) throw this.#failure;
    } catch (cause) {
      clearTimeout(this.#recoverTimer);
      this.#closing = Promise.resolve();
      this.#commit.closeFiles();
      throw cause instanceof AuditError ? cause : unwritable(this.#env, cause);
    }
  }

  #closedError(): AuditError | undefined {
    return (
      this.#closing &&
      auditError('ERR_AUDIT_CLOSED', 'the audit log is closed; nothing more is recorded or forwarded')
    );
  }

  #mustWait(): boolean {
    return this.#waiting.length > 0 || this.#chain.batch.length >= this.#env.limits.pendingBytes;
  }

  #admit(
    events: readonly AuditEvent[],
    texts: readonly string[],
    atMs: number,
    durability: Durability,
  ): Promise<void> {
    this.#rotateIfFull();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    for (let index = 0; index < events.length; index += 1) {
      const event = events[index];
      if (event !== undefined) this.#chain.put(event, texts[index], atMs);
    }
    const promise = this.#commit.settled(events, durability);
    this.#commit.flushThisTurn();
    this.#afterPut();
    return promise;
  }

  #admitEnqueued(item: TakenEvent): void {
    this.#rotateIfFull();
    if (this.#failure !== undefined) {
      this.#hold(item.event, item.atMs, item.text);
      return;
    }
    this.#chain.put(item.event, item.text, item.atMs);
    this.#enqueued.push(item);
    this.#commit.flushSoon();
    this.#afterPut();
  }

  #rotateIfFull(): void {
    if (this.#chain.segmentBytes >= this.#env.limits.segmentBytes && this.#commit.isReady)
      this.#commit.rotate();
  }

  #afterPut(): void {
    if (this.#chain.batch.length >= Math.min(EAGER_BYTES, this.#env.limits.pendingBytes))
      this.#commit.flush();
    this.#checkpointTimer ??= setTimeout(
      () => this.#checkpointByTime(),
      this.#env.limits.checkpointMs,
    ).unref();
  }

  #checkpointByTime(): void {
    this.#checkpointTimer = undefined;
    if (this.#failure !== undefined || this.#closing !== undefined || this.#chain.sinceCheckpoint === 0)
      return;
    this.#chain.checkpoint('time', this.#env.clock.nowMs());
    this.#commit.flush();
  }

  #onWritten(): void {
    this.#enqueued.length = 0;
    if (this.#waiting.length === 0 || this.#isDraining) return;
    this.#isDraining = true;
    while (this.#waiting.length > 0 && this.#chain.batch.length < this.#env.limits.pendingBytes) {
      const next = this.#waiting.shift();
      if (next !== undefined) this.#admitWaiting(next);
    }
    this.#isDraining = false;
  }

  #admitWaiting(waiting: Waiting): void {
    const { events, texts, atMs, call } = waiting;
    if (call !== undefined) {
      this.#admit(events, texts, atMs, call.durability).then(call.resolve, call.reject);
      return;
    }
    const [event] = events;
    if (event !== undefined) this.#admitEnqueued({ event, text: texts[0], atMs });
  }

  #onFailure(cause: unknown, unsynced: readonly AuditEvent[]): AuditError {
    this.#refused.push(...unsynced);
    if (this.#failure !== undefined) return this.#failure;
    const failure = unwritable(this.#env, cause);
    this.#failure = failure;
    this.#failedAtMs = this.#env.clock.nowMs();
    this.#chain.discard();
    for (const { event, atMs, text } of this.#enqueued.splice(0)) this.#hold(event, atMs, text);
    for (const { events, texts, atMs, call } of this.#waiting.splice(0)) {
      const [event] = events;
      if (call !== undefined) call.reject(failure);
      else if (event !== undefined) this.#hold(event, atMs, texts[0]);
    }
    this.#recoverLater();
    queueMicrotask(() => this.#env.onFailure(failure));
    return failure;
  }

  #hold(event: AuditEvent, atMs: number, text: string = this.#chain.serialise(event)): void {
    this.#held.hold({ event, text, atMs });
  }

  #isFailed(): boolean {
    return this.#failure !== undefined;
  }

  #recoverLater(): void {
    if (this.#closing !== undefined) return;
    this.#recoverTimer ??= setTimeout(() => {
      this.#recoverTimer = undefined;
      this.#recovering = this.#recover().finally(() => {
        this.#recovering = undefined;
        if (this.#failure !== undefined) this.#recoverLater();
      });
    }, this.#env.limits.recoverMs).unref();
  }

  /** Tries once to make the log writable again; never rejects. */
  async #recover(): Promise<void> {
    if (this.#failure === undefined || !this.#commit.isIdle) return;
    const held = this.#held.peek();
    try {
      this.#commit.closeFiles();
      const tail = await recoverLog(this.#env, this.#commit.good);
      this.#putRecovered(tail, held, this.#failure);
      await this.#commit.open(tail);
    } catch (cause) {
      this.#failure = cause instanceof AuditError ? cause : unwritable(this.#env, cause);
      return;
    }
    // From here on the records are on file, whatever comes next.
    this.#failure = undefined;
    this.#refused = [];
    const later = this.#held.release(held);
    this.#commit.resume();
    if (this.#isFailed()) this.#held.lose(later.lost);
    else if (later.lost > 0) this.#putMark(later.lost);
    for (const item of later.events) this.#admitEnqueued(item);
    if (this.#isFailed()) return;
    this.#commit.flushSoon();
    queueMicrotask(() => this.#env.onRecovery());
  }

  #putRecovered(tail: LogTail, held: HeldSnapshot, failure: AuditError): void {
    const atMs = this.#env.clock.nowMs();
    this.#chain.resume(tail, 'recovery', atMs);
    this.#putMark(held.lost, held.events.length, failure);
    for (const { event, text, atMs: heldAtMs } of held.events) this.#chain.put(event, text, heldAtMs);
    for (const event of refusedEndings(this.#refused, this.#chain.work)) {
      this.#chain.put(event, this.#chain.serialise(event), atMs);
    }
  }

  #putMark(lost: number, held = 0, failure?: AuditError): void {
    const failedAt = new Date(this.#failedAtMs).toISOString();
    const mark: AuditMark = {
      type: 'audit.recovered',
      failedAt,
      cause: failure?.message ?? 'as before',
      held,
      lost,
    };
    this.#chain.put(mark, this.#chain.serialise(mark), this.#env.clock.nowMs());
  }

  async #close(): Promise<void> {
    clearTimeout(this.#checkpointTimer);
    clearTimeout(this.#recoverTimer);
    await this.#recovering;
    try {
      while (this.#waiting.length > 0) await this.#commit.finish();
      if (this.#failure !== undefined) throw this.#failure;
      this.#chain.checkpoint('close', this.#env.clock.nowMs());
      await this.#commit.finish();
    } finally {
      this.#commit.closeFiles();
      this.#lock.release();
    }
  }
}

function unwritable(env: LogEnvironment, cause: unknown): AuditError {
  return new AuditError(
    'ERR_AUDIT_UNWRITABLE',
    `the audit log in ${env.layout.auditFolder} cannot be written, so nothing is forwarded: ${causeText(cause)}; ` +
      'free space or mend the disk: the log tries again by itself',
    {
      source: 'internal',
      retryable: true,
      publicMessage: 'the gateway cannot write its audit log, so nothing is forwarded; try again later',
      cause,
    },
  );
}
