/** Byte fixtures derived by hand from protocol-message-formats: each message is read, and written back to the same bytes. */
import { describe, expect, it } from 'vitest';
import { encodeBareMessage } from '../bare-message.ts';
import { decodeBackendKeyData, encodeBackendKeyData } from './backend-key-data.ts';
import { BackendType } from './backend-type.ts';
import {
  encodeBindComplete,
  encodeCloseComplete,
  encodeEmptyQueryResponse,
  encodeNoData,
  encodeParseComplete,
  encodePortalSuspended,
} from './bare-backend-messages.ts';
import { decodeCommandComplete, encodeCommandComplete } from './command-complete.ts';
import {
  decodeCopyBothResponse,
  decodeCopyInResponse,
  decodeCopyOutResponse,
  encodeCopyResponse,
} from './copy-response.ts';
import { decodeFunctionCallResponse, encodeFunctionCallResponse } from './function-call-response.ts';
import {
  decodeNegotiateProtocolVersion,
  encodeNegotiateProtocolVersion,
} from './negotiate-protocol-version.ts';
import { decodeNotificationResponse, encodeNotificationResponse } from './notification-response.ts';
import { decodeParameterDescription, encodeParameterDescription } from './parameter-description.ts';
import { decodeParameterStatus, encodeParameterStatus } from './parameter-status.ts';
import { decodeReadyForQuery, encodeReadyForQuery } from './ready-for-query.ts';
import { decodeRowDescription, encodeRowDescription } from './row-description.ts';

/** A message of the given type letter around a body in hexadecimal. */
function message(type: string, body: string): Buffer {
  const bytes = Buffer.from(body.replaceAll(' ', ''), 'hex');
  const header = Buffer.alloc(5, type);
  header.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([header, bytes]);
}

/** Decodes a message that lies between others in its chunk. */
function decodeInside<Message>(
  decode: (bytes: Buffer, start: number, end: number) => Message,
  bytes: Buffer,
): Message {
  const around = encodeBareMessage(BackendType.NoData);
  return decode(Buffer.concat([around, bytes, around]), 5, 5 + bytes.length);
}

describe('ParameterStatus', () => {
  it('has a name and a value', () => {
    const bytes = message('S', '545a00 55544300');
    expect(decodeInside(decodeParameterStatus, bytes)).toEqual({ name: 'TZ', value: 'UTC' });
    expect(encodeParameterStatus('TZ', 'UTC')).toEqual(bytes);
  });
});

describe('BackendKeyData', () => {
  it('has a process id and a key of 4 bytes, or up to 256 in protocol 3.2', () => {
    const bytes = message('K', '00003039 01020304');
    expect(decodeInside(decodeBackendKeyData, bytes)).toEqual({
      processId: 12345,
      secretKey: Buffer.of(1, 2, 3, 4),
    });
    expect(encodeBackendKeyData(12345, Buffer.of(1, 2, 3, 4))).toEqual(bytes);
    const long = message('K', `ffffffff ${'cd'.repeat(256)}`);
    expect(decodeInside(decodeBackendKeyData, long).secretKey).toHaveLength(256);
    expect(encodeBackendKeyData(-1, Buffer.alloc(256, 0xcd))).toEqual(long);
  });

  it.each([0, 3, 257])('refuses a key of %i bytes', (length) => {
    expect(() => decodeInside(decodeBackendKeyData, message('K', `00003039 ${'00'.repeat(length)}`))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_LENGTH', source: 'upstream' }),
    );
    expect(() => encodeBackendKeyData(1, Buffer.alloc(length))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_LENGTH', source: 'internal' }),
    );
  });
});

describe('ReadyForQuery', () => {
  it.each(['I', 'T', 'E'] as const)('tells the transaction status %s', (status) => {
    const bytes = message('Z', Buffer.from(status).toString('hex'));
    expect(decodeInside(decodeReadyForQuery, bytes)).toEqual({ status });
    expect(encodeReadyForQuery(status)).toEqual(bytes);
  });

  it.each(['', '00', '58', '4949'])('refuses a status of %s', (body) => {
    expect(() => decodeInside(decodeReadyForQuery, message('Z', body))).toThrow(
      expect.objectContaining({ source: 'upstream' }),
    );
  });
});

