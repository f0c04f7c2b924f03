import { readMediaType } from '../../../documents/media-type.ts';
import { type Reading, unread } from '../../../documents/reading.ts';
import { isCoding } from '../coding/codings.ts';
import { decodeWhole } from '../coding/whole-body.ts';
import type { HttpResourceConfig } from '../config.ts';
import type { ClientExchange } from '../downstream/client-exchange.ts';
import type { BodyWindow } from '../facts/body.ts';
import { readsWithoutDecoding } from '../facts/uncoded-reading.ts';
import { isGrpc } from '../grpc.ts';
import { GatheredBytes } from '../wire/gathered-bytes.ts';
import type { RequestHead } from '../wire/head/request-head.ts';

/** The beginning of a request's body, as far as it is looked at. */
export interface HeldBody {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  /** Nothing of it is still to come. */
  readonly isComplete: boolean;
  /** With its content coding undone, or why that cannot be; undefined where it has none. */
  readonly decoded?: Reading<Buffer>;
}

/** How much of a body is looked at, in bytes: as it comes, and with its coding undone. */
export type BodyBounds = Pick<HttpResourceConfig, 'inspectionBytes' | 'inspectionDecodedBytes'>;

const NOTHING: HeldBody = { chunks: [], bytes: 0, isComplete: true };
const NOT_HELD: HeldBody = { chunks: [], bytes: 0, isComplete: false };

/**
 * Reads the body up to the window. Of one that says to be longer nothing is read: no rule could look at it. A client that waits
 * for leave to send is given it: what it asks for cannot be judged before.
 */
export async function holdBody(client: ClientExchange, bounds: BodyBounds): Promise<HeldBody> {
  const { framing, expectsContinue } = client.head;
  const most = bounds.inspectionBytes;
  if (expectsContinue) await client.sendContinue();
  // A client of gRPC may wait for an answer to its first message before it sends the next, and nothing is read of either.
  if (isGrpc(client.head) || (framing.kind === 'length' && framing.length > most)) return NOT_HELD;
  const held = new GatheredBytes();
  for (;;) {
    const part = await client.nextBody();
    if (part.kind === 'end') {
      if (held.length === 0) return NOTHING;
      const decoded = await decode(held.bytes, client.head, bounds);
      return { ...holding(held), isComplete: true, ...(decoded === undefined ? {} : { decoded }) };
    }
    held.add(part.bytes.subarray(part.start, part.end));
    if (held.length > most) return { ...holding(held), isComplete: false };
  }
}

function holding({ bytes, length }: GatheredBytes): Pick<HeldBody, 'chunks' | 'bytes'> {
  return { chunks: [bytes], bytes: length };
}

/** What rules see of it; undefined where the request has none. */
export function windowOf(
  { chunks, isComplete, decoded }: HeldBody,
  head: RequestHead,
): BodyWindow | undefined {
  if (head.framing.kind === 'none') return undefined;
  if (decoded?.ok === false) {
    return { bytes: Buffer.alloc(0), isComplete, coding: 'unknown', problem: decoded.reason };
  }
  const bytes = decoded?.value ?? (isComplete ? Buffer.concat(chunks) : Buffer.alloc(0));
  return { bytes, isComplete, coding: 'undone' };
}

/** Undoes the coding of a whole body, if it has one. */
async function decode(
  body: Buffer,
  { fields }: RequestHead,
  { inspectionDecodedBytes }: BodyBounds,
): Promise<Reading<Buffer> | undefined> {
  const codings = fields.valuesOf('content-encoding');
  const [coding] = codings;
  if (coding === undefined || (codings.length === 1 && /^(identity)?$/i.test(coding))) return undefined;
  // By its plain name, once: what a service makes of `GZIP`, `x-gzip` or `gzip, gzip` is its own affair.
  if (codings.length > 1 || !isCoding(coding)) return unread('a body in a coding that is not known');
  const [header] = fields.valuesOf('content-type');
  const type = header === undefined ? undefined : readMediaType(header);
  if (type?.ok !== true) return type ?? unread('a body without content type');
  if (readsWithoutDecoding(body, type.value)) {
    return unread('a body that says something else to a service that does not undo its content coding');
  }
  const decoded = await decodeWhole(coding, body, inspectionDecodedBytes);
  return decoded.ok && decoded.value.length === 0 ? unread('a body in which there is nothing') : decoded;
}
