import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RdpWireError } from '../errors.ts';
import { ChunkJoiner, readChunk, writeChunks } from './chunk.ts';
import {
  type DynamicMessage,
  MOST_DYNAMIC_BYTES,
  readDynamicMessage,
  writeDynamicMessage,
} from './dynamic.ts';

const id = fc.oneof(fc.nat({ max: 0xff }), fc.nat({ max: 0xffff }), fc.integer({ min: 0, max: 0xffff_ffff }));
const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((list) => Buffer.from(list));
const close = fc.record({ kind: fc.constant('close' as const), channel: id });
const data = fc.record({ kind: fc.constant('data' as const), channel: id, data: bytes(500) });
const first = fc.tuple(id, bytes(500), fc.nat({ max: 0xffff_0000 })).map(([channel, part, more]) => ({
  kind: 'first' as const,
  channel,
  total: part.length + more,
  data: part,
}));
const fromServer: fc.Arbitrary<DynamicMessage> = fc.oneof(
  close,
  data,
  first,
  fc.record({
    kind: fc.constant('create' as const),
    channel: id,
    priority: fc.nat({ max: 3 }),
    name: fc.stringMatching(/^[!-~]{1,200}$/),
  }),
  fc.integer({ min: 0, max: 0xffff }).map((version) => ({
    kind: 'capabilities' as const,
    version,
    charges: version > 1 ? Buffer.alloc(8, 7) : undefined,
  })),
);
const fromClient: fc.Arbitrary<DynamicMessage> = fc.oneof(
  close,
  data,
  first,
  fc.record({ kind: fc.constant('created' as const), channel: id, status: fc.integer() }),
  fc
    .integer({ min: 0, max: 0xffff })
    .map((version) => ({ kind: 'capabilities' as const, version, charges: undefined })),
);

function onlyWireErrors(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof RdpWireError)) throw error;
  }
}

describe('messages of dynamic channels', () => {
  it.each([
    ['upstream', fromServer],
    ['downstream', fromClient],
  ] as const)(
    'are read as they were written, from %s, however they are cut into chunks',
    (from, messages) => {
      fc.assert(
        fc.property(messages, (message) => {
          const joiner = new ChunkJoiner(MOST_DYNAMIC_BYTES, from);
          const wholes = writeChunks(writeDynamicMessage(message), 0).map((chunk) =>
            joiner.push(readChunk(chunk, from)),
          );
          expect(wholes).toHaveLength(1);
          expect(readDynamicMessage(wholes[0] ?? Buffer.alloc(0), from)).toEqual(message);
        }),
      );
    },
  );

  it('P10: are the same in one chunk and in many', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fromServer, cuts, (message, by) => {
        const whole = writeDynamicMessage(message);
        const joiner = new ChunkJoiner(MOST_DYNAMIC_BYTES, 'upstream');
        let joined: Buffer | undefined;
        for (let at = 0, index = 0; at < whole.length; index += 1) {
          const end = Math.min(whole.length, at + (by[index % by.length] ?? 1));
          const flags = (at === 0 ? 1 : 0) | (end === whole.length ? 2 : 0);
          joined = joiner.push({ total: whole.length, flags, data: whole.subarray(at, end) });
          at = end;
        }
        expect(readDynamicMessage(joined ?? Buffer.alloc(0), 'upstream')).toEqual(message);
      }),
    );
  });

  it.each(['upstream', 'downstream'] as const)(
    'P3: of random bytes from %s give a wire error, or a message that is written as it was read',
    (from) => {
      fc.assert(
        fc.property(fc.nat({ max: 255 }), bytes(300), (header, rest) => {
          onlyWireErrors(() => {
            const message = readDynamicMessage(Buffer.concat([Buffer.from([header]), rest]), from);
            expect(readDynamicMessage(writeDynamicMessage(message), from)).toEqual(message);
          });
        }),
        { numRuns: 2000 },
      );
    },
  );

  it.each([
    ['compressed data', [0x70, 3, 1, 2]],
    ['compressed data in parts', [0x60, 3, 9, 1]],
    ['another transport', [0x80, 0, 0, 0, 0, 0]],
    ['a command of nobody', [0xf0, 3]],
    ['a size of the id that is none', [0x33, 1, 1, 1, 1, 1]],
    ['a name without an end', [0x10, 3, 0x45]],
    ['a name without a letter', [0x10, 3, 0]],
    ['a name with something behind it', [0x10, 3, 0x45, 0, 0x45, 0]],
    ['a name of other letters', [0x10, 3, 0x45, 0xe9, 0]],
    ['a name of 256 bytes', [0x10, 3, ...Array.from({ length: 256 }, () => 0x45), 0]],
    ['more data than there is', [0x20, 3, 2, 1, 1, 1]],
    ['a close with something behind it', [0x40, 3, 0]],
    ['nothing', []],
  ])('P3: are no messages: %s', (_what, message) => {
    expect(() => readDynamicMessage(Buffer.from(message), 'upstream')).toThrow(RdpWireError);
  });
});
