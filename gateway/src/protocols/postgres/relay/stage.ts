/**
 * What one turn wants to send, in order. Nothing leaves before every intent of the turn is on file (P4):
 * `submit` asks the gate first, then writes.
 */
import type { Gate } from '../../../enforcement/gate.ts';
import { exchangeLimits } from '../../../enforcement/limits/exchange-limits.ts';
import { ResultMeter } from '../../../enforcement/limits/result-meter.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { SessionRecording } from '../../../model/recording.ts';
import type { Draft } from './draft.ts';
import { ExchangeRun } from './exchange-run.ts';
import { isExecuting, isExtended, Operation, type OperationKind } from './operation.ts';
import type { Pipeline } from './pipeline.ts';
import { type ControlMessage, ownFlush, type UpstreamWriter } from './upstream-writer.ts';

interface Judged {
  readonly kind: 'judged';
  readonly draft: Draft;
  readonly slice: Slice;
  readonly operation: Operation;
}

type Item =
  | Judged
  | { readonly kind: 'control'; readonly message: ControlMessage; readonly operation: Operation | undefined }
  | { readonly kind: 'copy'; readonly permit: Permit; readonly slice: Slice }
  | { readonly kind: 'local'; readonly operation: Operation };

/** Messages that are kept for a statement that people have to agree to (P10). */
const MOST_HELD = 32;

/** Bytes of one message in the chunk they came with. */
export interface Slice {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** What a stage works with. */
export interface StageServices {
  readonly gate: Gate;
  readonly pipeline: Pipeline;
  readonly upstream: UpstreamWriter;
  /** Sends the gateway's own answers whose turn has come. */
  readonly sendLocals: () => void;
  /** The session's recording, if there is one. */
  readonly recording: SessionRecording | undefined;
  /** Watches the time of an exchange, from now on, in place of the one that was watched before. */
  readonly watch: (run: ExchangeRun) => void;
  /** Something is being cancelled: whatever were sent now, it might hit. */
  readonly isCutting: () => boolean;
  /** Resolves when `condition` holds; rejects when the session ends. */
  readonly until: (condition: () => boolean) => Promise<void>;
  /** The session ended: nothing may be sent any more. */
  readonly isOver: () => boolean;
}

/** Collects and submits the messages of one turn. */
export class Stage {
  readonly #services: StageServices;
  #items: Item[] = [];
  #drafts: Draft[] = [];
  #barriers = 0;
  #isMidBatch = false;
  /** Statements of the open batch that may have changed something. */
  #hasWritten = false;
  /** The latest exchange that was sent and has a bound, see {@link Stage.#mustWait}. */
  #bounded: ExchangeRun | undefined;

  constructor(services: StageServices) {
    this.#services = services;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0 && this.#drafts.length === 0;
  }

  /** Whether something for the server waits here. */
  get hasUpstreamItems(): boolean {
    return this.#items.some((item) => item.kind !== 'local');
  }

  /** Whether a statement that changes session state waits here. */
  get hasBarrier(): boolean {
    return this.#barriers > 0;
  }

  /** Extended-protocol messages were sent, and no Sync behind them: the server may hold a transaction open for them. */
  get isMidBatch(): boolean {
    return this.#isMidBatch;
  }

