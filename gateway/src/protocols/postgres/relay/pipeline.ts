/**
 * The server's answers, matched with what was asked, message by message.
 * An answer that fits no question is a server protocol error and ends the session (P10: hostile upstreams).
 * Source: PostgreSQL 18 documentation, chapter 54.2 (message flow). Opens no socket, decides nothing.
 */
import { serverProtocolError } from '../errors.ts';
import { limitError } from '../refusal.ts';
import { decodeErrorResponse } from '../wire/backend/error-response.ts';
import type { ExchangeRun } from './exchange-run.ts';
import { isExtended, type Operation } from './operation.ts';

/** Transaction status of ReadyForQuery: idle, in a transaction, in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E';

/**
 * What to do with one backend message: hand it on, hand on these bytes instead, let it go through the masks of the
 * exchange at hand, keep it from the client, or keep it from the client but not from the recording.
 */
export type Treatment = 'forward' | 'mask' | 'drop' | 'record' | Buffer;

/** Called when the server reports something the session must know. */
export interface PipelineEvents {
  /** A transaction ended: portals are gone. */
  onIdle(): void;
  /** ParameterStatus. */
  onParameter(bytes: Buffer, start: number, end: number): void;
  /** What belongs to no exchange, or to one without masks: the message to send instead, if another. */
  report(kind: 'error' | 'notice', bytes: Buffer, start: number, end: number): Buffer | undefined;
  notification(bytes: Buffer, start: number, end: number): Buffer | undefined;
  parameter(bytes: Buffer, start: number, end: number): Buffer | undefined;
  /** The result at hand has passed a bound: the work is to be cancelled on the server. */
  onCut(run: ExchangeRun): void;
  /** The client was told that a statement failed, and the server goes on in its transaction: it has to fail. */
  onMustFail(): void;
}

/** Longest command tag that is looked at, in bytes; real ones are shorter. */
const MAX_TAG = 64;

/** ErrorResponse, NoticeResponse, NotificationResponse, ParameterStatus: they may come before any answer. */
const UNASKED: ReadonlySet<number> = new Set([0x45, 0x4e, 0x41, 0x53]);

/** NotificationResponse, ParameterStatus, ReadyForQuery: they are not about the statement that was cut. */
const UNMUTED: ReadonlySet<number> = new Set([0x41, 0x53, 0x5a]);

/** Bounded by the relay, which stops reading from the client above its limit. */
export class Pipeline {
  status: TransactionStatus = 'I';
  /** The operation that waits for COPY data from the client. */
  copyIn: Operation | undefined;
  /** The data is in the binary form. */
  isCopyInBinary = false;
  /** How often the server has asked for COPY data: tells one COPY from the next of the same text. */
  copyStarts = 0;
  /** The server announced that it closes the connection. */
  sawFatal = false;
  readonly #events: PipelineEvents;
  #queue: Operation[] = [];
  #head = 0;
  #barriers = 0;
  #skippedBatch: number | undefined;
  #statement = 0;
  #copyOut = false;
  /** The server has refused the operation at hand. */
  #hasFailed = false;
  /** A cut statement had completed after all: the client was told an error, so nothing more until ReadyForQuery. */
  #isMuted = false;

  constructor(events: PipelineEvents) {
    this.#events = events;
  }

  get length(): number {
    return this.#queue.length - this.#head;
  }

  /** Operations in flight that change what later statements mean. */
  get barriers(): number {
    return this.#barriers;
  }

  /** The server failed in this batch and ignores the rest of it, up to its Sync. */
  isSkipping(batch: number): boolean {
    return batch === this.#skippedBatch;
  }

  /** Whether an operation is still unanswered. */
  has(operation: Operation): boolean {
    return this.#queue.indexOf(operation, this.#head) >= 0;
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
    if (operation.barrier) this.#barriers += 1;
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
  }

  /** The exchange whose answer comes now. */
  get run(): ExchangeRun | undefined {
    return this.#peek()?.exchange;
  }

