import type { RequestHead } from '../head/request-head.ts';
import type { AskedRequest, ResponseHead } from '../head/response-head.ts';
import type { HeadLimits } from '../limits.ts';
import type { MessagePart } from '../message-stream.ts';
import { createRequestReader } from '../request-reader.ts';
import { ResponseReader } from '../response-reader.ts';

/** A message as plain values, for comparisons. */
export interface Message<Head> {
  readonly head: Head;
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
  readonly isWhole: boolean;
}

/** What a reader made of some chunks. */
export interface Reading<Head> {
  readonly messages: readonly Message<Head>[];
  readonly failure: unknown;
  readonly mostRetained: number;
}

interface Reader<Head> {
  readonly retainedBytes: number;
  readonly isDrained: boolean;
  push(chunk: Buffer): void;
  next(): MessagePart<Head> | undefined;
  end(): unknown;
}

interface Gathered<Head> {
  readonly head: Head;
  body: string;
  trailers: (readonly [string, string])[];
  isWhole: boolean;
}

function gather<Head>(messages: Gathered<Head>[], part: MessagePart<Head>): void {
  if (part.kind === 'head') {
    messages.push({ head: part.head, body: '', trailers: [], isWhole: false });
    return;
  }
  const last = messages.at(-1);
  if (last === undefined) throw new Error('a part before any head');
  if (part.kind === 'data') last.body += part.bytes.toString('latin1', part.start, part.end);
  else {
    last.isWhole = true;
    if (part.trailers !== undefined) last.trailers = part.trailers.pairs();
  }
}

/** Reads chunks, overwriting each after it is drained, as a reused read buffer would be. */
export function readAll<Head>(reader: Reader<Head>, chunks: readonly Buffer[]): Reading<Head> {
  const messages: Gathered<Head>[] = [];
  let failure: unknown;
  let mostRetained = 0;
  try {
    for (const chunk of chunks) {
      const reused = Buffer.from(chunk);
      reader.push(reused);
      for (let part = reader.next(); part !== undefined; part = reader.next()) gather(messages, part);
      mostRetained = Math.max(mostRetained, reader.retainedBytes);
      if (reader.isDrained) reused.fill(0xaa);
    }
    const last = messages.at(-1);
    if (reader.end() !== undefined && last !== undefined) last.isWhole = true;
  } catch (error) {
    failure = error;
  }
  return { messages, failure, mostRetained };
}

/** Reads requests; `failure` also tells when the stream ended within one. */
export function readRequests(chunks: readonly Buffer[], limits?: HeadLimits): Reading<RequestHead> {
  return readAll(createRequestReader(limits), chunks);
}

/** Reads the response to one request. */
export function readResponse(
  chunks: readonly Buffer[],
  asked: Partial<AskedRequest> = {},
  limits?: HeadLimits,
): Reading<ResponseHead> {
  const reader = new ResponseReader(limits);
  reader.expect({ method: 'GET', upgrade: undefined, ...asked });
  return readAll(reader, chunks);
}

/** Cuts bytes at some places, in any order and as often as given. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const inside = places.map((place) => place % (bytes.length + 1));
  const sorted = [0, ...inside.sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

/** Latin1 text as bytes. */
export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
