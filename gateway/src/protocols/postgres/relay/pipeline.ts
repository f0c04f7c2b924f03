/**
 * The server's answers, matched with what was asked, message by message.
 * An answer that fits no question is a server protocol error and ends the session (P10: hostile upstreams).
 * Source: PostgreSQL 18 documentation, chapter 54.2 (message flow). Opens no socket, decides nothing.
 */
import type { ResultExceeded } from '../../../enforcement/limits/result-meter.ts';
import { serverProtocolError } from '../errors.ts';
import { limitError } from '../refusal.ts';
import { decodeErrorResponse } from '../wire/backend/error-response.ts';
import {
  misplaced,
  type PipelineEvents,
  sqlstateOf,
  type TransactionStatus,
  type Treatment,
  tagOf,
  UNASKED,
  UNMUTED,
  verbOf,
} from './answers.ts';
import { CopyState } from './copy-state.ts';
import { Delivery } from './delivery.ts';
import type { ExchangeRun } from './exchange-run.ts';
import { isExtended, type Operation } from './operation.ts';
import { OperationQueue } from './operation-queue.ts';
import { OwnBlock } from './own-block.ts';

/** SQLSTATE of a statement that was cancelled. */
const QUERY_CANCELED = '57014';

/** Bounded by the relay, which stops reading from the client above its limit. */
export class Pipeline {
  status: TransactionStatus = 'I';
  readonly copy: CopyState = new CopyState();
  /** The exchange whose time is up: what is cancelled now is cancelled for it. */
  timeCut: ExchangeRun | undefined;
  /** The server announced that it closes the connection. */
  sawFatal = false;
  /** Where what is bounded in what it changes is carried out, if the client has no transaction open. */
  readonly block: OwnBlock = new OwnBlock();
  readonly #events: PipelineEvents;
  readonly #delivery: Delivery;
  readonly #queue = new OperationQueue();
  #skippedBatch: number | undefined;
  #statement = 0;
  /** The server has refused the operation at hand. */
  #hasFailed = false;
  /** A cut statement had completed after all: the client was told an error, so nothing more until ReadyForQuery. */
  #isMuted = false;
  /** The client's transaction has to fail, and the server does not know yet. */
  #mustFail = false;
  /** Of statements that begin and end transactions since the last ReadyForQuery: the last one. */
  #verb: 'begun' | 'ended' | undefined;

  constructor(events: PipelineEvents) {
    this.#events = events;
    this.#delivery = new Delivery(this.copy, events);
  }

  get length(): number {
    return this.#queue.length;
  }

  /**
   * Whether the client has a transaction open, as far as answers tell; `undefined` where it has ended one since the last
   * ReadyForQuery, and may have begun the next with it.
   */
  get transaction(): TransactionStatus | undefined {
    return this.#verb === undefined ? this.status : this.#verb === 'begun' ? 'T' : undefined;
  }

  /** What was done may still have to be undone: nothing may be sent behind the end of its text or batch. */
  get isUnsettled(): boolean {
    return this.block.isOpen || this.#mustFail;
  }

  /** Operations in flight that change what later statements mean. */
  get barriers(): number {
    return this.#queue.barriers;
  }

  /** Operations in flight that carry something out. */
  get executing(): number {
    return this.#queue.executing;
  }

  /** The server failed in this batch and ignores the rest of it, up to its Sync. */
  isSkipping(batch: number): boolean {
    return batch === this.#skippedBatch;
  }

  /** Whether an operation is still unanswered. */
  has(operation: Operation): boolean {
    return this.#queue.has(operation);
  }

  /**
   * Queues an operation; false if the server is skipping to Sync and will never answer it: it must not be sent.
   */
  push(operation: Operation): boolean {
    if (this.isSkipping(operation.batch) && operation.kind !== 'sync' && operation.kind !== 'local') {
      operation.onFailed?.(true);
      operation.exchange?.finish('cancelled', { skipped: true });
      return false;
    }
    if (operation.exchange !== undefined) operation.exchange.open += 1;
    if (operation.kind === 'sync') this.#skippedBatch = undefined;
    this.#queue.push(operation);
    return true;
  }

