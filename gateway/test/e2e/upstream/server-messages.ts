import { encodeAuthenticationOk } from '../../../src/protocols/postgres/wire/backend/authentication.ts';
import { encodeBackendKeyData } from '../../../src/protocols/postgres/wire/backend/backend-key-data.ts';
import { encodeDataRow } from '../../../src/protocols/postgres/wire/backend/data-row.ts';
import { encodeParameterStatus } from '../../../src/protocols/postgres/wire/backend/parameter-status.ts';
import { encodeReadyForQuery } from '../../../src/protocols/postgres/wire/backend/ready-for-query.ts';

/** A message of any type with any body. */
export function rawMessage(type: string, body: Uint8Array | string = ''): Buffer {
  const content = Buffer.from(body);
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([header, content]);
}

/** An Authentication message of any kind. */
export function authentication(kind: number, data: Uint8Array | string = ''): Buffer {
  const code = Buffer.alloc(4);
  code.writeInt32BE(kind);
  return rawMessage('R', Buffer.concat([code, Buffer.from(data)]));
}

/** What an honest server reports of the pinned settings. */
export const PINNED_REPORTS: readonly Buffer[] = [
  encodeParameterStatus('client_encoding', 'UTF8'),
  encodeParameterStatus('standard_conforming_strings', 'on'),
  encodeParameterStatus('search_path', '"public"'),
];

/** From AuthenticationOk to ReadyForQuery, as an honest server sends it. */
export const WELCOME: readonly Buffer[] = [
  encodeAuthenticationOk(),
  ...PINNED_REPORTS,
  encodeBackendKeyData(4711, Buffer.from([1, 2, 3, 4])),
  encodeReadyForQuery('I'),
];

/** The answer to the account check: one row. */
export function checkAnswer(
  cells: readonly (string | undefined)[] = ['180004', '"public"', undefined, undefined],
): Buffer[] {
  return [
    rawMessage('T', Buffer.from([0, 0])),
    encodeDataRow(cells),
    rawMessage('C', 'SELECT 1\0'),
    encodeReadyForQuery('I'),
  ];
}
