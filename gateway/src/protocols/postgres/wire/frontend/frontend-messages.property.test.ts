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
import { checkBareMessage } from './bare-frontend-messages.ts';
import { decodeBind, encodeBind } from './bind.ts';
import { decodeClose, encodeClose } from './close.ts';
import { decodeCopyFail, encodeCopyFail } from './copy-fail.ts';
import { decodeDescribe, encodeDescribe } from './describe.ts';
import { decodeExecute, encodeExecute } from './execute.ts';
import { FrontendType } from './frontend-type.ts';
import { decodeFunctionCall, encodeFunctionCall } from './function-call.ts';
import { decodeParse, encodeParse } from './parse.ts';
import {
  decodePassword,
  decodeSaslInitialResponse,
  decodeSaslResponse,
  encodePassword,
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from './password.ts';
import { decodeQuery, encodeQuery } from './query.ts';

const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed() && !value.includes('\0'));
const bytes = fc.uint8Array({ maxLength: 30 }).map((value) => Buffer.from(value));
const value = fc.option(bytes, { nil: undefined });
const format = fc.constantFrom<Format>('text', 'binary');
const formats = fc.array(format, { maxLength: 5 });
const oid = fc.integer({ min: 0, max: 0xffff_ffff });
const target = fc.record({ kind: fc.constantFrom('statement' as const, 'portal' as const), name: text });

/** Values with none, one or as many format codes. */
const parameters = fc.array(value, { maxLength: 5 }).chain((values) =>
  fc.record({
    values: fc.constant(values),
    formats: fc.oneof(
      fc.array(format, { maxLength: 1 }),
      fc.array(format, { minLength: values.length, maxLength: values.length }),
    ),
  }),
);

describe('P2: decode after encode is the identity, and encode after decode gives the same bytes', () => {
  it('for Query, CopyFail and PasswordMessage', () => {
    expect(
      findBrokenRoundTrip(fc.record({ text }), (message) => encodeQuery(message.text), decodeQuery),
    ).toBeUndefined();
    expect(
      findBrokenRoundTrip(
        fc.record({ reason: text }),
        (message) => encodeCopyFail(message.reason),
        decodeCopyFail,
      ),
    ).toBeUndefined();
    expect(
      findBrokenRoundTrip(
        fc.record({ password: text }),
        (message) => encodePassword(message.password),
        decodePassword,
      ),
    ).toBeUndefined();
  });

  it('for SASLInitialResponse and SASLResponse', () => {
    expect(
      findBrokenRoundTrip(
        fc.record({ mechanism: text, data: value }),
        (message) => encodeSaslInitialResponse(message.mechanism, message.data),
        decodeSaslInitialResponse,
      ),
    ).toBeUndefined();
    expect(
      findBrokenRoundTrip(
        fc.record({ data: bytes }),
        (message) => encodeSaslResponse(message.data),
        decodeSaslResponse,
      ),
    ).toBeUndefined();
  });

  it('for Parse', () => {
    const parse = fc.record({ statement: text, text, parameterTypes: fc.array(oid, { maxLength: 5 }) });
    expect(findBrokenRoundTrip(parse, encodeParse, decodeParse)).toBeUndefined();
  });

  it('for Bind', () => {
    const bind = fc
      .record({ portal: text, statement: text, parameters, resultFormats: formats })
      .map(({ parameters: { values, formats: codes }, ...names }) => ({
        ...names,
        parameters: values,
        parameterFormats: codes,
      }));
    expect(findBrokenRoundTrip(bind, encodeBind, decodeBind)).toBeUndefined();
  });

  it('for FunctionCall', () => {
    const call = fc
      .record({ functionOid: oid, parameters, resultFormat: format })
      .map(({ parameters: { values, formats: codes }, ...rest }) => ({
        ...rest,
        arguments: values,
        argumentFormats: codes,
      }));
    expect(findBrokenRoundTrip(call, encodeFunctionCall, decodeFunctionCall)).toBeUndefined();
  });

  it('for Describe, Close and Execute', () => {
    expect(findBrokenRoundTrip(target, encodeDescribe, decodeDescribe)).toBeUndefined();
    expect(findBrokenRoundTrip(target, encodeClose, decodeClose)).toBeUndefined();
    const execute = fc.record({ portal: text, maxRows: fc.integer({ min: 0 }) });
    expect(findBrokenRoundTrip(execute, encodeExecute, decodeExecute)).toBeUndefined();
  });
});

const DECODERS: readonly (readonly [number, Decode<unknown>])[] = [
  [FrontendType.Query, decodeQuery],
  [FrontendType.Parse, decodeParse],
  [FrontendType.Bind, decodeBind],
  [FrontendType.Describe, decodeDescribe],
  [FrontendType.Close, decodeClose],
  [FrontendType.Execute, decodeExecute],
  [FrontendType.FunctionCall, decodeFunctionCall],
  [FrontendType.Password, decodePassword],
  [FrontendType.Password, decodeSaslInitialResponse],
  [FrontendType.Password, decodeSaslResponse],
  [FrontendType.CopyFail, decodeCopyFail],
  [FrontendType.Sync, checkBareMessage],
];

function isMessageOrWireError(decode: () => unknown): boolean {
  const error = thrownBy(decode);
  return error === undefined || error instanceof WireError;
}

/** Bodies that get past the first fields: bytes that are often 0, 1 or 0xff. */
const body = fc.array(fc.oneof(fc.constantFrom(0, 0, 0, 1, 2, 0x53, 0xff), fc.nat(255)), { maxLength: 40 });

describe('class 8: hostile clients', () => {
  it('random bodies give a message or a WireError, from every decoder', () => {
    fc.assert(
      fc.property(fc.constantFrom(...DECODERS), body, ([type, decode], noise) => {
        const message = new MessageWriter(type).raw(Uint8Array.from(noise)).finish();
        expect(isMessageOrWireError(() => decode(message, 0, message.length))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('random bytes and ranges without a header of their own give a WireError or nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DECODERS),
        fc.uint8Array({ maxLength: 30 }),
        fc.integer({ min: -5, max: 40 }),
        fc.integer({ min: -5, max: 40 }),
        ([, decode], noise, start, end) => {
          expect(isMessageOrWireError(() => decode(Buffer.from(noise), start, end))).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
