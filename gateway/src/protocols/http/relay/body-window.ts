import type { ClientExchange } from '../downstream/client-exchange.ts';
import type { BodyWindow } from '../facts/body.ts';
import type { RequestHead } from '../wire/head/request-head.ts';

/** The beginning of a request's body, as far as it is looked at. */
export interface HeldBody {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  /** Nothing of it is still to come. */
  readonly isComplete: boolean;
}

const NOTHING: HeldBody = { chunks: [], bytes: 0, isComplete: true };
const NOT_HELD: HeldBody = { chunks: [], bytes: 0, isComplete: false };

/**
 * Reads the body up to `most` bytes. Of one that says to be longer nothing is read: no rule could look at it. A client that waits
 * for leave to send is given it: what it asks for cannot be judged before.
 */
export async function holdBody(client: ClientExchange, most: number): Promise<HeldBody> {
  const { framing, expectsContinue } = client.head;
  if (expectsContinue) await client.sendContinue();
  if (isStream(client.head) || (framing.kind === 'length' && framing.length > most)) return NOT_HELD;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const part = await client.nextBody();
    if (part.kind === 'end') return bytes === 0 ? NOTHING : { chunks, bytes, isComplete: true };
    chunks.push(part.bytes.subarray(part.start, part.end));
    bytes += part.end - part.start;
    if (bytes > most) return { chunks, bytes, isComplete: false };
  }
}

/** gRPC: a client may wait for an answer to its first message before it sends the next, and nothing is read of either. */
function isStream({ framing, fields }: RequestHead): boolean {
  return framing.kind !== 'none' && fields.valuesOf('content-type').some((type) => GRPC.test(type));
}

const GRPC = /^application\/grpc(\+[a-z]+)?( *;|$)/i;

/** What rules see of it; undefined where the request has none. */
export function windowOf(held: HeldBody, head: RequestHead): BodyWindow | undefined {
  if (head.framing.kind === 'none') return undefined;
  const isCoded = head.fields.valuesOf('content-encoding').some((coding) => !/^(identity)?$/i.test(coding));
  return {
    bytes: held.isComplete ? Buffer.concat(held.chunks) : Buffer.alloc(0),
    isComplete: held.isComplete,
    coding: isCoded ? 'unknown' : 'undone',
  };
}
