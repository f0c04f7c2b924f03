import { describe, expect, it } from 'vitest';
import {
  decodeErrorResponse,
  decodeNoticeResponse,
  encodeErrorResponse,
  encodeNoticeResponse,
  encodeReportFields,
} from './error-response.ts';

/** An ErrorResponse around fields; NULs are written out. */
function error(fields: string | Buffer): Buffer {
  const body = Buffer.from(fields);
  const header = Buffer.alloc(5, 'E');
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

function decode(bytes: Buffer): ReturnType<typeof decodeErrorResponse> {
  return decodeErrorResponse(bytes, 0, bytes.length);
}

describe('ErrorResponse', () => {
  it('has fields by letter', () => {
    const report = decode(error('SFEHLER\0VERROR\0C42501\0Mno\0P7\0\0'));
    expect(report).toMatchObject({ severity: 'ERROR', code: '42501', message: 'no' });
    expect([...report.fields]).toEqual([
      ['S', 'FEHLER'],
      ['V', 'ERROR'],
      ['C', '42501'],
      ['M', 'no'],
      ['P', '7'],
    ]);
  });

  it('class 8: CVE-2026-6666, a server that leaves SQLSTATE, message and severity out is not a crash', () => {
    expect(decode(error('Rroutine\0\0'))).toMatchObject({
      severity: undefined,
      code: undefined,
      message: undefined,
    });
    expect(decode(error('\0')).fields.size).toBe(0);
    expect(decode(error('SERROR\0\0')).severity).toBe('ERROR');
  });

  it('keeps a report that is not UTF-8 readable: servers report before an encoding is agreed', () => {
    expect(decode(error(Buffer.from('4d61ff620000', 'hex'))).message).toBe('a\ufffdb');
  });

  it.each([
    ['a field given twice', 'Ma\0Mb\0\0', 'ERR_WIRE_DUPLICATE'],
    ['no end', 'Ma\0', 'ERR_WIRE_TRUNCATED'],
    ['a field without its NUL', 'Ma', 'ERR_WIRE_UNTERMINATED'],
    ['bytes behind the end', 'Ma\0\0\0', 'ERR_WIRE_TRAILING'],
    ['no body', '', 'ERR_WIRE_TRUNCATED'],
  ])('class 8: refuses %s', (_title, fields, code) => {
    expect(() => decode(error(fields))).toThrow(expect.objectContaining({ code, source: 'upstream' }));
  });
});

describe('encodeErrorResponse', () => {
  it('writes severity twice, as servers since 9.6 do, and only the fields that are given', () => {
    expect(encodeErrorResponse({ severity: 'FATAL', code: '28000', message: 'no' })).toEqual(
      error('SFATAL\0VFATAL\0C28000\0Mno\0\0'),
    );
    const full = {
      severity: 'ERROR',
      code: 'SPA01',
      message: 'm',
      detail: 'd',
      hint: 'h',
      position: 12,
      where: 'w',
    } as const;
    expect(encodeErrorResponse(full)).toEqual(error('SERROR\0VERROR\0CSPA01\0Mm\0Dd\0Hh\0P12\0Ww\0\0'));
  });

  it('class 10: a NUL in a text begins no field of its own, a lone surrogate is replaced', () => {
    const bytes = encodeErrorResponse({ severity: 'ERROR', code: '42501', message: 'a\0C00000\0b\ud800' });
    expect(decode(bytes)).toMatchObject({ code: '42501', message: 'aC00000b\ufffd' });
  });

  it.each(['', '4250', '425011', '42a01', '4250\0', "42'01"])(
    'sends the SQLSTATE %j as an internal error',
    (code) => {
      const bytes = encodeErrorResponse({ severity: 'ERROR', code, message: 'm' });
      expect(decode(bytes).code).toBe('XX000');
    },
  );
});

describe('NoticeResponse', () => {
  it('is the same under another type', () => {
    const bytes = encodeNoticeResponse({ severity: 'WARNING', code: '01000', message: 'm' });
    expect(bytes[0]).toBe(0x4e);
    expect(decodeNoticeResponse(bytes, 0, bytes.length)).toMatchObject({ severity: 'WARNING', message: 'm' });
    expect(() => decodeErrorResponse(bytes, 0, bytes.length)).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TYPE' }),
    );
  });
});

describe('encodeReportFields', () => {
  it("writes a server's fields back in their order", () => {
    const bytes = error('SERROR\0VERROR\0C23505\0Mm\0nkey\0F.c\0\0');
    expect(encodeReportFields('error', decode(bytes).fields)).toEqual(bytes);
    expect(encodeReportFields('notice', new Map([['M', 'm']]))[0]).toBe(0x4e);
  });

  it('drops names that are not one ASCII letter, so that no field can be made of two', () => {
    const fields = new Map([
      ['', 'a'],
      ['\0', 'b'],
      ['MM', 'c'],
      ['é', 'd'],
      ['M', 'm'],
    ]);
    expect(encodeReportFields('error', fields)).toEqual(error('Mm\0\0'));
  });
});
