import { describe, expect, it } from 'vitest';
import { type MessageReader, openMessage } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';

const TYPE = 0x51;
const FORM = { name: 'Probe', type: TYPE, source: 'upstream' } as const;

/** Opens a message with the given body, between other bytes that it must not touch. */
function open(body: string): MessageReader {
  const message = new MessageWriter(TYPE).raw(Buffer.from(body, 'hex')).finish();
  const bytes = Buffer.concat([Buffer.from([9, 9]), message, Buffer.from([0, 0, 0, 0])]);
  return openMessage(bytes, { start: 2, end: bytes.length - 4 }, FORM);
}

describe('openMessage', () => {
  it('refuses a range outside the bytes or without a header', () => {
    for (const [start, end] of [
      [-1, 4],
      [0, 4],
      [0, 6],
      [5, 0],
    ] as const) {
      expect(() => openMessage(Buffer.from('5100000004', 'hex'), { start, end }, FORM)).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_TRUNCATED' }),
      );
    }
  });

  it('refuses another type and a length word that is not the frame', () => {
    const other = Buffer.from('5300000004', 'hex');
    expect(() => openMessage(other, { start: 0, end: 5 }, FORM)).toThrow(
      expect.objectContaining({
        code: 'ERR_WIRE_TYPE',
        message: 'Probe was expected, got type S (0x53) (at byte 0)',
      }),
    );
    for (const length of ['00000003', '00000005', 'ffffffff', '80000004']) {
      expect(() => openMessage(Buffer.from(`51${length}`, 'hex'), { start: 0, end: 5 }, FORM)).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_LENGTH', source: 'upstream' }),
      );
    }
  });
});

describe('MessageReader', () => {
  it('reads each kind of field', () => {
    const reader = open(
      'fffffeffff' + 'fffffffd' + 'ffffffff' + 'c3a900' + 'ff00' + '000000026162' + 'ffffffff' + '7a7a',
    );
    expect(reader.uint8()).toBe(255);
    expect(reader.int16()).toBe(-2);
    expect(reader.uint16()).toBe(65535);
    expect(reader.int32()).toBe(-3);
    expect(reader.uint32()).toBe(4294967295);
    expect(reader.cstring()).toBe('é');
    expect(reader.lossyCstring()).toBe('\ufffd');
    expect(reader.value()?.toString()).toBe('ab');
    expect(reader.value()).toBeUndefined();
    expect(reader.remaining).toBe(2);
    expect(reader.rest().toString()).toBe('zz');
    expect(reader.finish()).toBeUndefined();
  });

  it('class 8: never reads past the end of the message into the bytes behind it', () => {
    const reads: ((reader: MessageReader) => unknown)[] = [
      (reader) => reader.int16(),
      (reader) => reader.uint16(),
      (reader) => reader.int32(),
      (reader) => reader.uint32(),
      (reader) => reader.take(2),
      (reader) => reader.value(),
    ];
    for (const read of reads) {
      expect(() => read(open('01'))).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_TRUNCATED', offset: 5 }),
      );
    }
    expect(() => open('').uint8()).toThrow(expect.objectContaining({ code: 'ERR_WIRE_TRUNCATED' }));
    expect(() => open('6162').cstring()).toThrow(expect.objectContaining({ code: 'ERR_WIRE_UNTERMINATED' }));
    expect(() => open('6162').lossyCstring()).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_UNTERMINATED' }),
    );
  });

  it.each(['fffffffe', '80000000', '80000004'])(
    'class 8: refuses a value of negative length %s',
    (length) => {
      expect(() => open(`${length}6162`).value()).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_LENGTH' }),
      );
    },
  );

  it('refuses counts that the message cannot hold, and negative ones', () => {
    const reader = open('0000000000');
    expect(reader.checkCount(5, 1)).toBe(5);
    expect(() => reader.checkCount(2, 4)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_TRUNCATED' }));
    expect(() => reader.checkCount(-1, 4)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_TRUNCATED' }));
  });

  it('refuses bytes left over', () => {
    expect(() => open('00').finish()).toThrow(
      expect.objectContaining({
        code: 'ERR_WIRE_TRAILING',
        message: 'Probe has 1 bytes too many (at byte 5)',
      }),
    );
  });

  it('P2: keeps a byte order mark and a real replacement character', () => {
    expect(open('efbbbf4100').cstring()).toBe('\ufeffA');
    expect(open('efbbbfefbfbd00').cstring()).toBe('\ufeff\ufffd');
  });

  it.each(['ff', 'c3', 'c080', 'eda080', 'f4908080', 'efbfbdff', 'e28200'])(
    'P3: refuses %s, which is not UTF-8',
    (text) => {
      expect(() => open(`${text}00`).cstring()).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_TEXT', offset: 5 }),
      );
    },
  );
});
