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
import { isExtended, Operation } from './operation.ts';
import type { Pipeline } from './pipeline.ts';
import type { ControlMessage, UpstreamWriter } from './upstream-writer.ts';

type Item =
  | {
      readonly kind: 'judged';
      readonly draft: Draft;
      readonly slice: Slice;
      readonly operation: Operation;
    }
  | { readonly kind: 'control'; readonly message: ControlMessage; readonly operation: Operation | undefined }
  | { readonly kind: 'copy'; readonly permit: Permit; readonly slice: Slice }
  | { readonly kind: 'local'; readonly operation: Operation };

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
  /** Begins to watch the time of an exchange. */
  readonly watch: (run: ExchangeRun, timeoutMs: number) => void;
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

  /** The same without `draft`, which has to wait for people, and without what belongs to its batch. */
  submitBefore(draft: Draft): Promise<boolean> | boolean {
    const split = this.#items.findLastIndex((item) => endsBatch(item)) + 1;
    const items = this.#items.slice(0, split);
    this.#items = this.#items.slice(split);
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

  #begin(draft: Draft, permit: Permit): ExchangeRun {
    const { gate, watch } = this.#services;
    const { decision } = draft.verdict;
    if (decision.effect === 'deny' || decision.obligations.length === 0) return new ExchangeRun(gate, permit);
    const limits = exchangeLimits(decision.obligations);
    const meter = limits === undefined ? undefined : new ResultMeter(limits);
    const run = new ExchangeRun(gate, permit, { mask: draft.mask, meter, writes: draft.statement.writes });
    if (limits?.timeoutMs !== undefined) watch(run, limits.timeoutMs.allowed);
    return run;
  }

  /** The session may have ended while the intents were put on file. */
  #send(items: readonly Item[], drafts: readonly Draft[]): boolean {
    const { upstream, isOver } = this.#services;
    if (!isOver()) for (const item of items) this.#sendItem(item);
    // Judged, but overtaken by an error of the batch or by the end of the session before anything of it was sent.
    for (const draft of drafts) if (draft.run?.open === 0) draft.run.finish('cancelled', { skipped: true });
    if (isOver()) return true;
    this.#services.sendLocals();
    return upstream.flush();
  }

  #sendItem(item: Item): void {
    const { pipeline, upstream } = this.#services;
    if (item.kind === 'judged') {
      const { run } = item.draft;
      if (run === undefined) return;
      item.operation.exchange = run;
      if (pipeline.push(item.operation)) upstream.send(run.permit, item.slice);
      this.#isMidBatch = isExtended(item.operation.kind);
    } else if (item.kind === 'local') {
      pipeline.push(item.operation);
    } else if (item.kind === 'copy') {
      upstream.send(item.permit, item.slice);
    } else if (item.operation === undefined || pipeline.push(item.operation)) {
      upstream.sendControl(item.message);
      if (item.operation !== undefined) this.#isMidBatch = isExtended(item.operation.kind);
    }
  }
}

/** Behind it the server holds nothing open for the messages before. */
function endsBatch(item: Item): boolean {
  if (item.kind !== 'judged' && item.kind !== 'control') return false;
  return item.operation !== undefined && !isExtended(item.operation.kind);
}
