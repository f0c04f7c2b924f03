/** Every PostgreSQL message by its type byte: how it is read and, where the gateway writes it, written back. */
import { decodeAuthentication } from '../../src/protocols/postgres/wire/backend/authentication.ts';
import {
  decodeBackendKeyData,
  encodeBackendKeyData,
} from '../../src/protocols/postgres/wire/backend/backend-key-data.ts';
import { BackendType } from '../../src/protocols/postgres/wire/backend/backend-type.ts';
import {
  decodeCommandComplete,
  encodeCommandComplete,
} from '../../src/protocols/postgres/wire/backend/command-complete.ts';
import {
  decodeCopyInResponse,
  decodeCopyOutResponse,
  encodeCopyResponse,
} from '../../src/protocols/postgres/wire/backend/copy-response.ts';
import { locateCells } from '../../src/protocols/postgres/wire/backend/data-row.ts';
import {
  decodeErrorResponse,
  decodeNoticeResponse,
  encodeReportFields,
} from '../../src/protocols/postgres/wire/backend/error-response.ts';
import {
  decodeFunctionCallResponse,
  encodeFunctionCallResponse,
} from '../../src/protocols/postgres/wire/backend/function-call-response.ts';
import {
  decodeNegotiateProtocolVersion,
  encodeNegotiateProtocolVersion,
} from '../../src/protocols/postgres/wire/backend/negotiate-protocol-version.ts';
import {
  decodeNotificationResponse,
  encodeNotificationResponse,
} from '../../src/protocols/postgres/wire/backend/notification-response.ts';
import {
  decodeParameterDescription,
  encodeParameterDescription,
} from '../../src/protocols/postgres/wire/backend/parameter-description.ts';
import {
  decodeParameterStatus,
  encodeParameterStatus,
} from '../../src/protocols/postgres/wire/backend/parameter-status.ts';
import {
  decodeReadyForQuery,
  encodeReadyForQuery,
} from '../../src/protocols/postgres/wire/backend/ready-for-query.ts';
import {
  decodeRowDescription,
  encodeRowDescription,
} from '../../src/protocols/postgres/wire/backend/row-description.ts';
import { decodeBind, encodeBind } from '../../src/protocols/postgres/wire/frontend/bind.ts';
import { decodeClose, encodeClose } from '../../src/protocols/postgres/wire/frontend/close.ts';
import { decodeCopyFail, encodeCopyFail } from '../../src/protocols/postgres/wire/frontend/copy-fail.ts';
import { decodeDescribe, encodeDescribe } from '../../src/protocols/postgres/wire/frontend/describe.ts';
import { decodeExecute, encodeExecute } from '../../src/protocols/postgres/wire/frontend/execute.ts';
import { FrontendType } from '../../src/protocols/postgres/wire/frontend/frontend-type.ts';
import {
  decodeFunctionCall,
  encodeFunctionCall,
} from '../../src/protocols/postgres/wire/frontend/function-call.ts';
import { decodeParse, encodeParse } from '../../src/protocols/postgres/wire/frontend/parse.ts';
import {
  decodeSaslInitialResponse,
  decodeSaslResponse,
} from '../../src/protocols/postgres/wire/frontend/password.ts';
import { decodeQuery, encodeQuery } from '../../src/protocols/postgres/wire/frontend/query.ts';
import type { Decode } from './message-properties.ts';

/** A message as a test shows it, and its bytes as the codec would write them, if it writes them. */
interface ReadMessage {
  readonly content: unknown;
  readonly rewritten: Buffer | undefined;
}

/** Reads one message of a known type. */
export type ReadOne = Decode<ReadMessage>;

function both<Message>(decode: Decode<Message>, encode?: (message: Message) => Buffer): ReadOne {
  return (bytes, start, end) => {
    const content = decode(bytes, start, end);
    return { content, rewritten: encode?.(content) };
  };
}

const readBody: ReadOne = (bytes, start, end) => ({
  content: bytes.subarray(start + 5, end),
  rewritten: undefined,
});

