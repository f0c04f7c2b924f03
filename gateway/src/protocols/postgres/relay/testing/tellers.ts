/** Messages in short form, for transcripts. */
import { decodeCommandComplete } from '../../wire/backend/command-complete.ts';
import { decodeErrorResponse } from '../../wire/backend/error-response.ts';
import { decodeReadyForQuery } from '../../wire/backend/ready-for-query.ts';
import { decodeBind } from '../../wire/frontend/bind.ts';
import { decodeClose } from '../../wire/frontend/close.ts';
import { decodeDescribe } from '../../wire/frontend/describe.ts';
import { decodeExecute } from '../../wire/frontend/execute.ts';
import { FrontendType } from '../../wire/frontend/frontend-type.ts';
import { decodeParse } from '../../wire/frontend/parse.ts';
import { decodeQuery } from '../../wire/frontend/query.ts';
import type { Tell } from './message-lines.ts';

const word =
  (name: string): Tell =>
  () =>
    name;
const join = (...parts: readonly (string | number)[]): string =>
  parts.filter((part) => part !== '').join(' ');

/** What the server gets. */
export const FRONTEND_TELLERS: ReadonlyMap<number, Tell> = new Map<number, Tell>([
  [FrontendType.Query, (...at) => `Query ${decodeQuery(...at).text}`],
  [
    FrontendType.Parse,
    (...at) => {
      const { statement, text } = decodeParse(...at);
      return join('Parse', statement, text);
    },
  ],
  [
    FrontendType.Bind,
    (...at) => {
      const { portal, statement } = decodeBind(...at);
      return join('Bind', portal, statement);
    },
  ],
  [
    FrontendType.Execute,
    (...at) => {
      const { portal, maxRows } = decodeExecute(...at);
      return join('Execute', portal, maxRows === 0 ? '' : maxRows);
    },
  ],
  [
    FrontendType.Describe,
    (...at) => join('Describe', decodeDescribe(...at).kind, decodeDescribe(...at).name),
  ],
  [FrontendType.Close, (...at) => join('Close', decodeClose(...at).kind, decodeClose(...at).name)],
  [FrontendType.Sync, word('Sync')],
  [FrontendType.Flush, word('Flush')],
  [FrontendType.Terminate, word('Terminate')],
  [
    FrontendType.CopyData,
    (bytes, start, end) => join('CopyData', bytes.toString('utf8', start + 5, end).trim()),
  ],
  [FrontendType.CopyDone, word('CopyDone')],
  [FrontendType.CopyFail, word('CopyFail')],
]);

/** What the client gets. */
export const BACKEND_TELLERS: ReadonlyMap<number, Tell> = new Map<number, Tell>([
  [0x31, word('ParseComplete')],
  [0x32, word('BindComplete')],
  [0x33, word('CloseComplete')],
  [0x44, word('DataRow')],
  [0x47, word('CopyInResponse')],
  [0x48, word('CopyOutResponse')],
  [0x49, word('EmptyQueryResponse')],
  [0x4e, word('NoticeResponse')],
  [0x53, word('ParameterStatus')],
  [0x54, word('RowDescription')],
  [0x63, word('CopyDone')],
  [0x64, word('CopyData')],
  [0x6e, word('NoData')],
  [0x73, word('PortalSuspended')],
  [0x74, word('ParameterDescription')],
  [0x43, (...at) => decodeCommandComplete(...at).tag],
  [0x5a, (...at) => `Ready ${decodeReadyForQuery(...at).status}`],
  [
    0x45,
    (...at) => {
      const { severity, code } = decodeErrorResponse(...at);
      return join(severity ?? '', code ?? '');
    },
  ],
]);
