import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { HeadPairs } from './response-facts.ts';
import { drive, masked, maskOf } from './testing/drive.ts';

const EMAIL = [{ columns: ['*.email'] }];

describe('codings', () => {
  const body = Buffer.from(
    JSON.stringify({ email: 'bob@example.com', list: Array.from({ length: 5000 }, (_, i) => i) }),
  );
  const expected = body.toString().replace('bob@example.com', '[redacted]');

  it.each([
    ['gzip', gzipSync(body)],
    ['X-GZip', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['deflate', deflateRawSync(body)],
    ['br', brotliCompressSync(body)],
    ['zstd', zstdCompressSync(body)],
    ['identity', body],
  ])('undoes %s, whatever the pieces', async (coding, coded) => {
    const fields: HeadPairs = [
      ['Content-Type', 'application/json'],
      ['Content-Encoding', coding],
    ];
    expect((await drive(maskOf(EMAIL), coded, { fields })).toString()).toBe(expected);
    expect((await drive(maskOf(EMAIL), coded, { fields, cuts: [1, 2, 10, 100, 101] })).toString()).toBe(
      expected,
    );
  });

  it('P5: refuses codings that it cannot undo, and bodies that are not in theirs', async () => {
    const fields = (coding: string): HeadPairs => [
      ['content-type', 'application/json'],
      ['content-encoding', coding],
    ];
    for (const coding of ['compress', 'gzip, br', 'aes128gcm', 'toString']) {
      await expect(drive(maskOf(EMAIL), body, { fields: fields(coding) })).rejects.toThrow(/coding/);
    }
    await expect(drive(maskOf(EMAIL), body, { fields: fields('gzip') })).rejects.toThrow(/coding/);
    await expect(
      drive(maskOf(EMAIL), gzipSync(body).subarray(0, 60), { fields: fields('gzip') }),
    ).rejects.toThrow();
  });

  it('P10: breaks a body off that was made to expand, and hands on piece by piece', async () => {
    const bomb = gzipSync(
      Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(40 * 1024 * 1024, 0x78), Buffer.from('"}')]),
    );
    const mask = maskOf(EMAIL);
    mask.head({
      status: 200,
      fields: [
        ['content-type', 'application/json'],
        ['content-encoding', 'gzip'],
      ],
      hasBody: true,
    });
    let largest = 0;
    let total = 0;
    const sink = (bytes: Buffer): Promise<void> => {
      largest = Math.max(largest, bytes.length);
      total += bytes.length;
      return Promise.resolve();
    };
    await expect(mask.body(bomb, sink)).rejects.toThrow(/200 times/);
    mask.close();
    expect(largest).toBeLessThan(256 * 1024);
    expect(total).toBeLessThan(17 * 1024 * 1024);
  });
});