  /** The gateway's own answer if it is its turn now; to be sent before anything else. */
  takeLocal(): Buffer | undefined {
    const head = this.#peek();
    if (head?.kind !== 'local') return undefined;
    this.#pop();
    return head.bytes ?? Buffer.alloc(0);
  }

  /** Settles everything that is still open, at the end of a session. */
  abandon(status: 'cancelled' | 'error' | 'unknown'): void {
    for (let head = this.#pop(); head !== undefined; head = this.#pop()) head.exchange?.finish(status);
    this.block.abandon(status);
  }

  /** The exchange whose answer comes now. */
  get run(): ExchangeRun | undefined {
    return this.#peek()?.exchange;
  }

  /** Takes one complete backend message, or the first fragment of a streamed one. */
  accept(type: number, bytes: Buffer, start: number, end: number): Treatment {
    const isMuted = this.#isMuted && !UNMUTED.has(type);
    const treatment = this.#treat(type, bytes, start, end);
    return isMuted && !this.sawFatal ? 'drop' : treatment;
  }

  #treat(type: number, bytes: Buffer, start: number, end: number): Treatment {
    // A refused statement can only fail: whatever else it is answered with would tell the client that it ran.
    const isRefused = this.#peek()?.replaceError !== undefined;
    if (isRefused && !this.#hasFailed && !UNASKED.has(type)) throw misplaced('answer to a refused statement');
    switch (type) {
      case 0x44: // D DataRow
        return this.#delivery.row(this.#executing('DataRow').exchange, bytes, start, end);
      case 0x43: // C CommandComplete
        return this.#statementDone(tagOf(bytes, start, end), bytes.subarray(start, end));
      case 0x49: // I EmptyQueryResponse
        return this.#statementDone('', bytes.subarray(start, end));
      case 0x73: // s PortalSuspended
        return this.#suspended();
      case 0x5a: // Z ReadyForQuery
        return this.#ready(bytes, start, end);
      case 0x31: // 1 ParseComplete
        return this.#complete('parse');
      case 0x32: // 2 BindComplete
        return this.#complete('bind');
      case 0x33: // 3 CloseComplete
        return this.#complete('close');
      case 0x74: // t ParameterDescription, followed by T or n
        return this.#expect('describe');
      case 0x6e: // n NoData
        return this.#complete('describe');
      case 0x54: // T RowDescription
        return this.#described(bytes, start, end);
      case 0x45: // E ErrorResponse
        return this.#error(bytes, start, end);
      case 0x47: // G CopyInResponse
        return this.#delivery.copyInStarts(this.#executing('CopyInResponse'), bytes[start + 5] === 1);
      case 0x48: // H CopyOutResponse
        return this.#delivery.copyOutStarts(this.#executing('CopyOutResponse'), bytes, start, end);
      case 0x64: // d CopyData
        return this.#delivery.copyData(this.#peek(), bytes, start, end);
      case 0x63: // c CopyDone
        return this.#delivery.copyDone(this.run);
      case 0x56: // V FunctionCallResponse
        return this.#functionResult(bytes, start, end);
      case 0x53: // S ParameterStatus
        this.#events.onParameter(bytes, start, end);
        return this.#events.parameter(bytes, start, end) ?? 'forward';
      case 0x4e: // N NoticeResponse
        return this.#notice(bytes, start, end);
      case 0x41: // A NotificationResponse
        return this.#events.notification(bytes, start, end) ?? 'forward';
      default:
        throw serverProtocolError(`unexpected message type 0x${type.toString(16)} from the server`);
    }
  }

  /** Counts bytes of a streamed message beyond its first fragment; of a function's result all are counted. */
  acceptMore(length: number): void {
    const { run } = this;
    if (run !== undefined) run.bytes += length;
  }

  #described(bytes: Buffer, start: number, end: number): Treatment {
    const head = this.#peek();
    head?.exchange?.mask?.rowDescription(bytes, start, end);
    head?.onDescribed?.(bytes, start, end);
    if (head?.kind === 'query') return head.exchange?.cut === undefined ? 'forward' : 'drop';
    const completed = this.#complete('describe');
    return completed === 'drop' ? 'record' : completed;
  }

