/** Short names for the client's messages: a case is read as the conversation it is. */
import {
  encodeCopyDone,
  encodeFlush,
  encodeSync,
} from '../../src/protocols/postgres/wire/frontend/bare-frontend-messages.ts';
import { encodeBind } from '../../src/protocols/postgres/wire/frontend/bind.ts';
import { encodeClose } from '../../src/protocols/postgres/wire/frontend/close.ts';
import { encodeDescribe } from '../../src/protocols/postgres/wire/frontend/describe.ts';
import { encodeExecute } from '../../src/protocols/postgres/wire/frontend/execute.ts';
import { FrontendType } from '../../src/protocols/postgres/wire/frontend/frontend-type.ts';
import { encodeParse } from '../../src/protocols/postgres/wire/frontend/parse.ts';
import { encodeQuery } from '../../src/protocols/postgres/wire/frontend/query.ts';

/** Simple query. */
export const query: (text: string) => Buffer = encodeQuery;

/** Parse, of the unnamed statement unless named. */
export function parse(text: string, statement = '', parameterTypes: readonly number[] = []): Buffer {
  return encodeParse({ statement, text, parameterTypes });
}

/** Bind with values in text format, undefined for NULL. */
export function bind(statement = '', portal = '', values: readonly (string | undefined)[] = []): Buffer {
  const parameters = values.map((value) => (value === undefined ? undefined : Buffer.from(value)));
  return encodeBind({ portal, statement, parameterFormats: [], parameters, resultFormats: [] });
}

/** Execute of a portal. */
export function execute(portal = '', maxRows = 0): Buffer {
  return encodeExecute({ portal, maxRows });
}

/** Describe of a statement or portal. */
export function describeOf(kind: 'statement' | 'portal', name = ''): Buffer {
  return encodeDescribe({ kind, name });
}

/** Close of a statement or portal. */
export function close(kind: 'statement' | 'portal', name = ''): Buffer {
  return encodeClose({ kind, name });
}

/** Sync. */
export const sync: () => Buffer = encodeSync;

/** Flush. */
export const flush: () => Buffer = encodeFlush;

/** CopyDone. */
export const copyDone: () => Buffer = encodeCopyDone;

/** CopyData. */
export function copyData(text: string): Buffer {
  return frame(FrontendType.CopyData, Buffer.from(text));
}

/** Parse, Bind and Execute of one text, without Sync. */
export function extended(text: string, values: readonly (string | undefined)[] = []): Buffer {
  return Buffer.concat([parse(text), bind('', '', values), execute()]);
}

/** A message of any type and body; with `length` it lies about its size. */
export function frame(
  type: number | string,
  body: Uint8Array | readonly number[] | string,
  length?: number,
): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
  const header = Buffer.alloc(5);
  header[0] = typeof type === 'string' ? type.charCodeAt(0) : type;
  header.writeInt32BE(length ?? bytes.length + 4, 1);
  return Buffer.concat([header, bytes]);
}
