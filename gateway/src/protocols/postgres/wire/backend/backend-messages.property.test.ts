import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Decode,
  findBrokenRoundTrip,
  thrownBy,
} from '../../../../../test/support/message-properties.ts';
import { WireError } from '../errors.ts';
import type { Format } from '../format-codes.ts';
import { MessageWriter } from '../message-writer.ts';
import {
  decodeAuthentication,
  encodeAuthenticationSasl,
  encodeAuthenticationSaslContinue,
  encodeAuthenticationSaslFinal,
} from './authentication.ts';
import { decodeBackendKeyData, encodeBackendKeyData } from './backend-key-data.ts';
import { BackendType } from './backend-type.ts';
import { decodeCommandComplete, encodeCommandComplete } from './command-complete.ts';
import {
  type CopyResponse,
  decodeCopyBothResponse,
  decodeCopyInResponse,
  decodeCopyOutResponse,
  encodeCopyResponse,
} from './copy-response.ts';
import { decodeErrorResponse, decodeNoticeResponse, encodeReportFields } from './error-response.ts';
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

const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed() && !value.includes('\0'));
const name = text.filter((value) => value !== '');
const bytes = fc.uint8Array({ maxLength: 30 }).map((value) => Buffer.from(value));
const format = fc.constantFrom<Format>('text', 'binary');
const int16 = fc.integer({ min: -0x8000, max: 0x7fff });
const int32 = fc.integer();
const oid = fc.integer({ min: 0, max: 0xffff_ffff });

describe('P2: decode after encode is the identity, and encode after decode gives the same bytes', () => {
  it('for RowDescription and ParameterDescription', () => {
    const field = fc.record({
      name: text,
      tableOid: oid,
      attributeNumber: int16,
      typeOid: oid,
      typeSize: int16,
      typeModifier: int32,
      format,
    });
    const rows = fc.record({ fields: fc.array(field, { maxLength: 5 }) });
    expect(
      findBrokenRoundTrip(rows, (message) => encodeRowDescription(message.fields), decodeRowDescription),
    ).toBeUndefined();
    const parameters = fc.record({ typeOids: fc.array(oid, { maxLength: 5 }) });
    expect(
      findBrokenRoundTrip(
        parameters,
        (message) => encodeParameterDescription(message.typeOids),
        decodeParameterDescription,
      ),
    ).toBeUndefined();
  });

  it('for ParameterStatus, NotificationResponse and NegotiateProtocolVersion', () => {
    expect(
      findBrokenRoundTrip(
        fc.record({ name: text, value: text }),
        (message) => encodeParameterStatus(message.name, message.value),
        decodeParameterStatus,
      ),
    ).toBeUndefined();
    expect(
      findBrokenRoundTrip(
        fc.record({ processId: int32, channel: text, payload: text }),
        encodeNotificationResponse,
        decodeNotificationResponse,
      ),
    ).toBeUndefined();
    expect(
      findBrokenRoundTrip(
        fc.record({ newestMinor: fc.nat(0xffff), unrecognised: fc.array(text, { maxLength: 4 }) }),
        (message) => encodeNegotiateProtocolVersion(message.newestMinor, message.unrecognised),
        decodeNegotiateProtocolVersion,
      ),
    ).toBeUndefined();
  });

  it('for BackendKeyData, ReadyForQuery and FunctionCallResponse', () => {
    const secretKey = fc.uint8Array({ minLength: 4, maxLength: 256 }).map((value) => Buffer.from(value));
    expect(
      findBrokenRoundTrip(
        fc.record({ processId: int32, secretKey }),
        (message) => encodeBackendKeyData(message.processId, message.secretKey),
        decodeBackendKeyData,
      ),
    ).toBeUndefined();
    expect(
      findBrokenRoundTrip(
        fc.record({ status: fc.constantFrom('I' as const, 'T' as const, 'E' as const) }),
        (message) => encodeReadyForQuery(message.status),
        decodeReadyForQuery,
      ),
    ).toBeUndefined();
    expect(
      findBrokenRoundTrip(
        fc.record({ value: fc.option(bytes, { nil: undefined }) }),
        (message) => encodeFunctionCallResponse(message.value),
        decodeFunctionCallResponse,
      ),
    ).toBeUndefined();
  });

  it('for the COPY responses', () => {
    const toArbitrary = (direction: CopyResponse['direction']): fc.Arbitrary<CopyResponse> =>
      fc.record({
        direction: fc.constant(direction),
        format,
        columnFormats: fc.array(format, { maxLength: 5 }),
      });
    expect(findBrokenRoundTrip(toArbitrary('in'), encodeCopyResponse, decodeCopyInResponse)).toBeUndefined();
    expect(
      findBrokenRoundTrip(toArbitrary('out'), encodeCopyResponse, decodeCopyOutResponse),
    ).toBeUndefined();
    expect(
      findBrokenRoundTrip(toArbitrary('both'), encodeCopyResponse, decodeCopyBothResponse),
    ).toBeUndefined();
  });

  it('for the fields of ErrorResponse and NoticeResponse', () => {
    const letter = fc.constantFrom('S', 'V', 'C', 'M', 'D', 'H', 'P', 'p', 'q', 'W', 's', 't', 'c', 'd', 'n');
    const fields = fc.array(fc.tuple(letter, text), { maxLength: 8 }).map((pairs) => new Map(pairs));
    const decodeFields =
      (decode: typeof decodeErrorResponse): Decode<ReadonlyMap<string, string>> =>
      (...message) =>
        decode(...message).fields;
    expect(
      findBrokenRoundTrip(
        fields,
        (map) => encodeReportFields('error', map),
        decodeFields(decodeErrorResponse),
      ),
    ).toBeUndefined();
    expect(
      findBrokenRoundTrip(
        fields,
        (map) => encodeReportFields('notice', map),
        decodeFields(decodeNoticeResponse),
      ),
    ).toBeUndefined();
  });

  it('for the SASL messages', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 4 }), bytes, (mechanisms, data) => {
        const sasl = encodeAuthenticationSasl(mechanisms);
        expect(decodeAuthentication(sasl, 0, sasl.length)).toEqual({ kind: 'sasl', mechanisms });
        const next = encodeAuthenticationSaslContinue(data);
        expect(decodeAuthentication(next, 0, next.length)).toEqual({ kind: 'saslContinue', data });
        const final = encodeAuthenticationSaslFinal(data);
        expect(decodeAuthentication(final, 0, final.length)).toEqual({ kind: 'saslFinal', data });
      }),
    );
  });

  it('for CommandComplete', () => {
    const command = fc.stringMatching(/^[A-Z]{1,10}( [A-Z]{1,10})?$/);
    fc.assert(
      fc.property(command, fc.option(fc.nat(), { nil: undefined }), (word, rows) => {
        const tag = rows === undefined ? word : `${word} ${rows}`;
        const encoded = encodeCommandComplete(tag);
        expect(decodeCommandComplete(encoded, 0, encoded.length)).toEqual({ tag, command: word, rows });
      }),
    );
  });
});