const readCells: ReadOne = (bytes, start, end) => {
  const places = new Int32Array(64);
  const count = locateCells(bytes, { start, end }, places);
  const content = Array.from({ length: count }, (_, index) => {
    const [at = 0, length = 0] = places.subarray(2 * index, 2 * index + 2);
    return length === -1 ? null : bytes.subarray(at, at + length);
  });
  return { content, rewritten: undefined };
};

const { Password: _password, ...judged } = FrontendType;

/** Names of the messages by their type, apart from the three of type `p`. */
export const FRONTEND_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(judged).map(([name, type]) => [type, name]),
);

/** Names of the messages by their type. */
export const BACKEND_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(BackendType).map(([name, type]) => [type, name]),
);

/** Readers of the client's messages; those that are missing have no body worth showing but their bytes. */
export const FRONTEND_READERS: ReadonlyMap<number, ReadOne> = new Map<number, ReadOne>([
  [FrontendType.Query, both(decodeQuery, ({ text }) => encodeQuery(text))],
  [FrontendType.Parse, both(decodeParse, encodeParse)],
  [FrontendType.Bind, both(decodeBind, encodeBind)],
  [FrontendType.Describe, both(decodeDescribe, encodeDescribe)],
  [FrontendType.Close, both(decodeClose, encodeClose)],
  [FrontendType.Execute, both(decodeExecute, encodeExecute)],
  [FrontendType.FunctionCall, both(decodeFunctionCall, encodeFunctionCall)],
  [FrontendType.CopyFail, both(decodeCopyFail, ({ reason }) => encodeCopyFail(reason))],
]);

/** Readers of messages of type `p`, by the kind of Authentication message before them. */
export const PASSWORD_READERS: ReadonlyMap<string, ReadOne> = new Map([
  ['sasl', both(decodeSaslInitialResponse)],
  ['saslContinue', both(decodeSaslResponse)],
]);

/** Readers of the server's messages; those that are missing have no body worth showing but their bytes. */
export const BACKEND_READERS: ReadonlyMap<number, ReadOne> = new Map<number, ReadOne>([
  [BackendType.Authentication, both(decodeAuthentication)],
  [
    BackendType.BackendKeyData,
    both(decodeBackendKeyData, (m) => encodeBackendKeyData(m.processId, m.secretKey)),
  ],
  [BackendType.CommandComplete, both(decodeCommandComplete, ({ tag }) => encodeCommandComplete(tag))],
  [BackendType.CopyInResponse, both(decodeCopyInResponse, encodeCopyResponse)],
  [BackendType.CopyOutResponse, both(decodeCopyOutResponse, encodeCopyResponse)],
  [BackendType.DataRow, readCells],
  [BackendType.ErrorResponse, both(decodeErrorResponse, ({ fields }) => encodeReportFields('error', fields))],
  [
    BackendType.FunctionCallResponse,
    both(decodeFunctionCallResponse, ({ value }) => encodeFunctionCallResponse(value)),
  ],
  [
    BackendType.NegotiateProtocolVersion,
    both(decodeNegotiateProtocolVersion, (m) =>
      encodeNegotiateProtocolVersion(m.newestMinor, m.unrecognised),
    ),
  ],
  [
    BackendType.NoticeResponse,
    both(decodeNoticeResponse, ({ fields }) => encodeReportFields('notice', fields)),
  ],
  [BackendType.NotificationResponse, both(decodeNotificationResponse, encodeNotificationResponse)],
  [
    BackendType.ParameterDescription,
    both(decodeParameterDescription, (m) => encodeParameterDescription(m.typeOids)),
  ],
  [BackendType.ParameterStatus, both(decodeParameterStatus, (m) => encodeParameterStatus(m.name, m.value))],
  [BackendType.ReadyForQuery, both(decodeReadyForQuery, ({ status }) => encodeReadyForQuery(status))],
  [BackendType.RowDescription, both(decodeRowDescription, ({ fields }) => encodeRowDescription(fields))],
]);

/** Shows the bytes of a message that has no reader. */
export const readUnknownBody: ReadOne = readBody;