  /**
   * What waits here prepares a statement that people have to agree to, and asks for no answer yet: once it were sent, the
   * server would hold something, and nobody could wait for people. However the client's messages are cut into chunks.
   */
  get isForPeople(): boolean {
    if (this.#isMidBatch || this.#items.length > MOST_HELD) return false;
    let needsPeople = false;
    for (const draft of this.#drafts) {
      if (draft.isFulfilled) return false;
      needsPeople ||= draft.hasObligations && draft.needsApproval;
    }
    return needsPeople && this.#items.every(isPreparing);
  }

  /** Its intent will be put on file with the next submit. */
  record(draft: Draft): void {
    this.#drafts.push(draft);
  }

  /** A message of a permitted draft. */
  send(draft: Draft, slice: Slice, operation: Operation): void {
    if (operation.barrier) this.#barriers += 1;
    this.#items.push({ kind: 'judged', draft, slice, operation });
  }

  /** COPY data of an exchange that was permitted before. */
  continueCopy(permit: Permit, slice: Slice): void {
    this.#items.push({ kind: 'copy', permit, slice });
  }

  /** A question of the gateway's own about an exchange; only after something of the exchange itself. */
  ask(draft: Draft, message: ControlMessage, operation: Operation): void {
    this.#items.push({ kind: 'judged', draft, slice: message, operation });
  }

  /** A message of the gateway's own, at once: whatever waits here comes behind it. */
  sendOwn(message: ControlMessage, operation: Operation): void {
    const { pipeline, upstream } = this.#services;
    if (!pipeline.push(operation)) return;
    upstream.sendControl(message);
    this.#noteSent(operation.kind);
  }

  control(message: ControlMessage, operation?: Operation): void {
    this.#items.push({ kind: 'control', message, operation });
  }

  /** The gateway's own answer, after the answers to everything sent before. */
  local(bytes: Buffer): void {
    const operation = new Operation('local', 0);
    operation.bytes = bytes;
    this.#items.push({ kind: 'local', operation });
  }

  /**
   * Puts intents on file, then sends. At once where nothing is to be put on file.
   * @returns false when the server reads slower than we write.
   * @throws EnforcementError when the intents cannot be put on file; nothing was sent then.
   */
  submit(): Promise<boolean> | boolean {
    const items = this.#items;
    const drafts = this.#drafts;
    this.#items = [];
    this.#drafts = [];
    this.#barriers = 0;
    return this.#submit(items, drafts);
  }

  /**
   * The same without `draft`, which has to wait for people, and without what prepares it. Where its batch carries something
   * else out before, all of that goes: whether the draft is skipped has to be known before people are asked.
   */
  submitBefore(draft: Draft): Promise<boolean> | boolean {
    const split = this.#items.findLastIndex((item) => endsBatch(item)) + 1;
    const carriesOut = this.#items.some(
      (item, index) => index >= split && item.kind === 'judged' && isExecuting(item.operation.kind),
    );
    const at = carriesOut ? this.#items.length : split;
    const items = this.#items.slice(0, at);
    this.#items = this.#items.slice(at);
    const held = new Set(this.#items.flatMap((item) => (item.kind === 'judged' ? [item.draft] : [])));
    held.add(draft);
    const drafts = this.#drafts.filter((one) => !held.has(one));
    this.#drafts = this.#drafts.filter((one) => held.has(one));
    this.#barriers = this.#items.filter((item) => item.kind === 'judged' && item.operation.barrier).length;
    return this.#submit(items, drafts);
  }

  #submit(items: readonly Item[], drafts: readonly Draft[]): Promise<boolean> | boolean {
    if (drafts.length === 0) return this.#send(items, drafts);
    const { gate, recording } = this.#services;
    const intents = drafts.map((draft) => draft.toIntent());
    return gate.admit(intents, recording).then((permits) => {
      for (let index = 0; index < drafts.length; index += 1) {
        const permit = permits[index];
        const draft = drafts[index];
        if (permit !== undefined && draft !== undefined) draft.run = this.#begin(draft, permit);
      }
      return this.#send(items, drafts);
    });
  }

  /** Makes the server answer what it has got: without Sync it may keep answers back. */
  pushOut(): void {
    const { upstream } = this.#services;
    if (this.#isMidBatch) upstream.sendControl(ownFlush());
    upstream.flush();
  }

  #begin(draft: Draft, permit: Permit): ExchangeRun {
    const { gate, pipeline } = this.#services;
    const { verdict, mask, statement, delivered } = draft;
    const { decision } = verdict;
    if (decision.effect === 'deny' || decision.obligations.length === 0) return new ExchangeRun(gate, permit);
    const limits = exchangeLimits(decision.obligations);
    const meter = limits === undefined ? undefined : new ResultMeter(limits, delivered);
    const { writes, countsChanges } = statement;
    const run = new ExchangeRun(gate, permit, { mask, meter, writes, countsChanges });
    if (draft.boundsChanges && pipeline.block.isOpen) pipeline.block.add(run);
    return run;
  }

