import { deflateRawSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockCoding, encodeBlockHead } from '../events/block.ts';
import { PictureError } from '../picture/errors.ts';
import { DesktopRecord } from '../recording/desktop-record.ts';
import { MemoryFrames } from '../recording/testing/memory-frames.ts';
import { DesktopPlayback } from './desktop-playback.ts';
import { encodePng } from './png.ts';
import { readBlock } from './read-block.ts';

const block = (rawLength: number, body: Buffer, coding: number = BlockCoding.deflate): Buffer =>
  Buffer.concat([encodeBlockHead({ coding, lagMs: 0, rawLength, body }), body]);

describe('playback of desktops', () => {
  it('tells what was typed and what passed through the clipboard', () => {
    const memory = new MemoryFrames(() => 0);
    const record = new DesktopRecord({ recording: memory, exchange: 1, nowMs: () => 0 });
    record.size(640, 480, 0x407);
    for (const key of [0x15, 0x1e, 0x1c]) record.key(key);
    record.clipboard('client', 'secret\u001b[2J');
    record.end();
    const playback = new DesktopPlayback();
    const items = memory.frames.flatMap(({ bytes, kind }) => playback.take(bytes, kind));
    expect(items).toEqual([
      { kind: 'done', text: 'desktop of 640 by 480 pixels' },
      { kind: 'text', from: 'client', text: 'za[Enter]' },
      {
        kind: 'report',
        severity: 'notice',
        code: 'clipboard to the desktop',
        message: 'secret\u001b[2J',
        more: {},
      },
    ]);
  });

  it('P10: takes no more memory for a block than a block may have, whatever it says', () => {
    const zeros = Buffer.alloc(64 * 1024 * 1024);
    const bomb = deflateRawSync(zeros);
    const codeOf = (bytes: Buffer): string => {
      try {
        readBlock(bytes, 0, () => undefined);
      } catch (error) {
        return (error as PictureError).code;
      }
      return 'taken';
    };
    expect(codeOf(block(100, bomb))).toBe('ERR_PICTURE_EVENT');
    expect(codeOf(block(zeros.length, bomb))).toBe('ERR_PICTURE_EVENT');
    expect(codeOf(block(3, Buffer.of(1, 2), BlockCoding.plain))).toBe('ERR_PICTURE_EVENT');
    expect(codeOf(block(8, Buffer.of(5, 0, 0, 0, 9, 0, 0, 0), BlockCoding.plain))).toBe(
      'ERR_PICTURE_TRUNCATED',
    );
    expect(codeOf(Buffer.concat([block(0, Buffer.alloc(0), BlockCoding.plain), Buffer.of(1)]))).toBe(
      'ERR_PICTURE_EVENT',
    );
  });

  it('P10: says of bytes that are none that they cannot be read, once', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const playback = new DesktopPlayback();
        const whole = block(bytes.length, Buffer.from(bytes), BlockCoding.plain);
        for (const one of [Buffer.from(bytes), whole]) {
          playback.take(one, 'response');
          try {
            readBlock(one, 0, () => undefined);
          } catch (error) {
            expect(error).toBeInstanceOf(PictureError);
          }
        }
      }),
      { numRuns: 500 },
    );
    const playback = new DesktopPlayback();
    expect(playback.take(Buffer.from('noise'), 'response')).toMatchObject([{ kind: 'unreadable' }]);
    expect(playback.take(Buffer.from('noise'), 'response')).toEqual([]);
  });

  it('writes pictures as PNG', () => {
    const png = encodePng(2, 1, Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255));
    expect(png.subarray(0, 8).toString('latin1')).toBe('\u0089PNG\r\n\u001a\n');
    const at = png.indexOf('IDAT');
    expect([...inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)))]).toEqual([
      0, 1, 2, 3, 4, 5, 6,
    ]);
    expect(png.readUInt32BE(16)).toBe(2);
    expect(png.readUInt32BE(20)).toBe(1);
  });
});
