import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut } from '../testing/read-messages.ts';
import { encodeClose, encodeFrame } from './encode-frame.ts';
import { WebSocketError } from './errors.ts';
import { WebSocketReader } from './frame-reader.ts';
import { applyMask } from './mask.ts';
import { Utf8Validator } from './utf8-validator.ts';

const KEY = Buffer.of(0x37, 0xfa, 0x21, 0x3d);
const SERVER = { source: 'upstream', maxMessageBytes: 70_000 } as const;
const CLIENT = { source: 'downstream', maxMessageBytes: 70_000 } as const;

interface Reading {
  readonly parts: readonly unknown[];
  readonly failure: unknown;
}

/** Reads chunks and puts slices of a message together again. */
function read(chunks: readonly Buffer[], options: ConstructorParameters<typeof WebSocketReader>[0]): Reading {
  const reader = new WebSocketReader(options);
  const parts: unknown[] = [];
  let message: Buffer[] = [];
  try {
    for (const chunk of chunks) {
      const reused = Buffer.from(chunk);
      reader.push(reused);
      for (let part = reader.next(); part !== undefined; part = reader.next()) {
        if (part.kind !== 'data') {
          parts.push(
            'payload' in part
              ? [part.kind, part.payload.toString('hex')]
              : [part.kind, part.code, part.reason],
          );
          continue;
        }
        expect(part.first).toBe(message.length === 0);
        message.push(Buffer.from(part.bytes.subarray(part.start, part.end)));
        if (!part.last) continue;
        parts.push([part.isText ? 'text' : 'binary', Buffer.concat(message).toString('hex')]);
        message = [];
      }
      reused.fill(0xaa);
    }
  } catch (error) {
    return { parts, failure: error };
  }
  return { parts, failure: undefined };
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('WebSocketReader', () => {
  it.each([
    ['an unmasked text', '81 05 48 65 6c 6c 6f', SERVER, [['text', '48656c6c6f']]],
    ['a masked text', '81 85 37 fa 21 3d 7f 9f 4d 51 58', CLIENT, [['text', '48656c6c6f']]],
    ['a fragmented text', '01 03 48 65 6c 80 02 6c 6f', SERVER, [['text', '48656c6c6f']]],
    ['a ping', '89 05 48 65 6c 6c 6f', SERVER, [['ping', '48656c6c6f']]],
    ['a masked pong', '8a 85 37 fa 21 3d 7f 9f 4d 51 58', CLIENT, [['pong', '48656c6c6f']]],
    [
      'a ping within a message',
      '01 01 48 89 00 80 01 65',
      SERVER,
      [
        ['ping', ''],
        ['text', '4865'],
      ],
    ],
    ['an empty binary', '82 00', SERVER, [['binary', '']]],
    ['a character over two frames', '01 01 c3 80 01 a9', SERVER, [['text', 'c3a9']]],
    ['an empty close', '88 00', SERVER, [['close', undefined, '']]],
    ['a close with a reason', '88 06 03 e8 62 79 65 21', SERVER, [['close', 1000, 'bye!']]],
  ])('reads %s (RFC 6455 section 5.7)', (_name, bytes, options, parts) => {
    expect(read([hex(bytes)], options)).toEqual({ parts, failure: undefined });
  });

  it.each([
    ['RSV1, which is compression', 'c1 00', SERVER, 'RESERVED', 1002],
    ['RSV3', '91 00', SERVER, 'RESERVED', 1002],
    ['the opcode 3', '83 00', SERVER, 'RESERVED', 1002],
    ['the opcode 15', '8f 00', SERVER, 'RESERVED', 1002],
    ['an unmasked client frame', '81 00', CLIENT, 'MASK', 1002],
    ['a masked server frame', '81 80 00 00 00 00', SERVER, 'MASK', 1002],
    ['a fragmented ping', '09 00', SERVER, 'CONTROL', 1002],
    ['a ping of 126 bytes', '89 7e 00 7e', SERVER, 'CONTROL', 1002],
    ['a length of 125 in 16 bits', '82 7e 00 7d', SERVER, 'LENGTH', 1002],
    ['a length of 65535 in 64 bits', '82 7f 00 00 00 00 00 00 ff ff', SERVER, 'LENGTH', 1002],
    ['a length with its top bit', '82 7f 80 00 00 00 00 00 00 00', SERVER, 'LENGTH', 1002],
    ['a length of 2^53', '82 7f 00 20 00 00 00 00 00 00', SERVER, 'LENGTH', 1002],
    ['a message over its limit', '82 7f 00 00 00 00 00 01 11 71', SERVER, 'TOO_LONG', 1009],
    ['a continuation of nothing', '80 00', SERVER, 'FRAGMENT', 1002],
    ['a message within another', '01 00 81 00', SERVER, 'FRAGMENT', 1002],
    ['text that is not UTF-8', '81 01 ff', SERVER, 'TEXT', 1007],
    ['text that ends within a character', '81 01 c3', SERVER, 'TEXT', 1007],
    ['a surrogate', '81 03 ed a0 80', SERVER, 'TEXT', 1007],
    ['an overlong form', '81 02 c0 af', SERVER, 'TEXT', 1007],
    ['bad text before its message ends', '01 01 ff', SERVER, 'TEXT', 1007],
    ['half a close code', '88 01 03', SERVER, 'CLOSE', 1002],
    ['the close code 1005', '88 02 03 ed', SERVER, 'CLOSE', 1002],
    ['the close code 999', '88 02 03 e7', SERVER, 'CLOSE', 1002],
    ['the close code 5000', '88 02 13 88', SERVER, 'CLOSE', 1002],
    ['a close reason that is not UTF-8', '88 03 03 e8 ff', SERVER, 'TEXT', 1007],
    ['a frame behind the close frame', '88 00 89 00', SERVER, 'ENDED', 1002],
  ])('P3: refuses %s', (_name, bytes, options, code, closeCode) => {
    const { failure } = read([hex(bytes)], options);
    expect(failure).toBeInstanceOf(WebSocketError);
    expect(failure).toMatchObject({ code: `ERR_WEBSOCKET_${code}`, closeCode, source: options.source });
  });

  it('counts the limit over all frames of a message', () => {
    const options = { source: 'upstream', maxMessageBytes: 3 } as const;
    expect(read([hex('02 02 00 00 80 01 00')], options).failure).toBeUndefined();
    expect(read([hex('02 02 00 00 80 02')], options).failure).toMatchObject({
      code: 'ERR_WEBSOCKET_TOO_LONG',
    });
  });

  it('does not go on after an error, and needs a close frame before the end', () => {
    const reader = new WebSocketReader(SERVER);
    expect(() => reader.end()).toThrow(/without a close frame/);
    expect(() => reader.next()).toThrow(/without a close frame/);
    const other = new WebSocketReader(SERVER);
    other.push(hex('88 00'));
    expect(() => other.push(hex('88 00'))).toThrow(/drained/);
    expect(other.next()?.kind).toBe('close');
    other.end();
  });
});

describe('WebSocket frames, any input', () => {
  const frame = fc.record({
    opcode: fc.constantFrom(1, 2, 9, 10),
    sizes: fc.array(fc.nat({ max: 200 }), { minLength: 1, maxLength: 3 }),
    isMasked: fc.constant(true),
  });
  const cuts = fc.array(fc.nat({ max: 3000 }), { maxLength: 20 });

  it('P2: what is encoded is read again, in any chunking, masked or not', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), fc.boolean(), cuts, (messages, isMasked, places) => {
        const key = isMasked ? KEY : undefined;
        const sent: [string, string][] = [];
        const frames = messages.flatMap(({ opcode, sizes }) => {
          const isControl = opcode >= 8;
          const payloads = (isControl ? [Math.min(125, sizes[0] ?? 0)] : sizes).map((size) =>
            Buffer.alloc(size, 0x62),
          );
          const kind = { 1: 'text', 2: 'binary', 9: 'ping', 10: 'pong' }[opcode] ?? '';
          sent.push([kind, Buffer.concat(payloads).toString('hex')]);
          return payloads.map((payload, index) =>
            encodeFrame({
              opcode: index === 0 ? opcode : 0,
              isFinal: index === payloads.length - 1,
              payload,
              key,
            }),
          );
        });
        const stream = Buffer.concat([...frames, encodeClose(1001, 'é', key)]);
        const reading = read(cut(stream, places), isMasked ? CLIENT : SERVER);
        expect(reading).toEqual({ parts: [...sent, ['close', 1001, 'é']], failure: undefined });
      }),
    );
  });

  it('P10: random bytes give only a WebSocketError, the same in any chunking', () => {
    const noise = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.constantFrom(hex('01 01 61'), hex('80 00'), hex('89 00'), hex('81 81 00 00 00 00 61')),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(noise, fc.constantFrom(SERVER, CLIENT), cuts, (pieces, options, places) => {
        const stream = Buffer.concat(pieces);
        const whole = read([stream], options);
        expect(whole.failure === undefined || whole.failure instanceof WebSocketError).toBe(true);
        const pieced = read(cut(stream, places), options);
        const codeOf = ({ failure }: Reading): unknown =>
          failure instanceof WebSocketError ? failure.code : failure;
        expect(codeOf(pieced)).toEqual(codeOf(whole));
        expect(pieced.parts).toEqual(whole.parts);
      }),
    );
  });

  it('the validator agrees with a strict decoder, in any chunking', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), cuts, (pieces, places) => {
        const bytes = Buffer.concat(pieces);
        let isValid = true;
        try {
          decoder.decode(bytes);
        } catch {
          isValid = false;
        }
        const validator = new Utf8Validator();
        const isAccepted = cut(bytes, places).every((part) => validator.accepts(part, 0, part.length));
        expect(isAccepted && validator.isComplete).toBe(isValid);
      }),
    );
  });

  it('masking twice gives the same bytes, in any pieces', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat({ max: 50 }), (payload, place) => {
        const bytes = Buffer.from(payload);
        const at = place % (bytes.length + 1);
        applyMask(bytes, 0, at, KEY, 0);
        applyMask(bytes, at, bytes.length, KEY, at);
        applyMask(bytes, 0, bytes.length, KEY, 0);
        expect(bytes).toEqual(Buffer.from(payload));
      }),
    );
  });
});

