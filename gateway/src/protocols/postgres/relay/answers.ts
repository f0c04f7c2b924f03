/** What becomes of the server's messages, and whom the pipeline tells of them. */
import { serverProtocolError } from '../errors.ts';
import type { ExchangeRun } from './exchange-run.ts';
import type { BlockEnd } from './own-block.ts';

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
  /** What the gateway's own block was opened for is over: it has to be ended so. */
  onBlockOver(end: BlockEnd): void;
  /** The client was told that a statement failed, and the server goes on in its transaction: it has to fail. */
  onMustFail(): void;
}

/** ErrorResponse, NoticeResponse, NotificationResponse, ParameterStatus: they may come before any answer. */
export const UNASKED: ReadonlySet<number> = new Set([0x45, 0x4e, 0x41, 0x53]);

/** NotificationResponse, ParameterStatus, ReadyForQuery: they are not about the statement that was cut. */
export const UNMUTED: ReadonlySet<number> = new Set([0x41, 0x53, 0x5a]);

/** CopyData of nothing but Int16 -1 (COPY, Binary Format, File Trailer). */
export function isBinaryEnd(bytes: Buffer, start: number, end: number): boolean {
  return end - start === 7 && bytes[start + 5] === 0xff && bytes[start + 6] === 0xff;
}

/** Longest command tag that is looked at, in bytes; real ones are shorter. */
const MAX_TAG = 64;

/** The tag of a CommandComplete. */
export function tagOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start + 5, Math.min(end - 1, start + 5 + MAX_TAG));
}

/** What a completed statement of that tag did to the transaction. ROLLBACK may be to a savepoint, COMMIT may chain. */
export function verbOf(tag: string): 'begun' | 'ended' | undefined {
  if (tag === 'BEGIN' || tag === 'START TRANSACTION') return 'begun';
  return tag === 'COMMIT' || tag === 'ROLLBACK' || tag === 'PREPARE TRANSACTION' ? 'ended' : undefined;
}

/** The code as it is recorded: only what has the form of a SQLSTATE, or a server could put row data there (P5). */
export function sqlstateOf(code: string | undefined): string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : '';
}

/** An answer that fits no question. */
export function misplaced(what: string): Error {
  return serverProtocolError(`the server sent a ${what} where the protocol does not allow one`);
}
