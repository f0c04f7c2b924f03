import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from './errors.ts';
import { encodeCancelRequest, encodeSslRequest, encodeStartup, parseStartupPacket } from './startup.ts';

function packet(bodyHex: string): Buffer {
  const body = Buffer.from(bodyHex.replaceAll(' ', ''), 'hex');
  const bytes = Buffer.concat([Buffer.alloc(4), body]);
  bytes.writeInt32BE(bytes.length, 0);
  return bytes;
}

function text(value: string): string {
  return Buffer.from(value).toString('hex');
}

const V3_0 = '00030000';

describe('parseStartupPacket', () => {
  it('knows the requests for encryption', () => {
    expect(parseStartupPacket(Buffer.from('0000000804d2162f', 'hex'))).toEqual({ kind: 'ssl' });
    expect(parseStartupPacket(Buffer.from('0000000804d21630', 'hex'))).toEqual({ kind: 'gssenc' });
  });

  it('refuses a request for encryption with bytes behind it', () => {
    for (const code of ['04d2162f', '04d21630']) {
      expect(() => parseStartupPacket(packet(`${code}00`))).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_TRAILING' }),
      );
    }
  });

  it('reads a startup message with its parameters in order', () => {
    const body = `${V3_0}${text('user\0ann\0database\0pg/prod\0_pq_.x\0\0\0')}`;
    expect(parseStartupPacket(packet(body))).toEqual({
      kind: 'startup',
      major: 3,
      minor: 0,
      parameters: new Map([
        ['user', 'ann'],
        ['database', 'pg/prod'],
        ['_pq_.x', ''],
      ]),
    });
  });

  it.each([
    ['00030002', 2],
    ['0003270f', 9999],
  ])('accepts any minor version of protocol 3: %s', (version, minor) => {
    expect(parseStartupPacket(packet(`${version}00`))).toMatchObject({ kind: 'startup', minor });
  });

  it.each(['00020000', '00040000', '00000000', 'ffff0000', '04d2162d', '16030100'])(
    'refuses protocol %s',
    (version) => {
      expect(() => parseStartupPacket(packet(`${version}00`))).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_VERSION' }),
      );
    },
  );

  it('keeps names that JavaScript objects would trip over, and their case', () => {
    const body = `${V3_0}${text('__proto__\0x\0User\0a\0user\0b\0\0')}`;
    const startup = parseStartupPacket(packet(body));
    expect(startup).toMatchObject({
      parameters: new Map([
        ['__proto__', 'x'],
        ['User', 'a'],
        ['user', 'b'],
      ]),
    });
  });

  it.each([
    ['a parameter given twice', text('user\0a\0user\0b\0\0'), 'ERR_WIRE_DUPLICATE'],
    ['no terminator', text('user\0a\0'), 'ERR_WIRE_UNTERMINATED'],
    ['no parameters and no terminator', '', 'ERR_WIRE_UNTERMINATED'],
    ['bytes behind the terminator', text('user\0a\0\0x'), 'ERR_WIRE_TRAILING'],
    ['a name without a value', text('user\0'), 'ERR_WIRE_UNTERMINATED'],
    ['a value without its NUL', text('user\0ann'), 'ERR_WIRE_UNTERMINATED'],
    ['a name that is not UTF-8', 'ff006100 00', 'ERR_WIRE_TEXT'],
    ['a value that is not UTF-8', '6100ff00 00', 'ERR_WIRE_TEXT'],
  ])('refuses %s', (_title, body, code) => {
    expect(() => parseStartupPacket(packet(V3_0 + body))).toThrow(
      expect.objectContaining({ code, source: 'downstream' }),
    );
  });

  it('refuses a packet whose length word is not its size', () => {
    for (const hex of ['', '00000004', '0000000404d2162f', '0000000904d2162f', 'ffffffff04d2162f']) {
      expect(() => parseStartupPacket(Buffer.from(hex, 'hex'))).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_LENGTH' }),
      );
    }
  });

  it('reads cancel requests with keys of 4 to 256 bytes', () => {
    const short = packet('04d2162e 00003039 01020304');
    expect(parseStartupPacket(short)).toEqual({
      kind: 'cancel',
      processId: 12345,
      secretKey: Buffer.of(1, 2, 3, 4),
    });
    expect(parseStartupPacket(packet(`04d2162e ffffffff ${'ab'.repeat(256)}`))).toMatchObject({
      processId: -1,
      secretKey: Buffer.alloc(256, 0xab),
    });
  });

  it.each([0, 3, 257])('refuses a cancel key of %i bytes', (length) => {
    expect(() => parseStartupPacket(packet(`04d2162e 00003039 ${'00'.repeat(length)}`))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_LENGTH' }),
    );
    expect(() => encodeCancelRequest(1, Buffer.alloc(length))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_LENGTH', source: 'internal' }),
    );
  });
});

describe('startup encoders', () => {
  it('write the bytes of the documentation', () => {
    expect(encodeSslRequest().toString('hex')).toBe('0000000804d2162f');
    expect(encodeCancelRequest(12345, Buffer.of(1, 2, 3, 4)).toString('hex')).toBe(
      '00000010' + '04d2162e' + '00003039' + '01020304',
    );
    expect(encodeStartup({ minor: 2, parameters: [['user', 'ann']] }).toString('hex')).toBe(
      `00000012${'00030002'}${text('user\0ann\0\0')}`,
    );
    expect(encodeStartup({ parameters: new Map() }).toString('hex')).toBe('000000090003000000');
  });

  it('P2: refuse names and values that would make other parameters', () => {
    for (const pair of [
      ['', 'x'],
      ['a\0b', 'x'],
      ['a', 'x\0user\0root'],
    ] as const) {
      expect(() => encodeStartup({ parameters: [pair] })).toThrow(WireError);
    }
  });
});

describe('startup packets, any input', () => {
  const word = fc
    .string({ unit: 'grapheme' })
    .filter((value) => !value.includes('\0') && value.isWellFormed());
  const name = word.filter((value) => value !== '');

  it('decode after encode gives the same parameters', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, word), { selector: ([key]) => key }),
        fc.nat(0xffff),
        (pairs, minor) => {
          expect(parseStartupPacket(encodeStartup({ minor, parameters: pairs }))).toEqual({
            kind: 'startup',
            major: 3,
            minor,
            parameters: new Map(pairs),
          });
        },
      ),
    );
  });

  it('decode after encode gives the same cancel request', () => {
    const key = fc.uint8Array({ minLength: 4, maxLength: 256 });
    fc.assert(
      fc.property(fc.integer(), key, (processId, secretKey) => {
        expect(parseStartupPacket(encodeCancelRequest(processId, secretKey))).toEqual({
          kind: 'cancel',
          processId,
          secretKey: Buffer.from(secretKey),
        });
      }),
    );
  });

  it('random bodies are a packet or a WireError', () => {
    const codes = fc.constantFrom('00030000', '00030002', '04d2162e', '04d2162f', '04d21630', '');
    fc.assert(
      fc.property(codes, fc.uint8Array({ maxLength: 80 }), (code, noise) => {
        const outcome = outcomeOf(packet(code + Buffer.from(noise).toString('hex')));
        expect(outcome === 'packet' || outcome instanceof WireError).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

function outcomeOf(bytes: Buffer): unknown {
  try {
    parseStartupPacket(bytes);
    return 'packet';
  } catch (error) {
    return error;
  }
}
