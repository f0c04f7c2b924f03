import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { AuditReport } from '../../audit/audit-report.ts';
import type { ChainHead } from '../../audit/record.ts';

/** What a verification is told. */
export interface VerificationTask {
  /** The data folder. */
  readonly folder: string;
  readonly anchor?: ChainHead;
}

/** What comes of it: a report, or why there is none. */
export type VerificationWord =
  | { readonly report: AuditReport }
  | { readonly code: string; readonly message: string };

/** Memory of the thread, in MiB: the verifier needs a few chunks of a megabyte, and a line of 64 at most. */
const MEMORY_MIB = 512;

/** Verifies the audit in a thread of its own, which ends with `signal`. Never rejects. */
export async function runVerification(
  task: VerificationTask,
  signal: AbortSignal,
): Promise<VerificationWord> {
  if (signal.aborted) return interrupted();
  const worker = new Worker(new URL('./verify-worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB },
  });
  worker.unref();
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const exit = once(worker, 'exit').then(() => interrupted());
    const word = once(worker, 'message').then(([message]) => message as VerificationWord);
    return await Promise.race([word, exit]);
  } catch (error) {
    return { code: 'ERR_INTERNAL', message: error instanceof Error ? error.message : String(error) };
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

function interrupted(): VerificationWord {
  return { code: 'ERR_INTERNAL', message: 'the verification was stopped before its end' };
}
