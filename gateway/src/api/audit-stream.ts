/** The audit as a stream of lines: pulled by the client, so that a slow one costs one batch of memory (P10). */
import { readAudit } from '../audit/read-audit.ts';
import { ExportLines } from '../audit-export/export-lines.ts';
import type { Principal } from '../model/principal.ts';
import type { ApiServices } from './api-services.ts';
import type { AuditFormat } from './contract/audit.ts';
import { ApiError } from './errors.ts';
import { toProblem } from './problem-response.ts';

/** About what is handed over at once, in characters; one record may be longer. */
const BATCH_CHARACTERS = 64 * 1024;
/** Records that are read before somebody else has a turn. */
const RECORDS_PER_TURN = 256;
const MAX_LIFE_MS = 3_600_000;

/** What is read. */
export interface AuditRange {
  /** From this time on, in milliseconds since the epoch; absent: from the first record. */
  readonly sinceMs?: number;
  /** Before this time. */
  readonly untilMs: number;
  readonly format: AuditFormat;
  /** Who reads: until the token ends, or what the groups mean changes. */
  readonly principal: Principal;
}

/**
 * Records of a time, a line each; a last line of type `error` says that the rest is missing. Holds a slot until it is read, or
 * cancelled. @throws ApiError `ERR_API_BUSY`
 */
export function streamAudit(
  { audit, clock, approvals }: Pick<ApiServices, 'audit' | 'clock' | 'approvals'>,
  range: AuditRange,
): ReadableStream<Uint8Array> {
  const giveBack = audit.scans.hold();
  const stop = new AbortController();
  const { principal } = range;
  const endMs = Math.min(principal.expiresAtMs, clock.nowMs() + MAX_LIFE_MS);
  const isOver = (): boolean => clock.nowMs() >= endMs || approvals.currentPrincipal(principal) !== principal;
  const texts = textsOf(audit.folder, range, { signal: stop.signal, isOver });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await texts.next();
          if (stop.signal.aborted) return;
          if (next.done !== true) {
            controller.enqueue(Buffer.from(next.value));
            return;
          }
        } catch (error) {
          // The answer has begun: its last line says what is wrong.
          const last = { type: 'error', problem: toProblem(error) };
          controller.enqueue(Buffer.from(`${JSON.stringify(last)}\n`));
        }
        giveBack();
        controller.close();
      },
      async cancel() {
        stop.abort();
        await texts.return(undefined);
        giveBack();
      },
    },
    { highWaterMark: 1 },
  );
}

async function* textsOf(
  folder: string,
  { sinceMs = Number.NEGATIVE_INFINITY, untilMs, format }: AuditRange,
  { signal, isOver }: { readonly signal: AbortSignal; readonly isOver: () => boolean },
): AsyncGenerator<string, undefined> {
  const lines = new ExportLines(format, folder);
  let batch = '';
  let read = 0;
  for await (const record of readAudit(folder)) {
    read += 1;
    if (read % RECORDS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) return undefined;
    if (isOver()) {
      throw new ApiError(
        'ERR_API_TIMEOUT',
        'the rest is missing: it took an hour, or your token has ended, or your groups were changed; ask anew, or for less',
      );
    }
    const atMs = Date.parse(record.at);
    if (atMs < sinceMs || atMs >= untilMs) {
      // What comes before tells what comes behind it.
      lines.pass(record);
      continue;
    }
    const line = await lines.lineOf(record);
    if (line !== undefined) batch += `${line.text}\n`;
    if (batch.length < BATCH_CHARACTERS) continue;
    yield batch;
    batch = '';
  }
  if (batch !== '') yield batch;
  return undefined;
}
