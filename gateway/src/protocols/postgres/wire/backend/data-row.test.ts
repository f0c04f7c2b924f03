import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../errors.ts';
import { encodeDataRow, locateCells } from './data-row.ts';

/** A DataRow around a body in hexadecimal. */
function row(body: string): Buffer {
  const bytes = Buffer.from(body.replaceAll(' ', ''), 'hex');
  const header = Buffer.alloc(5, 'D');
  header.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([header, bytes]);
}

function locate(bytes: Buffer, capacity = 8): [number, number][] {
  const places = new Int32Array(2 * capacity);
  const count = locateCells(bytes, { start: 0, end: bytes.length }, places);
  return Array.from({ length: count }, (_, index) => [places[2 * index] ?? 0, places[2 * index + 1] ?? 0]);
}

describe('DataRow', () => {
  it('has cells with lengths, -1 for NULL', () => {
    const bytes = row('0003 00000002 6162 ffffffff 00000000');
    expect(encodeDataRow(['ab', undefined, ''])).toEqual(bytes);
    expect(locate(bytes)).toEqual([
      [11, 2],
      [17, -1],
      [21, 0],
    ]);
    expect(locate(row('0000'))).toEqual([]);
  });

  it.each([
    ['a cell of -2 bytes (CVE-2026-32286)', '0001 fffffffe', 'ERR_WIRE_LENGTH'],
    ['a cell of -2^31 bytes', '0001 80000000', 'ERR_WIRE_LENGTH'],
    ['a cell of 2^31 - 1 bytes', '0001 7fffffff 61', 'ERR_WIRE_TRUNCATED'],
    ['more cells counted than there are', '0002 00000001 61', 'ERR_WIRE_TRUNCATED'],
    ['a cell length cut short', '0001 0000', 'ERR_WIRE_TRUNCATED'],
    ['more cells than counted', '0001 00000001 61 00000001 61', 'ERR_WIRE_TRAILING'],
    ['more cells than expected', '0009', 'ERR_WIRE_TOO_LONG'],
    ['no count', '00', 'ERR_WIRE_TRUNCATED'],
  ])('class 8: refuses %s', (_title, body, code) => {
    expect(() => locate(row(body))).toThrow(expect.objectContaining({ code, source: 'upstream' }));
  });

  it('class 8: a cell does not reach into the message behind its row', () => {
    const bytes = row('0001 00000004 6162');
    const chunk = Buffer.concat([bytes, Buffer.from('secret')]);
    expect(() => locateCells(chunk, { start: 0, end: bytes.length }, new Int32Array(2))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TRUNCATED' }),
    );
  });

  it('refuses another type, another length and a range outside the bytes', () => {
    expect(() => locate(Buffer.from('54000000060000', 'hex'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TYPE' }),
    );
    expect(() => locate(Buffer.from('44000000070000', 'hex'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_LENGTH' }),
    );
    const bytes = row('0000');
    for (const range of [
      { start: -1, end: 7 },
      { start: 0, end: 8 },
    ]) {
      expect(() => locateCells(bytes, range, new Int32Array(2))).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_TRUNCATED' }),
      );
    }
  });

  it('any cells are found where they were written, wherever the row lies in its chunk', () => {
    const cell = fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 8 }), fc.nat(9), (cells, before) => {
        const bytes = encodeDataRow(cells);
        const chunk = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(3)]);
        const places = new Int32Array(16);
        const count = locateCells(chunk, { start: before, end: before + bytes.length }, places);
        const found = Array.from({ length: count }, (_, index) => {
          const [start = 0, length = 0] = places.subarray(2 * index, 2 * index + 2);
          return length === -1 ? undefined : chunk.toString('utf8', start, start + length);
        });
        expect(found).toEqual(cells);
      }),
    );
  });

  it('random bodies are cells inside the row, or a WireError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        const bytes = row(Buffer.from(noise).toString('hex'));
        let outcome: unknown;
        try {
          outcome = locate(bytes).every(([start, length]) => start + Math.max(0, length) <= bytes.length);
        } catch (error) {
          outcome = error instanceof WireError;
        }
        expect(outcome).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
