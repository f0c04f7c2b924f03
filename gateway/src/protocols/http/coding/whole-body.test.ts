import type { ZlibOptions } from 'node:zlib';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Coding } from './codings.ts';
import { decodeWhole } from './whole-body.ts';

const TEXT = Buffer.from(
  JSON.stringify({ amount: 1, items: Array.from({ length: 40 }, (_, id) => ({ id })) }),
);
const MOST = 65_536;

const encode: Readonly<Record<Coding, (body: Buffer, options?: object) => Buffer>> = {
  gzip: (body, options) => zlib.gzipSync(body, options),
  deflate: (body, options) => zlib.deflateSync(body, options),
  br: (body, options) => zlib.brotliCompressSync(body, options),
  zstd: (body, options) => zlib.zstdCompressSync(body, options),
};
const CODINGS = Object.keys(encode) as Coding[];

/** A gzip member with a header of its own (RFC 1952 section 2.3). */
function gzip(body: Buffer, flags: number, more: Buffer): Buffer {
  const plain = zlib.gzipSync(body);
  plain[3] = flags;
  return Buffer.concat([plain.subarray(0, 10), more, plain.subarray(10)]);
}

describe.each(CODINGS)('a body in %s', (coding) => {
  it('is decoded', async () => {
    expect(await decodeWhole(coding, encode[coding](TEXT), MOST)).toEqual({ ok: true, value: TEXT });
    expect(await decodeWhole(coding, encode[coding](Buffer.alloc(0)), MOST)).toEqual({
      ok: true,
      value: Buffer.alloc(0),
    });
  });

  it('is decoded up to the bound, and no byte further', async () => {
    const body = encode[coding](TEXT);
    expect(await decodeWhole(coding, body, TEXT.length)).toMatchObject({ ok: true });
    for (const most of [TEXT.length - 1, 1, 0]) {
      expect(await decodeWhole(coding, body, most)).toMatchObject({
        ok: false,
        reason: expect.stringContaining('expands'),
      });
    }
  });

  it('P10: that expands a thousandfold is left at the bound', async () => {
    const bomb = encode[coding](Buffer.alloc(64 << 20));
    expect(bomb.length).toBeLessThan(70_000);
    expect(await decodeWhole(coding, bomb, MOST)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('expands'),
    });
  });

  it.each<readonly [string, (body: Buffer) => Buffer]>([
    ['bytes behind its end', (body) => Buffer.concat([body, Buffer.from('{"amount":2}')])],
    ['a zero behind its end', (body) => Buffer.concat([body, Buffer.alloc(1)])],
    ['itself behind its end', (body) => Buffer.concat([body, body])],
    ['nothing encoded behind its end', (body) => Buffer.concat([body, encode[coding](Buffer.alloc(0))])],
    ['bytes in front', (body) => Buffer.concat([Buffer.alloc(1), body])],
    ['half of it', (body) => body.subarray(0, body.length >> 1)],
    ['its last byte missing', (body) => body.subarray(0, -1)],
    ['nothing at all', () => Buffer.alloc(0)],
    ['no coding at all', () => TEXT],
  ])('P3: is refused with %s', async (_what, spoil) => {
    expect(await decodeWhole(coding, spoil(encode[coding](TEXT)), MOST)).toMatchObject({ ok: false });
  });

  it('P3: in another coding is refused', async () => {
    for (const other of CODINGS.filter((one) => one !== coding)) {
      expect(await decodeWhole(coding, encode[other](TEXT), MOST)).toMatchObject({ ok: false });
    }
  });

  it('is what was encoded, or refused, whatever becomes of its bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(),
        fc.nat({ max: 255 }),
        async (bytes, at, value) => {
          const body = Buffer.from(bytes);
          const coded = encode[coding](body);
          expect(await decodeWhole(coding, coded, MOST)).toEqual({ ok: true, value: body });
          coded[at % coded.length] = value;
          expect(typeof (await decodeWhole(coding, coded, MOST)).ok).toBe('boolean');
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a gzip body', () => {
  it('may say the name of its file, as tools do', async () => {
    expect(await decodeWhole('gzip', gzip(TEXT, 8, Buffer.from('a.json\0')), MOST)).toMatchObject({
      ok: true,
    });
    expect(await decodeWhole('gzip', gzip(TEXT, 1, Buffer.alloc(0)), MOST)).toMatchObject({ ok: true });
  });

  it.each<readonly [string, number, Buffer]>([
    ['extra fields', 4, Buffer.from([2, 0, 0x41, 0x42])],
    ['a comment', 16, Buffer.from('hello\0')],
    ['a checksum of the header', 2, Buffer.from([0, 0])],
    ['flags that there are not', 0x20, Buffer.alloc(0)],
    ['a name without end', 8, Buffer.alloc(0)],
  ])('P3: is refused with %s', async (_what, flags, more) => {
    const body = flags === 8 ? gzip(TEXT, 8, more).subarray(0, 18).fill(0x41, 10) : gzip(TEXT, flags, more);
    expect(await decodeWhole('gzip', body, MOST)).toMatchObject({ ok: false });
  });

  it.each(['checksum', 'size'])(
    'P3: is refused with a wrong %s, which some services do not look at',
    async (what) => {
      const body = zlib.gzipSync(TEXT);
      const at = body.length - (what === 'checksum' ? 8 : 4);
      body[at] = (body[at] ?? 0) ^ 1;
      expect(await decodeWhole('gzip', body, MOST)).toMatchObject({ ok: false });
    },
  );
});

describe('a deflate body', () => {
  it('P3: is refused without the zlib header, which services expect or do not', async () => {
    expect(await decodeWhole('deflate', zlib.deflateRawSync(TEXT), MOST)).toMatchObject({ ok: false });
  });

  it('P3: is refused with a dictionary, and with a small window, which no client uses', async () => {
    const options: ZlibOptions = { dictionary: Buffer.from('amount') };
    expect(await decodeWhole('deflate', zlib.deflateSync(TEXT, options), MOST)).toMatchObject({ ok: false });
    const small = zlib.deflateSync(TEXT, { windowBits: 9 });
    expect(await decodeWhole('deflate', small, MOST)).toMatchObject({ ok: false });
  });

  it('P3: is refused where it is bare DEFLATE as well, of another text', async () => {
    const body = bothWays(Buffer.from('&amount=9&'));
    expect(zlib.inflateSync(body)).toHaveLength(0xfffe);
    expect(zlib.inflateRawSync(body).toString()).toBe('\u0001&amount=9&');
    expect(await decodeWhole('deflate', body, MOST)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('not every service reads alike'),
    });
  });
});

