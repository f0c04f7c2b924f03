/** When things happened, as far as it is on record. */
import type { JsonObject } from '../../../../model/json.ts';
import type { RecordedExchange } from '../../../../model/recorded-exchange.ts';

/**
 * `time` and `timings` of an entry, in milliseconds: from the decision on; waiting for people is before it. Resolving
 * and connecting are the gateway's own, and not told apart from waiting.
 */
export function harTimings({ beganMs, sent, delivered, outcome }: RecordedExchange): {
  readonly time: number;
  readonly timings: JsonObject;
} {
  const answeredMs = delivered.pieces[0]?.ms;
  const endMs = outcome?.endedMs ?? delivered.pieces.at(-1)?.ms ?? sent.pieces.at(-1)?.ms ?? beganMs;
  const sentMs = Math.min(sent.pieces.at(-1)?.ms ?? beganMs, answeredMs ?? endMs);
  const send = Math.max(0, sentMs - beganMs);
  const wait = Math.max(0, (answeredMs ?? endMs) - sentMs);
  const receive = answeredMs === undefined ? 0 : Math.max(0, endMs - answeredMs);
  const timings = { blocked: -1, dns: -1, connect: -1, ssl: -1, send, wait, receive };
  return { time: send + wait + receive, timings };
}