describe('RowDescription', () => {
  const FIELD = '6900 00004001 0002 00000017 0004 ffffffff 0000';

  it('describes each column', () => {
    const bytes = message('T', `0002 ${FIELD} 3f00 00000000 0000 ffffffff ffff 00000008 0001`);
    const fields = [
      {
        name: 'i',
        tableOid: 16385,
        attributeNumber: 2,
        typeOid: 23,
        typeSize: 4,
        typeModifier: -1,
        format: 'text',
      },
      {
        name: '?',
        tableOid: 0,
        attributeNumber: 0,
        typeOid: 4294967295,
        typeSize: -1,
        typeModifier: 8,
        format: 'binary',
      },
    ] as const;
    expect(decodeInside(decodeRowDescription, bytes)).toEqual({ fields });
    expect(encodeRowDescription(fields)).toEqual(bytes);
  });

  it('may have no columns', () => {
    expect(decodeInside(decodeRowDescription, message('T', '0000'))).toEqual({ fields: [] });
    expect(encodeRowDescription([])).toEqual(message('T', '0000'));
  });

  it.each([
    ['more columns counted than there are', `ffff ${FIELD}`, 'ERR_WIRE_TRUNCATED'],
    ['a column cut short', `0001 ${FIELD.slice(0, -5)}`, 'ERR_WIRE_TRUNCATED'],
    ['more columns than counted', `0001 ${FIELD} ${FIELD}`, 'ERR_WIRE_TRAILING'],
    ['an unknown format', `0001 ${FIELD.slice(0, -4)}0002`, 'ERR_WIRE_VALUE'],
    ['a name that is not UTF-8', `0001 ff${FIELD.slice(2)}`, 'ERR_WIRE_TEXT'],
  ])('class 8: refuses %s', (_title, body, code) => {
    expect(() => decodeInside(decodeRowDescription, message('T', body))).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('ParameterDescription', () => {
  it('lists type oids', () => {
    const bytes = message('t', '0002 00000017 ffffffff');
    expect(decodeInside(decodeParameterDescription, bytes)).toEqual({ typeOids: [23, 4294967295] });
    expect(encodeParameterDescription([23, 4294967295])).toEqual(bytes);
    expect(() => decodeInside(decodeParameterDescription, message('t', 'ffff 00000017'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TRUNCATED' }),
    );
  });
});

describe('CommandComplete', () => {
  it.each([
    ['SELECT 5', 'SELECT', 5],
    ['INSERT 0 12', 'INSERT', 12],
    ['UPDATE 0', 'UPDATE', 0],
    ['MERGE 3', 'MERGE', 3],
    ['COPY 999999999999999', 'COPY', 999_999_999_999_999],
    ['CREATE TABLE', 'CREATE TABLE', undefined],
    ['BEGIN', 'BEGIN', undefined],
    ['5', '5', undefined],
    ['', '', undefined],
    ['SELECT -1', 'SELECT -1', undefined],
    ['SELECT 1e3', 'SELECT 1e3', undefined],
    ['SELECT 0x10', 'SELECT 0x10', undefined],
  ])('takes the tag %j apart', (tag, command, rows) => {
    const bytes = message('C', `${Buffer.from(tag).toString('hex')}00`);
    expect(decodeInside(decodeCommandComplete, bytes)).toEqual({ tag, command, rows });
    expect(encodeCommandComplete(tag)).toEqual(bytes);
  });

  it('class 8: refuses a count that a number cannot hold', () => {
    expect(() =>
      decodeInside(decodeCommandComplete, encodeCommandComplete('SELECT 9999999999999999')),
    ).toThrow(expect.objectContaining({ code: 'ERR_WIRE_VALUE' }));
  });

  it('P10: takes a tag of a million spaces without making a million words', () => {
    const tag = ' '.repeat(1_000_000);
    expect(decodeInside(decodeCommandComplete, encodeCommandComplete(tag))).toEqual({
      tag,
      command: tag,
      rows: undefined,
    });
  });
});

describe('NegotiateProtocolVersion', () => {
  it('writes the whole version number, as servers do and libpq requires', () => {
    const bytes = message('v', '00030002 00000001 5f70715f2e7800');
    expect(encodeNegotiateProtocolVersion(2, ['_pq_.x'])).toEqual(bytes);
    expect(decodeInside(decodeNegotiateProtocolVersion, bytes)).toEqual({
      newestMinor: 2,
      unrecognised: ['_pq_.x'],
    });
  });

  it('reads the bare minor version of the documentation too', () => {
    const { newestMinor } = decodeInside(decodeNegotiateProtocolVersion, message('v', '00000002 00000000'));
    expect(newestMinor).toBe(2);
  });

  it.each([
    ['another major version', '00040000 00000000', 'ERR_WIRE_VERSION'],
    ['a negative count', '00030000 ffffffff', 'ERR_WIRE_TRUNCATED'],
    ['more options counted than there are', '00030000 7fffffff 00', 'ERR_WIRE_TRUNCATED'],
    ['options no client sends', `00030000 00000101 ${'00'.repeat(257)}`, 'ERR_WIRE_TOO_LONG'],
  ])('class 8: refuses %s', (_title, body, code) => {
    expect(() => decodeInside(decodeNegotiateProtocolVersion, message('v', body))).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('NotificationResponse', () => {
  it('has a process id, a channel and a payload', () => {
    const bytes = message('A', '00003039 6a6f627300 343200');
    const notification = { processId: 12345, channel: 'jobs', payload: '42' };
    expect(decodeInside(decodeNotificationResponse, bytes)).toEqual(notification);
    expect(encodeNotificationResponse(notification)).toEqual(bytes);
  });
});

describe('CopyInResponse, CopyOutResponse and CopyBothResponse', () => {
  it.each([
    ['G', 'in', decodeCopyInResponse],
    ['H', 'out', decodeCopyOutResponse],
    ['W', 'both', decodeCopyBothResponse],
  ] as const)('%s begins a copy %s with its formats', (type, direction, decode) => {
    const text = message(type, '00 0002 0000 0000');
    const response = { direction, format: 'text', columnFormats: ['text', 'text'] } as const;
    expect(decodeInside(decode, text)).toEqual(response);
    expect(encodeCopyResponse(response)).toEqual(text);
    expect(decodeInside(decode, message(type, '01 0001 0001'))).toEqual({
      direction,
      format: 'binary',
      columnFormats: ['binary'],
    });
    expect(() => decodeInside(decode, message(type, '02 0000'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_VALUE' }),
    );
    expect(() => decodeInside(decode, message(type, '00 ffff'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TRUNCATED' }),
    );
  });
});

describe('FunctionCallResponse', () => {
  it('has a value or NULL', () => {
    const bytes = message('V', '00000002 3432');
    expect(decodeInside(decodeFunctionCallResponse, bytes)).toEqual({ value: Buffer.from('42') });
    expect(encodeFunctionCallResponse(Buffer.from('42'))).toEqual(bytes);
    const none = message('V', 'ffffffff');
    expect(decodeInside(decodeFunctionCallResponse, none)).toEqual({ value: undefined });
    expect(encodeFunctionCallResponse(undefined)).toEqual(none);
    expect(() => decodeInside(decodeFunctionCallResponse, message('V', 'fffffffe'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_LENGTH' }),
    );
  });
});

describe('messages without a body', () => {
  it.each([
    ['1', encodeParseComplete],
    ['2', encodeBindComplete],
    ['3', encodeCloseComplete],
    ['n', encodeNoData],
    ['I', encodeEmptyQueryResponse],
    ['s', encodePortalSuspended],
  ] as const)('%s is only a header', (type, encode) => {
    expect(encode()).toEqual(message(type, ''));
  });
});