describe('a zstd body', () => {
  it('P3: is refused with a frame to skip in front', async () => {
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
    const body = Buffer.concat([skipped, zlib.zstdCompressSync(TEXT)]);
    expect(await decodeWhole('zstd', body, MOST)).toMatchObject({ ok: false });
  });

  it('P10: is refused with a window beyond 8 MiB (RFC 9659)', async () => {
    // RFC 8878 section 3.1.1: magic, no flags, the window, one raw block that is the last.
    const frame = (exponent: number): Buffer =>
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3, (2 << 3) | 1, 0, 0, 0x7b, 0x7d]);
    expect(await decodeWhole('zstd', frame(23 - 10), MOST)).toEqual({ ok: true, value: Buffer.from('{}') });
    expect(await decodeWhole('zstd', frame(24 - 10), MOST)).toMatchObject({ ok: false });
  });
});

/**
 * Valid in both formats. The zlib header 78 01 is, as bare DEFLATE, a stored block of one byte; its length is, as zlib, the begin of a
 * stored block of 65534 bytes, in which there is room for more blocks of the other kind.
 */
function bothWays(bareText: Buffer): Buffer {
  const content = Buffer.alloc(0xfffe, ' ');
  const inner = Buffer.concat([stored(bareText), Buffer.from([1]), stored(Buffer.alloc(0)).subarray(1)]);
  // Without the first byte, which is in front of the content.
  inner.copy(content, 0, 1);
  const head = Buffer.from([0x78, 0x01, 0x00, 0xfe, 0xff, 0x01, 0x00]);
  const end = Buffer.concat([Buffer.from([1]), stored(Buffer.alloc(0)).subarray(1), adler32(content)]);
  return Buffer.concat([head, content, end]);
}

/** A stored block that is not the last (RFC 1951 section 3.2.4). */
function stored(text: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(text.length, 1);
  head.writeUInt16LE(text.length ^ 0xffff, 3);
  return Buffer.concat([head, text]);
}

/** RFC 1950 section 9. */
function adler32(bytes: Buffer): Buffer {
  let low = 1;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt16BE(high, 0);
  sum.writeUInt16BE(low, 2);
  return sum;
}
