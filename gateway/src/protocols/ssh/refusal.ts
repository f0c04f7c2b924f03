/** What a client is told when a program does not run: one line on stderr, and an exit status that tells why. */
import { denialText } from '../../enforcement/denial-text.ts';
import type { Verdict } from '../../enforcement/gate.ts';
import { GatewayError } from '../../model/gateway-error.ts';

/** A program that the gateway ends by itself. */
export interface Refusal {
  /** One line. */
  readonly text: string;
  readonly code: number;
}

/** Found, but cannot be run (POSIX XCU 2.8.2). */
const DENIED = 126;
/** EX_TEMPFAIL: ask again later. */
const PENDING = 75;
/** By which ssh itself says that something is wrong with the connection. */
const FAILED = 255;

/** The answer to a verdict that denies. */
export function denialOf(verdict: Verdict): Refusal {
  const { id, decision } = verdict;
  if (decision.effect !== 'deny') throw new TypeError('a permit cannot be refused');
  const isPending = decision.approval?.state === 'pending';
  return { text: denialText(id, decision, verdict).message, code: isPending ? PENDING : DENIED };
}

/** The answer to an error; of one that is not known nothing is told. */
export function errorRefusal(error: unknown): Refusal {
  const known = error instanceof GatewayError ? error : undefined;
  const code = known?.code ?? 'ERR_INTERNAL';
  const text = known?.publicMessage ?? 'the gateway could not do this';
  const isTheirs = known?.source === 'downstream';
  return { text: `sallyport: ${text} [${code}]`, code: isTheirs ? DENIED : FAILED };
}
