/** Runs one verification in a thread of its own: hashing a whole log would delay every agent's statements. */
import { parentPort, workerData } from 'node:worker_threads';
import { verifyAudit } from '../../audit/verify-audit.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import type { VerificationTask, VerificationWord } from './run-verification.ts';

const { folder, anchor } = workerData as VerificationTask;
parentPort?.postMessage(await answer());

async function answer(): Promise<VerificationWord> {
  try {
    return { report: await verifyAudit(folder, anchor === undefined ? {} : { anchor }) };
  } catch (error) {
    // Its text names files of the gateway's machine: that is for the log.
    const code = error instanceof GatewayError ? error.code : 'ERR_INTERNAL';
    return { code, message: error instanceof Error ? error.message : String(error) };
  }
}