const DECODERS: readonly (readonly [number, Decode<unknown>])[] = [
  [BackendType.Authentication, decodeAuthentication],
  [BackendType.BackendKeyData, decodeBackendKeyData],
  [BackendType.CommandComplete, decodeCommandComplete],
  [BackendType.CopyBothResponse, decodeCopyBothResponse],
  [BackendType.CopyInResponse, decodeCopyInResponse],
  [BackendType.CopyOutResponse, decodeCopyOutResponse],
  [BackendType.ErrorResponse, decodeErrorResponse],
  [BackendType.FunctionCallResponse, decodeFunctionCallResponse],
  [BackendType.NegotiateProtocolVersion, decodeNegotiateProtocolVersion],
  [BackendType.NoticeResponse, decodeNoticeResponse],
  [BackendType.NotificationResponse, decodeNotificationResponse],
  [BackendType.ParameterDescription, decodeParameterDescription],
  [BackendType.ParameterStatus, decodeParameterStatus],
  [BackendType.ReadyForQuery, decodeReadyForQuery],
  [BackendType.RowDescription, decodeRowDescription],
];

function isMessageOrWireError(decode: () => unknown): boolean {
  const error = thrownBy(decode);
  return error === undefined || (error instanceof WireError && error.source === 'upstream');
}

/** Bodies that get past the first fields: bytes that are often 0, 1 or 0xff. */
const body = fc.array(fc.oneof(fc.constantFrom(0, 0, 0, 1, 3, 10, 0x49, 0xff), fc.nat(255)), {
  maxLength: 60,
});

describe('class 8: hostile servers', () => {
  it('random bodies give a message or a WireError, from every decoder', () => {
    fc.assert(
      fc.property(fc.constantFrom(...DECODERS), body, ([type, decode], noise) => {
        const message = new MessageWriter(type).raw(Uint8Array.from(noise)).finish();
        expect(isMessageOrWireError(() => decode(message, 0, message.length))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('a valid message with one byte changed gives a message or a WireError', () => {
    const valid = [
      encodeRowDescription([
        {
          name: 'a',
          tableOid: 1,
          attributeNumber: 1,
          typeOid: 23,
          typeSize: 4,
          typeModifier: -1,
          format: 'text',
        },
      ]),
      encodeAuthenticationSasl(['SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS']),
      encodeReportFields('error', new Map([['M', 'm']])),
      encodeCopyResponse({ direction: 'out', format: 'text', columnFormats: ['text', 'binary'] }),
      encodeNegotiateProtocolVersion(0, ['_pq_.x', '_pq_.y']),
    ];
    for (const message of valid) {
      const decode = DECODERS.find(([type]) => type === message[0])?.[1];
      expect(decode).toBeDefined();
      for (let place = 0; place < message.length; place += 1) {
        for (const value of [0, 1, 2, 0x41, 0x7f, 0x80, 0xff]) {
          const changed = Buffer.from(message);
          changed[place] = value;
          expect(isMessageOrWireError(() => decode?.(changed, 0, changed.length))).toBe(true);
        }
      }
    }
  });
});
