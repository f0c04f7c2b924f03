import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framesOf, memorySource } from '../../test/recording/recording-fixture.ts';
import { BlockPool } from './block-pool.ts';
import { checkRecording } from './check-recording.ts';
import { RecordingError } from './errors.ts';
import { FILE_HEADER, FrameType, frameKind } from './format.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { FrameReader, readJson } from './frame-reader.ts';

interface Put {
  readonly type: number;
  readonly exchange: number;
  readonly ms: number;
  readonly bytes: Buffer;
  readonly isText: boolean;
  /** A batch ends here. */
  readonly isLast: boolean;
}

const put: fc.Arbitrary<Put> = fc.record({
  type: fc.constantFrom(FrameType.begin, FrameType.data, FrameType.end, FrameType.note, 0x42),
  exchange: fc.nat(0xffff_ffff),
  ms: fc.nat(2 ** 40),
  bytes: fc
    .oneof(
      { weight: 6, arbitrary: fc.uint8Array({ maxLength: 300 }) },
      { weight: 1, arbitrary: fc.uint8Array({ minLength: 60_000, maxLength: 66_000, size: 'max' }) },
      {
        weight: 1,
        arbitrary: fc.integer({ min: 65_400, max: 200_000 }).map((size) => new Uint8Array(size).fill(7)),
      },
    )
    .map((bytes) => Buffer.from(bytes)),
  isText: fc.boolean(),
  isLast: fc.boolean(),
});

function written(puts: readonly Put[]): Buffer {
  const buffer = new FrameBuffer(new BlockPool(4));
  const parts: Buffer[] = [];
  const flush = (): void => {
    if (buffer.bytes === 0) return;
    const { parts: batch, bytes } = buffer.take();
    const whole = Buffer.concat(batch);
    expect(whole.length).toBe(bytes);
    parts.push(whole);
  };
  for (const { type, exchange, ms, bytes, isText, isLast } of puts) {
    if (isText) buffer.text(frameKind(type), ms, exchange, bytes.toString('latin1'));
    else
      buffer.raw(
        frameKind(type),
        ms,
        exchange,
        Buffer.concat([Buffer.from('..'), bytes]),
        2,
        bytes.length + 2,
      );
    if (isLast) flush();
  }
  flush();
  return Buffer.concat(parts);
}

const payloadOf = ({ bytes, isText }: Put): Buffer =>
  isText ? Buffer.from(bytes.toString('latin1')) : bytes;

describe('frames', () => {
  it('come out as they went in, whatever the batches, and cut anywhere they are a prefix', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(put, { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (puts, share) => {
          const bytes = written(puts);
          const frames = (await framesOf(bytes)).filter(({ type }) => type !== FrameType.seal);
          expect(frames.map(({ type, exchange, ms }) => ({ type, exchange, ms }))).toEqual(
            puts.map(({ type, exchange, ms }) => ({ type, exchange, ms })),
          );
          for (const [i, frame] of frames.entries()) {
            const one = puts[i];
            expect(one !== undefined && frame.payload.equals(payloadOf(one))).toBe(true);
          }
          const { findings } = await checkRecording(memorySource(bytes));
          expect(findings).toEqual(['it does not begin with its session']);
          const cut = bytes.subarray(0, Math.max(FILE_HEADER.length, Math.floor(bytes.length * share)));
          const some = await framesOf(cut);
          const all = await framesOf(bytes);
          expect(some.map(({ end }) => end)).toEqual(all.slice(0, some.length).map(({ end }) => end));
          const skipped: number[] = [];
          for await (const frame of new FrameReader(memorySource(cut)).frames({ wants: () => false }))
            skipped.push(frame.end);
          expect(skipped).toEqual(some.map(({ end }) => end));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('P10: random bytes give frames or a RecordingError, nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.boolean(), async (random, isHeaded) => {
        const bytes = Buffer.concat([isHeaded ? FILE_HEADER : Buffer.alloc(0), random]);
        try {
          const reader = new FrameReader(memorySource(bytes));
          await reader.checkHeader();
          for await (const frame of reader.frames()) readJson(frame.payload);
        } catch (error) {
          expect(error).toBeInstanceOf(RecordingError);
        }
        expect((await checkRecording(memorySource(bytes))).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('P3: a newer form is refused by its number', async () => {
    const newer = Buffer.from(FILE_HEADER);
    newer.writeUInt16LE(2, 8);
    await expect(new FrameReader(memorySource(newer)).checkHeader()).rejects.toMatchObject({
      code: 'ERR_RECORDING_VERSION',
      message: expect.stringContaining('form 2'),
    });
  });
});
