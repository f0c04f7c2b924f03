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
import { checkBareMessage, encodeSync } from './bare-frontend-messages.ts';
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

interface Attempt {
  readonly type: number;
  /** Reads a message and writes what it read. */
  readonly rewrite: Decode<Buffer>;
}

function attempt<Message>(
  type: number,
  decode: Decode<Message>,
  encode: (message: Message) => Buffer,
): Attempt {
  return { type, rewrite: (...message) => encode(decode(...message)) };
}

const ATTEMPTS: readonly Attempt[] = [
  attempt(FrontendType.Query, decodeQuery, (message) => encodeQuery(message.text)),
  attempt(FrontendType.Parse, decodeParse, encodeParse),
  attempt(FrontendType.Bind, decodeBind, encodeBind),
  attempt(FrontendType.Describe, decodeDescribe, encodeDescribe),
  attempt(FrontendType.Close, decodeClose, encodeClose),
  attempt(FrontendType.Execute, decodeExecute, encodeExecute),
  attempt(FrontendType.FunctionCall, decodeFunctionCall, encodeFunctionCall),
  attempt(FrontendType.Password, decodePassword, (message) => encodePassword(message.password)),
  attempt(FrontendType.Password, decodeSaslInitialResponse, (message) =>
    encodeSaslInitialResponse(message.mechanism, message.data),
  ),
  attempt(FrontendType.Password, decodeSaslResponse, (message) => encodeSaslResponse(message.data)),
  attempt(FrontendType.CopyFail, decodeCopyFail, (message) => encodeCopyFail(message.reason)),
  attempt(FrontendType.Sync, checkBareMessage, encodeSync),
];

/** Whether the message is refused by a WireError or written back to its very bytes. */
function isRefusedOrSame(rewrite: () => Buffer, message: Buffer): boolean {
  let rewritten: Buffer | undefined;
  const error = thrownBy(() => {
    rewritten = rewrite();
  });
  return rewritten === undefined ? error instanceof WireError : rewritten.equals(message);
}

/** Bodies that get past the first fields: bytes that are often 0, 1 or 0xff. */
const body = fc.array(fc.oneof(fc.constantFrom(0, 0, 0, 1, 2, 0x53, 0xff), fc.nat(255)), { maxLength: 40 });

describe('class 8: hostile clients', () => {
  it('P2: random bodies are refused by a WireError or mean exactly their bytes, for every decoder', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ATTEMPTS), body, ({ type, rewrite }, noise) => {
        const message = new MessageWriter(type).raw(Uint8Array.from(noise)).finish();
        expect(isRefusedOrSame(() => rewrite(message, 0, message.length), message)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('random bytes and ranges are refused by a WireError or mean exactly their bytes', () => {
    const place = fc.integer({ min: -5, max: 40 });
    fc.assert(
      fc.property(
        fc.constantFrom(...ATTEMPTS),
        fc.uint8Array({ maxLength: 30 }),
        fc.tuple(place, place),
        ({ rewrite }, noise, [start, end]) => {
          const bytes = Buffer.from(noise);
          const message = bytes.subarray(Math.max(0, start), Math.max(0, end));
          expect(isRefusedOrSame(() => rewrite(bytes, start, end), message)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('P2: a valid message with one byte changed is refused or means exactly its bytes', () => {
    const valid = [
      encodeQuery('SELECT \u00e9'),
      encodeParse({ statement: 's', text: 'SELECT $1', parameterTypes: [23] }),
      encodeBind({
        portal: 'p',
        statement: 's',
        parameterFormats: ['text', 'binary'],
        parameters: [Buffer.from('42'), undefined],
        resultFormats: ['binary'],
      }),
      encodeExecute({ portal: 'p', maxRows: 5 }),
    ];
    for (const message of valid) {
      const rewrite = ATTEMPTS.find(({ type }) => type === message[0])?.rewrite ?? decodeNothing;
      for (let place = 0; place < message.length; place += 1) {
        for (const value of [0, 1, 2, 0x41, 0x7f, 0x80, 0xc3, 0xff]) {
          const changed = Buffer.from(message);
          changed[place] = value;
          expect(isRefusedOrSame(() => rewrite(changed, 0, changed.length), changed)).toBe(true);
        }
      }
    }
  });
});

function decodeNothing(): never {
  throw new Error('no decoder for this type');
}