  #report(
    kind: 'error' | 'notice',
    run: ExchangeRun | undefined,
    bytes: Buffer,
    start: number,
    end: number,
  ): Treatment {
    const masked =
      run?.mask === undefined
        ? this.#events.report(kind, bytes, start, end)
        : run.mask.report(kind, bytes, start, end);
    return masked ?? 'forward';
  }

  #notice(bytes: Buffer, start: number, end: number): Treatment {
    const { run } = this;
    return run?.cut === undefined ? this.#report('notice', run, bytes, start, end) : 'drop';
  }

  #statementDone(tag: string, message: Buffer): Treatment {
    const head = this.#executing('CommandComplete');
    if (head.block !== undefined) return this.#blockDone(head);
    const copiesIn = this.copy.in === head;
    this.copy.end();
    const run = head.exchange;
    if (tag !== '') run?.noteTag(tag, copiesIn);
    run?.mask?.endResult();
    head.onDone?.(this.#statement);
    this.#statement += 1;
    const isLast = this.#statement === head.statements;
    if (head.kind === 'execute') {
      this.#verb = verbOf(tag) ?? this.#verb;
      this.#pop();
      run?.operationDone();
    }
    if (run?.cut !== undefined) return this.#tooLate(head, run, run.cut);
    if (head.kind === 'execute' || !isLast || !this.block.isOpen) return 'forward';
    this.block.hold(Buffer.from(message));
    return 'record';
  }

  #suspended(): Treatment {
    const head = this.#expectHead('execute');
    const run = head.exchange;
    run?.noteSuspended();
    const completed = this.#complete('execute');
    return run?.cut === undefined ? completed : this.#tooLate(head, run, run.cut);
  }

  #blockDone(head: Operation): Treatment {
    if (head.block === 'begins') this.block.open();
    if (head.kind === 'execute') this.#pop();
    return 'drop';
  }

  /**
   * The server has done what was to be cancelled. For the client it failed all the same, and so does what it thinks is
   * skipped for it.
   */
  #tooLate(head: Operation, run: ExchangeRun, cut: ResultExceeded): Buffer {
    this.#isMuted = true;
    this.#mustFail ||= cut.limit === 'affectedRows' && !this.block.isOpen;
    if (isExtended(head.kind) && !this.#queue.hasSyncOf(head.batch)) this.#skippedBatch = head.batch;
    return limitError(run.permit.decision, cut, run.isKept);
  }

  #complete(kind: Operation['kind']): Treatment {
    const head = this.#expectHead(kind);
    const run = head.exchange;
    this.#pop();
    head.onDone?.(0);
    // What was only prepared had its time, and had it in the end.
    if (run?.cut?.limit === 'timeoutMs' && run.open === 1 && kind !== 'execute') run.cut = undefined;
    run?.operationDone();
    return head.isOwn ? 'drop' : 'forward';
  }

  #expect(kind: Operation['kind']): Treatment {
    this.#expectHead(kind);
    return 'forward';
  }

  #expectHead(kind: Operation['kind']): Operation {
    const head = this.#peek();
    if (head?.kind !== kind) throw misplaced(`answer to ${kind}`);
    return head;
  }

  #ready(bytes: Buffer, start: number, end: number): Treatment {
    const head = this.#peek();
    const status = end - start === 6 ? bytes[start + 5] : 0;
    if (status !== 0x49 && status !== 0x54 && status !== 0x45) throw misplaced('transaction status');
    if (
      head === undefined ||
      (head.kind !== 'sync' && head.kind !== 'query' && head.kind !== 'function-call')
    ) {
      throw misplaced('ReadyForQuery');
    }
    this.#pop();
    this.copy.end();
    this.status = status === 0x49 ? 'I' : status === 0x54 ? 'T' : 'E';
    this.#verb = undefined;
    head.exchange?.operationDone();
    if (this.status === 'I') this.#events.onIdle();
    const mustFail = this.#isMuted && this.status === 'T';
    this.#isMuted = false;
    if (head.block === 'begins') return this.block.isOpen ? 'drop' : 'forward';
    if (this.block.isOpen) return this.#blockReady(head, bytes.subarray(start, end));
    // What comes from now on comes behind the message that makes it fail.
    this.#mustFail = false;
    if (!mustFail) return 'forward';
    // Nothing is sent behind what may be cut, see `stage.ts`; here it would go on in the transaction.
    if (this.length > 0) throw new Error('something was sent behind a statement with a bound');
    this.#events.onMustFail();
    return 'drop';
  }

  /** What the own block was opened for is over, or the block itself. */
  #blockReady(head: Operation, ready: Buffer): Treatment {
    const told = head.block === 'ends' ? this.block.ended(this.status, ready) : undefined;
    if (told !== undefined) return told;
    if (this.length > 0) throw new Error('something was sent behind a block of the gateway');
    this.#events.onBlockOver(this.block.close(this.status));
    return 'drop';
  }

  #error(bytes: Buffer, start: number, end: number): Treatment {
    const { severity, code } = decodeErrorResponse(bytes, start, end);
    const head = this.#peek();
    const failure = { sqlstate: sqlstateOf(code) };
    if (severity === 'FATAL' || severity === 'PANIC') {
      this.sawFatal = true;
      head?.exchange?.finish('error', failure);
      return this.#report('error', head?.exchange, bytes, start, end);
    }
    if (head === undefined || head.kind === 'local') throw misplaced('ErrorResponse');
    this.copy.end();
    this.#hasFailed = true;
    head.onFailed?.(false);
    const run = head.exchange;
    if (failure.sqlstate === QUERY_CANCELED) this.#attributeCancel(run);
    run?.finish('error', failure);
    run?.mask?.endResult();
    const isOwn = head.isOwn && head.kind === 'query';
    if (isExtended(head.kind)) this.#skipToSync();
    if (isOwn) return 'drop';
    if (head.replaceError !== undefined) return head.replaceError;
    if (run?.cut !== undefined) return limitError(run.permit.decision, run.cut, run.isKept);
    return this.#report('error', run, bytes, start, end);
  }

  /** The server keeps answers back, so that what is cut by time may be thought to wait behind another of its batch. */
  #attributeCancel(run: ExchangeRun | undefined): void {
    const { timeCut } = this;
    if (timeCut === undefined || timeCut.isFinished || run === undefined) return;
    run.cut ??= timeCut.cut;
  }

  /** The server ignores the rest of the batch; so do we, up to the Sync that is queued or still to come. */
  #skipToSync(): void {
    const failed = this.#pop();
    for (const skipped of this.#queue.takeToSync()) {
      skipped.onFailed?.(true);
      skipped.exchange?.finish('cancelled', { skipped: true });
    }
    if (this.#peek()?.kind !== 'sync') this.#skippedBatch = failed?.batch;
  }

  #executing(what: string): Operation {
    const head = this.#peek();
    if (head === undefined || (head.kind !== 'execute' && head.kind !== 'query')) throw misplaced(what);
    return head;
  }

  #functionResult(bytes: Buffer, start: number, end: number): Treatment {
    const head = this.#expectHead('function-call');
    const run = head.exchange;
    if (run === undefined) return 'forward';
    run.bytes += end - start;
    if (run.cut === undefined) run.takeResult(bytes.readInt32BE(start + 1) + 1);
    return run.cut === undefined ? 'forward' : this.#tooLate(head, run, run.cut);
  }

  #peek(): Operation | undefined {
    return this.#queue.peek();
  }

  #pop(): Operation | undefined {
    this.#statement = 0;
    this.#hasFailed = false;
    return this.#queue.pop();
  }
}
