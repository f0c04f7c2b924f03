/** The way up: the request in its one form, with the gateway's credential, and its body as it comes. */
import type { HttpResourceConfig } from '../config.ts';
import type { ClientExchange } from '../downstream/client-exchange.ts';
import { type RequestForm, writeTarget } from '../facts/request-form.ts';
import { type InjectedCredential, targetWith } from '../upstream/injected-credential.ts';
import type { ServiceExchange } from '../upstream/service-exchange.ts';
import { serviceUrl } from '../upstream/service-url.ts';
import type { BodyFraming } from '../wire/body/framing.ts';
import type { OutgoingRequest } from '../wire/encode/encode-request.ts';
import { HeadFields } from '../wire/encode/head-fields.ts';
import type { RequestHead } from '../wire/head/request-head.ts';
import type { HeldBody } from './body-window.ts';
import type { RecordedRequestBody } from './recorded-request.ts';

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
    readonly injected: InjectedCredential | undefined;
    /** Codings that can be undone; undefined: those of the client. */
    readonly acceptEncoding: string | undefined;
    /** Of a WebSocket handshake: the gateway's own key. */
    readonly webSocketKey?: string | undefined;
  },
): OutgoingRequest {
  const { injected, resource, framing, acceptEncoding, webSocketKey } = how;
  const own = injected?.place === 'header' ? injected : undefined;
  const fields = new HeadFields();
  for (const [name, values] of form.headers) {
    if (name === own?.name || (acceptEncoding !== undefined && name === 'accept-encoding')) continue;
    // In what is coded message by message the credential would not be found.
    if (injected !== undefined && name === 'grpc-accept-encoding') continue;
    for (const value of values) fields.add(name, value);
  }
  if (acceptEncoding !== undefined) fields.add('accept-encoding', acceptEncoding);
  if (own !== undefined) fields.add(own.name, own.value);
  if (webSocketKey !== undefined) addHandshake(fields, webSocketKey, form.webSocket?.protocols ?? []);
  const { basePath, host } = serviceUrl(resource);
  return {
    method: form.method,
    target: targetWith(`${basePath}${writeTarget(form)}`, injected),
    host,
    fields,
    framing,
    acceptsTrailers: acceptsTrailers(head),
    ...(webSocketKey === undefined ? {} : { upgrade: 'websocket' }),
  };
}

/** RFC 6455 section 4.1. */
function addHandshake(fields: HeadFields, key: string, protocols: readonly string[]): void {
  fields.add('sec-websocket-key', key).add('sec-websocket-version', '13');
  if (protocols.length > 0) fields.add('sec-websocket-protocol', protocols.join(', '));
}

/** The client takes trailers (RFC 9110 section 10.1.4). */
export function acceptsTrailers(head: RequestHead): boolean {
  return head.fields.valuesOf('te').some((value) => /\btrailers\b/i.test(value));
}

/** What a body is sent with. */
export interface Upload {
  readonly client: ClientExchange;
  readonly service: ServiceExchange;
  readonly held: HeldBody;
  readonly recorded: RecordedRequestBody;
  readonly idleTimeoutMs: number;
}

/** Sends head and body, as fast as the service takes them. True when all of it went; false when the service takes no more. */
export async function sendRequest(request: OutgoingRequest, upload: Upload): Promise<boolean> {
  const { client, service, held, recorded, idleTimeoutMs } = upload;
  if (held.isComplete && held.bytes <= SMALL_BODY) {
    service.begin(request, held.chunks);
    return true;
  }
  service.begin(request);
  for (const chunk of held.chunks) {
    if (!(await service.write(chunk, idleTimeoutMs))) return false;
  }
  if (held.isComplete) return service.end(idleTimeoutMs);
  for (;;) {
    const part = await client.nextBody();
    // Trailers were not judged, so they are not sent (RFC 9110 section 6.5.1).
    if (part.kind === 'end') {
      await recorded.end();
      return service.end(idleTimeoutMs);
    }
    const slice = part.bytes.subarray(part.start, part.end);
    await recorded.data(slice);
    if (!(await service.write(slice, idleTimeoutMs))) return false;
  }
}
