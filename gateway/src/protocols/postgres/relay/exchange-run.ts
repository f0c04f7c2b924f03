import type { Gate, Outcome } from '../../../enforcement/gate.ts';
import type { ResultExceeded, ResultMeter } from '../../../enforcement/limits/result-meter.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { JsonValue } from '../../../model/json.ts';
import type { ResultMask } from '../masking/result-mask.ts';

/** Command tags that are recorded of one exchange; a text may hold thousands of statements. */
const MAX_TAGS = 100;

/** What the permit's obligations ask of the answer. */
export interface ResultTerms {
  readonly mask?: ResultMask | undefined;
  readonly meter?: ResultMeter | undefined;
  /** What it does may be kept although the answer was cut. */
  readonly writes: boolean;
  /** The server reports how many rows it changes. */
  readonly countsChanges?: boolean;
}

/** Follows one permitted exchange from its first forwarded message to its outcome. */
export class ExchangeRun {
  rows = 0;
  bytes = 0;
  /** Operations of this exchange that are still to be answered. */
  open = 0;
  readonly permit: Permit;
  readonly mask: ResultMask | undefined;
  readonly meter: ResultMeter | undefined;
  readonly #countsChanges: boolean;
  /** What it does, or what its batch did before, may be kept although its answer is cut. */
  writes: boolean;
  /** What it does may still be undone by the gateway's own block: its outcome is that of the block. */
  isHeld = false;
  /** The bound that its result, or its time, has passed: nothing more of it is delivered. */
  cut: ResultExceeded | undefined;
  /** The first tag; the later ones are rare. */
  #tag = '';
  #moreTags: string[] | undefined;
  #tagCount = 0;
  #isFinished = false;
  #isDone = false;
  readonly #gate: Gate;

  constructor(gate: Gate, permit: Permit, terms?: ResultTerms) {
    this.#gate = gate;
    this.permit = permit;
    this.mask = terms?.mask;
    this.meter = terms?.meter;
    this.writes = terms?.writes ?? false;
    this.#countsChanges = terms?.countsChanges ?? false;
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** What it did may be kept although its answer was cut. */
  get isKept(): boolean {
    return this.writes && !this.isHeld;
  }

  /** Nothing more of it is to come, though it may still be undone. */
  get isAnswered(): boolean {
    return this.#isFinished || this.#isDone;
  }

  /** Counts a row of so many bytes; false when it may not be delivered any more. */
  takeRow(bytes: number): boolean {
    if (this.meter !== undefined && !this.meter.row(bytes)) {
      this.cut = this.meter.exceeded;
      return false;
    }
    this.rows += 1;
    return true;
  }

  /** Counts a function's result of so many bytes. */
  takeResult(bytes: number): void {
    if (this.meter !== undefined && !this.meter.row(bytes)) this.cut = this.meter.exceeded;
  }

  /**
   * One statement of the exchange was completed; of many only the first tags are kept.
   * @param copiesIn its rows came from the client
   */
  noteTag(tag: string, copiesIn = false): void {
    const changed = this.meter?.boundsChanges === true ? changedRows(tag, copiesIn) : undefined;
    if (changed !== undefined && this.meter?.changes(changed) === false) this.cut ??= this.meter.exceeded;
    this.#tagCount += 1;
    if (this.#tagCount === 1) this.#tag = tag;
    else if (this.#tagCount <= MAX_TAGS) (this.#moreTags ??= []).push(tag);
  }

  /** The portal is not at its end: how many rows were changed is not told, although all of them are. */
  noteSuspended(): void {
    if (this.#countsChanges && this.meter?.changesUnknown() === false) this.cut ??= this.meter.exceeded;
  }

  /** One operation was answered well; the outcome is recorded with the last one. */
  operationDone(): void {
    this.open -= 1;
    if (this.open > 0) return;
    this.#isDone = true;
    if (!this.isHeld) this.finish('ok');
  }

  /** Records the outcome, once. Error text is not recorded: it may hold row data (P5). */
  finish(status: Outcome['status'], extra?: Readonly<Record<string, JsonValue>>): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    const { rows, bytes } = this;
    const isPlain = extra === undefined && this.#tagCount === 1 && this.mask === undefined;
    if (isPlain && this.cut === undefined) {
      this.#gate.settle(this.permit, { status, result: { rows, bytes, tag: this.#tag } });
    } else {
      this.#gate.settle(this.permit, {
        status: this.cut === undefined ? status : 'cancelled',
        result: this.#wholeResult(extra),
      });
    }
  }

  #wholeResult(extra: Readonly<Record<string, JsonValue>> | undefined): Record<string, JsonValue> {
    const result: Record<string, JsonValue> = { rows: this.rows, bytes: this.bytes, ...extra };
    if (this.#tagCount > 0) result['tag'] = [this.#tag, ...(this.#moreTags ?? [])].join('; ');
    if (this.#tagCount > MAX_TAGS) result['completed'] = this.#tagCount;
    if (this.cut !== undefined) result['limit'] = { ...this.cut };
    const masked = this.mask?.summary();
    // A summary is plain data: names and counts.
    if (masked !== undefined) result['masked'] = masked as unknown as JsonValue;
    return result;
  }
}

/** INSERT oid rows, UPDATE rows, DELETE rows, MERGE rows (protocol-message-formats, CommandComplete). */
const CHANGES = /^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/;
const COPIES = /^COPY (\d+)$/;

function changedRows(tag: string, copiesIn: boolean): number | undefined {
  const rows = (copiesIn ? COPIES : CHANGES).exec(tag)?.[1];
  return rows === undefined ? undefined : Number(rows);
}
