/** The way up: the request in its one form, with the gateway's credential, and its body as it comes. */
import type { HttpResourceConfig } from '../config.ts';
import type { ClientStream } from '../downstream/client-stream.ts';
import { type RequestForm, writeTarget } from '../facts/request-form.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import type { InjectedField } from '../upstream/services.ts';
import type { BodyFraming } from '../wire/body/framing.ts';
import { CHUNK_END, encodeChunkedEnd, encodeChunkStart } from '../wire/encode/encode-chunk.ts';
import { encodeRequestHead } from '../wire/encode/encode-request.ts';
import { HeadFields } from '../wire/encode/head-fields.ts';
import type { RequestHead } from '../wire/head/request-head.ts';
import type { HeldBody } from './body-window.ts';
import type { ExchangeRecord } from './exchange-record.ts';

/** Bytes that are sent as one. */
const SMALL_BODY = 64 * 1024;

/** How the body goes up: as long as it is, where that is known. */
export function requestFraming(head: RequestHead, held: HeldBody): BodyFraming {
  if (head.framing.kind === 'none') return { kind: 'none' };
  return held.isComplete ? { kind: 'length', length: held.bytes } : head.framing;
}

/** The head: made of the form alone, so it is what was judged (P2). */
export function requestHead(
  form: RequestForm,
  head: RequestHead,
  how: {
    readonly resource: HttpResourceConfig;
    readonly framing: BodyFraming;
    readonly injected: InjectedField | undefined;
    /** Codings that a mask can undo; undefined: those of the client. */
    readonly acceptEncoding: string | undefined;
  },
): Buffer {
  const { injected, resource, framing, acceptEncoding } = how;
  const fields = new HeadFields();
  for (const [name, values] of form.headers) {
    if (name === injected?.name || (acceptEncoding !== undefined && name === 'accept-encoding')) continue;
    for (const value of values) fields.add(name, value);
  }
  if (acceptEncoding !== undefined) fields.add('accept-encoding', acceptEncoding);
  if (injected !== undefined) fields.add(injected.name, injected.value);
  const url = new URL(resource.url);
  return encodeRequestHead({
    method: form.method,
    target: `${url.pathname.replace(/\/$/, '')}${writeTarget(form)}`,
    host: url.host,
    fields,
    framing,
    acceptsTrailers: head.fields.valuesOf('te').some((value) => /\btrailers\b/i.test(value)),
  });
}

/** What a body is sent with. */
export interface Upload {
  readonly client: ClientStream;
  readonly connection: UpstreamConnection;
  readonly framing: BodyFraming;
  readonly held: HeldBody;
  readonly record: ExchangeRecord;
  readonly idleTimeoutMs: number;
}

/** Sends head and body, as fast as the service takes them. True when all of it went; false when the service takes no more. */
export async function sendRequest(method: string, head: Buffer, upload: Upload): Promise<boolean> {
  const { client, connection, held, framing, record, idleTimeoutMs } = upload;
  if (held.isComplete && held.bytes <= SMALL_BODY) {
    connection.begin(method, held.bytes === 0 ? head : Buffer.concat([head, ...held.chunks]));
    return true;
  }
  connection.begin(method, head);
  const isChunked = framing.kind === 'chunked';
  for (const chunk of held.chunks) {
    if (!(await connection.write(isChunked ? chunked(chunk) : chunk, idleTimeoutMs))) return false;
  }
  if (held.isComplete) return true;
  for (;;) {
    const part = await client.nextBody();
    // Trailers were not judged, so they are not sent (RFC 9110 section 6.5.1).
    if (part.kind === 'end') return isChunked ? connection.write(encodeChunkedEnd(), idleTimeoutMs) : true;
    await record.data('request', part.bytes, part.start, part.end);
    const slice = part.bytes.subarray(part.start, part.end);
    if (!(await connection.write(isChunked ? chunked(slice) : slice, idleTimeoutMs))) return false;
  }
}

/** A chunk with what frames it. */
export function chunked(slice: Buffer): readonly Buffer[] {
  return [encodeChunkStart(slice.length), slice, CHUNK_END];
}
