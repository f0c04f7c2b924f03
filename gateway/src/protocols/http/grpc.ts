/** What the gateway knows of gRPC over HTTP/2: when a request is one, and how it is refused in the client's own form. */
import type { AnswerHead } from './downstream/client-exchange.ts';
import { HeadFields } from './wire/encode/head-fields.ts';
import type { RequestHead } from './wire/head/request-head.ts';

const TYPE = /^application\/grpc(\+[a-z]+)?( *;|$)/i;

/** Status codes of gRPC by the status of HTTP. None of those that clients repeat by themselves, but where nothing was reached. */
const CODES: Readonly<Record<number, number>> = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 5, // NOT_FOUND
  408: 4, // DEADLINE_EXCEEDED
  429: 8, // RESOURCE_EXHAUSTED
  501: 12, // UNIMPLEMENTED
  502: 14, // UNAVAILABLE
  503: 14,
  504: 4,
};
const INTERNAL = 13;

/** Whether the body of a request is a stream of messages of gRPC. */
export function isGrpc({ framing, fields }: RequestHead): boolean {
  return framing.kind !== 'none' && fields.valuesOf('content-type').some((type) => TYPE.test(type));
}

/** Whether its client reads a refusal in trailers: it has to say so (gRPC over HTTP2, "Requests"). */
export function readsGrpcStatus(head: RequestHead): boolean {
  return isGrpc(head) && head.fields.valuesOf('te').some((value) => value.toLowerCase() === 'trailers');
}

/** A refusal as trailers without messages (gRPC over HTTP2, "Responses"). */
export function grpcRefusal(status: number, message: string): AnswerHead {
  const fields = new HeadFields()
    .add('content-type', 'application/grpc')
    .add('grpc-status', String(CODES[status] ?? INTERNAL))
    .add('grpc-message', percentEncoded(message));
  return { status: 200, fields, length: 0, isWhole: true };
}

/** The bytes of a message that are not printable ASCII, and the percent sign, as `%XX`. */
function percentEncoded(message: string): string {
  let text = '';
  for (const byte of Buffer.from(message.trim(), 'utf8')) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    text += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}