  /** Takes one complete backend message, or the first fragment of a streamed one. */
  accept(type: number, bytes: Buffer, start: number, end: number): Treatment {
    const isMuted = this.#isMuted && !UNMUTED.has(type);
    const treatment = this.#treat(type, bytes, start, end);
    return isMuted ? 'drop' : treatment;
  }

  #treat(type: number, bytes: Buffer, start: number, end: number): Treatment {
    // A refused statement can only fail: whatever else it is answered with would tell the client that it ran.
    const isRefused = this.#peek()?.replaceError !== undefined;
    if (isRefused && !this.#hasFailed && !UNASKED.has(type)) throw misplaced('answer to a refused statement');
    switch (type) {
      case 0x44: // D DataRow
        return this.#row(bytes, start, end);
      case 0x43: // C CommandComplete
        return this.#statementDone(
          bytes.toString('latin1', start + 5, Math.min(end - 1, start + 5 + MAX_TAG)),
        );
      case 0x49: // I EmptyQueryResponse
        return this.#statementDone('');
      case 0x73: // s PortalSuspended
        return this.#complete('execute');
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
        this.isCopyInBinary = bytes[start + 5] === 1;
        return this.#copyStarts(true);
      case 0x48: // H CopyOutResponse
        this.#peek()?.exchange?.mask?.copyOutResponse(bytes, start, end);
        return this.#copyStarts(false);
      case 0x64: // d CopyData
        return this.#copyData(bytes, start, end);
      case 0x63: // c CopyDone
        return this.#copyDone();
      case 0x56: // V FunctionCallResponse
        return this.#functionResult(end - start);
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

  /** Counts bytes of a streamed message beyond its first fragment. */
  acceptMore(length: number): void {
    const run = this.#peek()?.exchange;
    if (run !== undefined) run.bytes += length;
  }

  #row(bytes: Buffer, start: number, end: number): Treatment {
    const head = this.#peek();
    if (head === undefined || (head.kind !== 'execute' && head.kind !== 'query')) throw misplaced('DataRow');
    return this.#deliver(head.exchange, bytes, start, end);
  }

