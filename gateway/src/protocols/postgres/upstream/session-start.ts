import type { Secret } from '../../../credentials/secret.ts';
import { decodeBackendKeyData } from '../wire/backend/backend-key-data.ts';
import { BackendType } from '../wire/backend/backend-type.ts';
import { decodeNoticeResponse, type Report } from '../wire/backend/error-response.ts';
import { decodeParameterStatus } from '../wire/backend/parameter-status.ts';
import { decodeReadyForQuery, type TransactionStatus } from '../wire/backend/ready-for-query.ts';
import { toTypeName } from '../wire/errors.ts';
import { UpstreamError } from './errors.ts';
import type { ServerMessage, ServerPeer } from './message-channel.ts';
import { redactReport, toRefusal } from './server-report.ts';

/** With it a request on another connection cancels what this one is doing. */
export interface CancelKey {
  readonly processId: number;
  /** 4 bytes in protocol 3.0, 4 to 256 in 3.2. */
  readonly secretKey: Buffer;
}

/** What the server reported between AuthenticationOk and ReadyForQuery. */
export interface ReadyState {
  readonly parameters: Map<string, string>;
  readonly notices: Report[];
  readonly cancelKey: CancelKey;
}

const MAX_PARAMETERS = 64;
const MAX_NOTICES = 32;
const SHORT_KEY_BYTES = 4;

/** Reads to the first ReadyForQuery, which must say idle. A server without cancel key is refused: kill needs it. */
export async function readUntilReady(
  peer: ServerPeer,
  login: { readonly secret: Secret | undefined; readonly protocolMinor: 0 | 2 },
): Promise<ReadyState> {
  const parameters = new Map<string, string>();
  const notices: Report[] = [];
  let cancelKey: CancelKey | undefined;
  for (;;) {
    const message = await peer.receive();
    if (message.type === BackendType.ReadyForQuery) {
      requireStatus(message, 'I');
      if (cancelKey === undefined) throw broken('no cancel key');
      return { parameters, notices, cancelKey };
    }
    if (message.type === BackendType.BackendKeyData) {
      if (cancelKey !== undefined) throw broken('a second cancel key');
      cancelKey = readCancelKey(message, login.protocolMinor);
    } else {
      takeAsynchronous(message, { parameters, notices }, login.secret);
    }
  }
}

/** Takes a message that may come at any time; refuses any other. Texts lose the secret, if the server repeats it. */
export function takeAsynchronous(
  message: ServerMessage,
  state: { readonly parameters: Map<string, string>; readonly notices: Report[] },
  secret: Secret | undefined,
): void {
  const { type, bytes, start, end } = message;
  if (type === BackendType.ErrorResponse) throw toRefusal(message, secret);
  if (type === BackendType.ParameterStatus) {
    const { name, value } = decodeParameterStatus(bytes, start, end);
    state.parameters.set(name, value);
    if (state.parameters.size > MAX_PARAMETERS) throw broken(`more than ${MAX_PARAMETERS} parameters`);
  } else if (type === BackendType.NoticeResponse) {
    state.notices.push(redactReport(decodeNoticeResponse(bytes, start, end), secret));
    if (state.notices.length > MAX_NOTICES) throw broken(`more than ${MAX_NOTICES} notices`);
  } else {
    throw broken(`message type ${toTypeName(type)}`);
  }
}

/** Refuses a ReadyForQuery that says anything but what is expected: idle, unless the gateway has opened a transaction. */
export function requireStatus(message: ServerMessage, expected: TransactionStatus): void {
  const { status } = decodeReadyForQuery(message.bytes, message.start, message.end);
  if (status !== expected) throw broken(`transaction status ${status}`);
}

function readCancelKey(message: ServerMessage, protocolMinor: 0 | 2): CancelKey {
  const { processId, secretKey } = decodeBackendKeyData(message.bytes, message.start, message.end);
  if (protocolMinor === 0 && secretKey.length !== SHORT_KEY_BYTES) {
    throw broken(`a cancel key of ${secretKey.length} bytes in protocol 3.0`);
  }
  // A copy: the message is a view of a chunk that would otherwise stay in memory for the whole session.
  return { processId, secretKey: Buffer.from(secretKey) };
}

function broken(what: string): UpstreamError {
  return new UpstreamError('ERR_UPSTREAM_PROTOCOL', `the server sent ${what} before it was ready`);
}