  /** Sends from item `at` on. The session may have ended while the intents were put on file. */
  #send(items: readonly Item[], drafts: readonly Draft[], at = 0): Promise<boolean> | boolean {
    const { upstream, isOver } = this.#services;
    for (let index = at; index < items.length && !isOver(); index += 1) {
      const item = items[index];
      if (item === undefined) continue;
      if (this.#mustWait(item)) return this.#sendLater(items, drafts, index);
      this.#sendItem(item);
    }
    // Judged, but overtaken by an error of the batch or by the end of the session before anything of it was sent.
    for (const draft of drafts) if (draft.run?.open === 0) draft.run.finish('cancelled', { skipped: true });
    if (isOver()) return true;
    this.#services.sendLocals();
    return upstream.flush();
  }

  async #sendLater(items: readonly Item[], drafts: readonly Draft[], at: number): Promise<boolean> {
    const { sendLocals, until } = this.#services;
    const item = items[at];
    sendLocals();
    this.pushOut();
    try {
      await until(() => item === undefined || !this.#mustWait(item));
    } catch (error) {
      for (const { run } of drafts) if (run?.open === 0) run.finish('cancelled', { skipped: true });
      throw error;
    }
    return this.#send(items, drafts, at);
  }

  /**
   * What has a bound has the server for itself, so that its cancel hits nothing else, however late it comes, and its time
   * is its own: it waits for what is carried out before, and whatever could do more than end its batch waits for it.
   */
  #mustWait(item: Item): boolean {
    const { pipeline, isCutting } = this.#services;
    const bounded = this.#bounded;
    if (bounded === undefined || bounded.isAnswered) {
      this.#bounded = undefined;
      if (isCutting()) return item.kind !== 'copy';
      return item.kind === 'judged' && item.draft.run?.meter !== undefined && pipeline.executing > 0;
    }
    switch (item.kind) {
      case 'judged':
        return item.draft.run !== bounded;
      case 'copy':
        return false;
      case 'local':
        return true;
      case 'control':
        return item.operation !== undefined && !(this.#isMidBatch && isHarmless(item.operation));
    }
  }

  #sendItem(item: Item): void {
    const { pipeline, upstream } = this.#services;
    if (item.kind === 'judged') {
      if (item.draft.run !== undefined) this.#sendJudged(item, item.draft.run);
    } else if (item.kind === 'local') {
      pipeline.push(item.operation);
    } else if (item.kind === 'copy') {
      upstream.send(item.permit, item.slice);
    } else if (item.operation === undefined || pipeline.push(item.operation)) {
      upstream.sendControl(item.message);
      if (item.operation !== undefined) this.#noteSent(item.operation.kind);
    }
  }

  #sendJudged({ draft, slice, operation }: Judged, run: ExchangeRun): void {
    const { pipeline, upstream, watch } = this.#services;
    operation.exchange = run;
    if (pipeline.push(operation)) {
      upstream.send(run.permit, slice);
      if (run.meter !== undefined) {
        if (isExecuting(operation.kind)) this.#bounded = run;
        run.writes ||= this.#hasWritten;
        watch(run);
      }
      if (draft.statement.writes && isExecuting(operation.kind)) this.#hasWritten = true;
    }
    this.#noteSent(operation.kind);
  }

  #noteSent(kind: OperationKind): void {
    this.#isMidBatch = isExtended(kind);
    if (!this.#isMidBatch) this.#hasWritten = false;
  }
}

/** A Parse, or a Describe or Close, without a Flush or Sync. */
function isPreparing(item: Item): boolean {
  if (item.kind !== 'judged' && item.kind !== 'control') return false;
  const { operation } = item;
  if (operation === undefined || operation.replaceError !== undefined) return false;
  return isExtended(operation.kind) && !isExecuting(operation.kind);
}

/** It asks for nothing that could be hit, and ends in the same error as its batch. */
function isHarmless({ kind, replaceError }: Operation): boolean {
  if (replaceError !== undefined) return false;
  return kind === 'describe' || kind === 'close' || kind === 'sync';
}

/** Behind it the server holds nothing open for the messages before. */
function endsBatch(item: Item): boolean {
  // The gateway answers by itself only while the server knows nothing of the batch.
  if (item.kind === 'local') return true;
  if (item.kind === 'copy') return false;
  return item.operation !== undefined && !isExtended(item.operation.kind);
}