  /** Counts a row or a piece of COPY data; `start` is that of its message. */
  #deliver(run: ExchangeRun | undefined, bytes: Buffer, start: number, end: number): Treatment {
    if (run === undefined) return 'forward';
    if (run.cut !== undefined) return 'drop';
    // The whole message counts, of which this may be the first fragment.
    if (!run.takeRow(bytes.readInt32BE(start + 1) + 1)) {
      this.#events.onCut(run);
      return 'drop';
    }
    run.bytes += end - start;
    return run.mask === undefined ? 'forward' : 'mask';
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
    const run = this.#peek()?.exchange;
    if (run?.cut !== undefined) return 'drop';
    return this.#report('notice', run, bytes, start, end);
  }

  #statementDone(tag: string): Treatment {
    const head = this.#peek();
    if (head === undefined || (head.kind !== 'execute' && head.kind !== 'query'))
      throw misplaced('CommandComplete');
    this.copyIn = undefined;
    this.#copyOut = false;
    const run = head.exchange;
    if (tag !== '') run?.noteTag(tag);
    run?.mask?.endResult();
    head.onDone?.(this.#statement);
    this.#statement += 1;
    if (head.kind === 'execute') {
      this.#pop();
      run?.operationDone();
    }
    if (run?.cut === undefined) return 'forward';
    this.#isMuted = true;
    return limitError(run.permit.decision, run.cut, run.writes);
  }

  #complete(kind: Operation['kind']): Treatment {
    const head = this.#expectHead(kind);
    this.#pop();
    head.onDone?.(0);
    head.exchange?.operationDone();
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
    this.copyIn = undefined;
    this.#copyOut = false;
    this.status = status === 0x49 ? 'I' : status === 0x54 ? 'T' : 'E';
    head.exchange?.operationDone();
    if (this.status === 'I') this.#events.onIdle();
    const mustFail = this.#isMuted && this.status === 'T' && this.length === 0;
    this.#isMuted = false;
    if (!mustFail) return 'forward';
    this.#events.onMustFail();
    return 'drop';
  }

  #error(bytes: Buffer, start: number, end: number): Treatment {
    const { severity, code } = decodeErrorResponse(bytes, start, end);
    const head = this.#peek();
    // Only what has the form of a SQLSTATE is recorded: a server could put anything there, row data too (P5).
    const failure = { sqlstate: /^[0-9A-Z]{5}$/.test(code ?? '') ? (code ?? '') : '' };
    if (severity === 'FATAL' || severity === 'PANIC') {
      this.sawFatal = true;
      head?.exchange?.finish('error', failure);
      return this.#report('error', head?.exchange, bytes, start, end);
    }
    if (head === undefined || head.kind === 'local') throw misplaced('ErrorResponse');
    this.copyIn = undefined;
    this.#copyOut = false;
    this.#hasFailed = true;
    head.onFailed?.(false);
    head.exchange?.finish('error', failure);
    const run = head.exchange;
    run?.mask?.endResult();
    const isOwn = head.isOwn && head.kind === 'query';
    if (isExtended(head.kind)) this.#skipToSync();
    if (isOwn) return 'drop';
    if (head.replaceError !== undefined) return head.replaceError;
    if (run?.cut !== undefined) return limitError(run.permit.decision, run.cut, run.writes);
    return this.#report('error', run, bytes, start, end);
  }

  /** The server ignores the rest of the batch; so do we, up to the Sync that is queued or still to come. */
  #skipToSync(): void {
    const failed = this.#pop();
    for (let head = this.#peek(); head !== undefined && head.kind !== 'sync'; head = this.#peek()) {
      if (head.kind === 'local') break;
      this.#pop();
      head.onFailed?.(true);
      head.exchange?.finish('cancelled', { skipped: true });
    }
    if (this.#peek()?.kind !== 'sync') this.#skippedBatch = failed?.batch;
  }

  #copyStarts(into: boolean): Treatment {
    const head = this.#peek();
    if (head === undefined || (head.kind !== 'execute' && head.kind !== 'query'))
      throw misplaced('copy response');
    if (into) {
      // The gateway asks nobody for data that the judged text did not ask for (compare MySQL's LOCAL INFILE).
      if (!head.copiesIn) throw misplaced('CopyInResponse');
      this.copyIn = head;
      this.copyStarts += 1;
    } else this.#copyOut = true;
    return 'forward';
  }

  #copyData(bytes: Buffer, start: number, end: number): Treatment {
    const head = this.#peek();
    if (!this.#copyOut || head === undefined) throw misplaced('copy data');
    const run = head.exchange;
    // The end mark of the binary form is no row.
    if (run?.cut === undefined && isBinaryEnd(bytes, start, end))
      return run?.mask === undefined ? 'forward' : 'mask';
    return this.#deliver(run, bytes, start, end);
  }

  #copyDone(): Treatment {
    const run = this.#peek()?.exchange;
    if (!this.#copyOut) throw misplaced('copy data');
    if (run?.cut !== undefined) return 'drop';
    run?.mask?.copyDone();
    return 'forward';
  }

  #functionResult(length: number): Treatment {
    const head = this.#expectHead('function-call');
    if (head.exchange !== undefined) head.exchange.bytes += length;
    return 'forward';
  }

  #peek(): Operation | undefined {
    return this.#queue[this.#head];
  }

  #pop(): Operation | undefined {
    const head = this.#queue[this.#head];
    if (head === undefined) return undefined;
    this.#head += 1;
    this.#statement = 0;
    this.#hasFailed = false;
    if (head.barrier) this.#barriers -= 1;
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return head;
  }
}

/** CopyData of nothing but Int16 -1 (COPY, Binary Format, File Trailer). */
function isBinaryEnd(bytes: Buffer, start: number, end: number): boolean {
  return end - start === 7 && bytes[start + 5] === 0xff && bytes[start + 6] === 0xff;
}

function misplaced(what: string): Error {
  return serverProtocolError(`the server sent a ${what} where the protocol does not allow one`);
}
