import { describe, expect, it } from 'vitest';
import { MessageWriter } from './message-writer.ts';

const TYPE = 0x51;

function hex(bytes: Buffer): string {
  return bytes.toString('hex');
}

describe('MessageWriter', () => {
  it('fills in a length that counts itself and not the type byte', () => {
    expect(hex(new MessageWriter(TYPE).finish())).toBe('5100000004');
    expect(hex(new MessageWriter(TYPE).raw('abc').finish())).toBe('5100000007616263');
    expect(hex(new MessageWriter().int32(1).finish())).toBe('0000000800000001');
  });

  it('writes each kind of field big-endian', () => {
    const writer = new MessageWriter(TYPE).uint8(255).int16(-2).uint16(65535).int32(-3).uint32(4294967295);
    expect(hex(writer.finish().subarray(5))).toBe('fffffeffff' + 'fffffffd' + 'ffffffff');
  });

  it('writes strings as UTF-8 with a NUL, values with a length, NULL as -1', () => {
    const writer = new MessageWriter(TYPE)
      .cstring('é')
      .value('é')
      .value(Buffer.of(1))
      .value('')
      .value(undefined);
    expect(hex(writer.finish().subarray(5))).toBe(
      'c3a900' + '00000002c3a9' + '0000000101' + '00000000' + 'ffffffff',
    );
  });

  it('grows past its first buffer', () => {
    const text = 'x'.repeat(10_000);
    const bytes = new MessageWriter(TYPE).uint8(7).cstring(text).finish();
    expect(bytes.length).toBe(5 + 1 + 10_000 + 1);
    expect(bytes.readInt32BE(1)).toBe(bytes.length - 1);
    expect(bytes.toString('utf8', 6, 10_006)).toBe(text);
  });

  it.each([
    ['uint8', 256],
    ['uint8', -1],
    ['int16', 0x8000],
    ['int16', -0x8001],
    ['uint16', 0x10000],
    ['uint16', -1],
    ['int32', 0x8000_0000],
    ['int32', -0x8000_0001],
    ['uint32', 0x1_0000_0000],
    ['uint32', -1],
    ['int32', 1.5],
    ['int32', Number.NaN],
  ] as const)('class 10: %s refuses %d instead of wrapping it', (field, value) => {
    expect(() => new MessageWriter(TYPE)[field](value)).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_VALUE', source: 'internal' }),
    );
  });

  it('P2: refuses a string that would be cut by a NUL or changed by UTF-8', () => {
    for (const text of ['a\0b', '\0', 'a\ud800', '\udc00b']) {
      expect(() => new MessageWriter(TYPE).cstring(text)).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_TEXT' }),
      );
    }
    expect(() => new MessageWriter(TYPE).value('\ud800')).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TEXT' }),
    );
  });

  it('class 10: refuses a message whose length would not fit an Int32, before it takes the memory', () => {
    const huge = Object.defineProperty(new Uint8Array(0), 'length', { value: 0x7fff_fffc });
    expect(() => new MessageWriter(TYPE).raw(huge)).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TOO_LONG' }),
    );
  });
});