describe('heads', () => {
  it('P5: masks fields and cookies by name and content, and drops what tells of the bytes', () => {
    const mask = maskOf([{ columns: ['"x-user"', '*.session'] }, { detect: ['email'] }]);
    const fields: HeadPairs = [
      ['Content-Type', 'application/json'],
      ['Content-Length', '10'],
      ['Content-Encoding', 'gzip'],
      ['ETag', '"abc"'],
      ['Content-MD5', 'x'],
      ['Repr-Digest', 'x'],
      ['Accept-Ranges', 'bytes'],
      ['X-User', 'bob'],
      ['Link', '<https://h/?m=bob@example.com>'],
      ['Set-Cookie', 'session=abc; Path=/; HttpOnly'],
      ['Set-Cookie', 'theme=dark'],
    ];
    expect(mask.head({ status: 200, fields, hasBody: true })).toEqual({
      reason: '',
      isWithheld: false,
      fields: [
        ['Content-Type', 'application/json'],
        ['X-User', '[redacted]'],
        ['Link', '<https://h/?m=[email]>'],
        ['Set-Cookie', 'session=[redacted]; Path=/; HttpOnly'],
        ['Set-Cookie', 'theme=dark'],
      ],
    });
  });

  it('P5: what frames a message, and names, are looked through as well', () => {
    const fields: HeadPairs = [
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Date', 'Fri, 27 Nov 2026 08:44:17 GMT'],
      ['Vary', 'Accept, Origin'],
    ];
    const mask = maskOf([{ detect: ['email', 'word'] }]);
    const found: HeadPairs = [
      ['Vary', 'a@b.co'],
      ['Date', 'a@b.co'],
      ['x-secret', '1'],
      ['Set-Cookie', 'secret=1'],
    ];
    expect(mask.fields([...fields, ...found])).toEqual(fields);
  });

  it('P5: nothing that is put in place can end a field or add one', () => {
    const mask = maskOf([
      { columns: ['"x-user"', '*.session'], method: 'fixed', value: 'a\r\nX-Evil: 1; b' },
    ]);
    const fields: HeadPairs = [
      ['X-User', 'bob'],
      ['Set-Cookie', 'session=abc'],
    ];
    expect(mask.fields(fields)).toEqual([
      ['X-User', 'redacted'],
      ['Set-Cookie', 'session=redacted'],
    ]);
    expect(maskOf([{ columns: ['"x-user"'], method: 'null' }]).fields([['X-User', 'bob']])).toEqual([]);
  });

  it('refuses parts: ranges, deltas, other protocols', () => {
    const mask = maskOf(EMAIL);
    expect(mask.before([['Range', 'bytes=0-1']])?.message).toContain('Range');
    expect(mask.before([['A-IM', 'vcdiff']])).toBeDefined();
    expect(mask.before([['Upgrade', 'tls/1.0']])).toBeDefined();
    expect(mask.before([['Accept', '*/*']])).toBeUndefined();
    for (const status of [206, 226, 101]) {
      expect(() => mask.head({ status, fields: [], hasBody: false })).toThrow(/parts/);
    }
  });

  it('P5: refuses to compare validators, which may be digests of what is masked', () => {
    const mask = maskOf(EMAIL);
    expect(mask.before([['If-None-Match', '"0cc175b9"']])?.message).toContain('validators');
    expect(mask.before([['if-match', '"a", "b"']])).toBeDefined();
    expect(mask.before([['If-Range', '"a"']])).toBeDefined();
    expect(mask.before([['If-None-Match', '*']])).toBeUndefined();
    expect(
      mask.before([
        ['If-None-Match', '*'],
        ['If-None-Match', '"a"'],
      ]),
    ).toBeDefined();
  });

  it('P5: withholds the page of a redirect or an error that cannot be masked, and keeps what it says', async () => {
    const mask = maskOf(EMAIL);
    const fields: HeadPairs = [
      ['Content-Type', 'text/html'],
      ['Content-Encoding', 'compress'],
      ['Location', '/x'],
    ];
    expect(mask.head({ status: 302, fields, hasBody: true })).toEqual({
      reason: '',
      fields: [['Location', '/x']],
      isWithheld: true,
    });
    const seen: Buffer[] = [];
    const sink = (bytes: Buffer): Promise<void> => Promise.resolve(void seen.push(bytes));
    await mask.body(Buffer.from('bob@example.com'), sink);
    await mask.end(sink);
    expect(seen).toEqual([]);
    expect(() => maskOf(EMAIL).head({ status: 200, fields, hasBody: true })).toThrow();
    expect(await masked(EMAIL, '')).toBe('');
  });

  it('has no body where none was announced, and tells what it did without values', async () => {
    const mask = maskOf([...EMAIL, { columns: ['*.note'], detect: ['word'] }]);
    await drive(
      mask,
      Buffer.from('{"customers":[{"email":"bob"},{"email":"eve"}],"bob@x.yy":{"email":1},"note":"secret"}'),
    );
    expect(mask.summary()).toEqual({
      columns: [
        { column: 'customers.email', rule: 'r0', method: 'redact', values: 2 },
        { column: '{…}.email', rule: 'r0', method: 'redact', values: 1 },
      ],
      detectors: { word: 1 },
      oversized: 0,
    });
    const none = maskOf(EMAIL);
    none.head({ status: 204, fields: [], hasBody: false });
    await expect(none.body(Buffer.from('x'), () => Promise.resolve())).rejects.toThrow(/no.*body|body/);
    expect(none.summary()).toBeUndefined();
  });
});
