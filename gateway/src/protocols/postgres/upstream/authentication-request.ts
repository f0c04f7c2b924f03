import type { Secret } from '../../../credentials/secret.ts';
import { type Authentication, decodeAuthentication } from '../wire/backend/authentication.ts';
import { BackendType } from '../wire/backend/backend-type.ts';
import { toTypeName } from '../wire/errors.ts';
import { UpstreamError } from './errors.ts';
import type { ServerMessage, ServerPeer } from './message-channel.ts';
import { toRefusal } from './server-report.ts';

/** The next message, which must be an Authentication of that kind. */
export async function expectAuthentication<Kind extends Authentication['kind']>(
  peer: ServerPeer,
  kind: Kind,
  secret: Secret,
): Promise<Extract<Authentication, { kind: Kind }>> {
  const answer = toAuthentication(await peer.receive(), secret);
  if (isOfKind(answer, kind)) return answer;
  const message = `the server sent authentication ${answer.kind} where ${kind} is due`;
  throw new UpstreamError('ERR_UPSTREAM_PROTOCOL', message);
}

function isOfKind<Kind extends Authentication['kind']>(
  answer: Authentication,
  kind: Kind,
): answer is Extract<Authentication, { kind: Kind }> {
  return answer.kind === kind;
}

/** Reads an Authentication message; an ErrorResponse is thrown as what it means, anything else refused. */
export function toAuthentication(message: ServerMessage, secret: Secret | undefined): Authentication {
  if (message.type === BackendType.ErrorResponse) throw toRefusal(message, secret);
  if (message.type !== BackendType.Authentication) {
    const text = `the server sent message type ${toTypeName(message.type)} before the login was over`;
    throw new UpstreamError('ERR_UPSTREAM_PROTOCOL', text);
  }
  return decodeAuthentication(message.bytes, message.start, message.end);
}