describe('WebSocket frames to send', () => {
  it.each([
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
  ])('gives %i bytes the shortest header', (length, header) => {
    const payload = Buffer.alloc(length);
    expect(encodeFrame({ opcode: 2, isFinal: true, payload, key: undefined }).length).toBe(length + header);
    expect(read([encodeFrame({ opcode: 2, isFinal: true, payload, key: KEY })], CLIENT).parts).toHaveLength(
      1,
    );
  });

  it.each([
    [
      'a reserved opcode',
      () => encodeFrame({ opcode: 3, isFinal: true, payload: Buffer.alloc(0), key: undefined }),
    ],
    [
      'a fragmented ping',
      () => encodeFrame({ opcode: 9, isFinal: false, payload: Buffer.alloc(0), key: undefined }),
    ],
    [
      'a long ping',
      () => encodeFrame({ opcode: 9, isFinal: true, payload: Buffer.alloc(126), key: undefined }),
    ],
    [
      'a short key',
      () => encodeFrame({ opcode: 1, isFinal: true, payload: Buffer.alloc(0), key: Buffer.alloc(3) }),
    ],
    ['the close code 1006', () => encodeClose(1006, '', undefined)],
    ['a long reason', () => encodeClose(1000, 'x'.repeat(124), undefined)],
    ['a lone surrogate', () => encodeClose(1000, '\ud800', undefined)],
  ])('refuses %s', (_name, encode) => {
    expect(encode).toThrow(expect.objectContaining({ code: 'ERR_WEBSOCKET_MISUSE' }));
  });

  it('writes an empty close frame', () => {
    expect(encodeClose(undefined, '', undefined).toString('hex')).toBe('8800');
  });
});
