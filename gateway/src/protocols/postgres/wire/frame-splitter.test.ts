import { describe, expect, it } from 'vitest';
import { type Frame, FrameSplitter, type FrameSplitterOptions, MOST_FRAME_BYTES } from './frame-splitter.ts';
import { encodeSync } from './frontend/bare-frontend-messages.ts';
import { FrontendType } from './frontend/frontend-type.ts';
import { encodeQuery } from './frontend/query.ts';

const COPY_DATA = FrontendType.CopyData;

interface Piece {
  readonly type: number;
  readonly hex: string;
  readonly first: boolean;
  readonly last: boolean;
}

function toPiece(frame: Frame): Piece {
  const { type, bytes, start, end, first, last } = frame;
  return { type, hex: bytes.subarray(start, end).toString('hex'), first, last };
}

/** Feeds chunks and overwrites each after it is drained, as a reused read buffer would be. */
function split(chunks: readonly Buffer[], options: FrameSplitterOptions): Piece[] {
  const splitter = new FrameSplitter(options);
  const pieces: Piece[] = [];
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    splitter.push(reused);
    for (let frame = splitter.next(); frame !== undefined; frame = splitter.next())
      pieces.push(toPiece(frame));
    reused.fill(0xff);
  }
  return pieces;
}

function header(type: number, length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = type;
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

const OPTIONS = { maxFrameBytes: 100 };

describe('FrameSplitter', () => {
  it('returns messages inside a chunk as views of that chunk, in one frame object', () => {
    const chunk = Buffer.concat([encodeQuery('SELECT 1'), encodeSync()]);
    const splitter = new FrameSplitter(OPTIONS);
    splitter.push(chunk);
    const first = splitter.next();
    expect(first).toMatchObject({ type: 0x51, start: 0, end: 14, first: true, last: true });
    expect(first?.bytes).toBe(chunk);
    const second = splitter.next();
    expect(second).toBe(first);
    expect(second).toMatchObject({ type: 0x53, start: 14, end: 19 });
    expect(splitter.next()).toBeUndefined();
    expect(splitter.retainedBytes).toBe(0);
  });

  it('assembles a message cut at every byte, the header included', () => {
    const query = encodeQuery('SELECT 1');
    const stream = Buffer.concat([query, encodeSync()]);
    for (let cut = 0; cut <= stream.length; cut += 1) {
      const pieces = split([stream.subarray(0, cut), stream.subarray(cut)], OPTIONS);
      expect(pieces.map((piece) => piece.hex)).toEqual([query.toString('hex'), '5300000004']);
    }
  });

  it('P2: never writes again to an assembled message it has handed out', () => {
    const stream = Buffer.concat([encodeQuery('SELECT 1'), encodeQuery('SELECT 2')]);
    const splitter = new FrameSplitter(OPTIONS);
    const views: Buffer[] = [];
    for (const byte of stream) {
      splitter.push(Buffer.from([byte]));
      for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
        views.push(frame.bytes.subarray(frame.start, frame.end));
      }
    }
    expect(Buffer.concat(views)).toEqual(stream);
  });

  it('hands out a streamed message in fragments as they arrive and holds nothing of it', () => {
    const splitter = new FrameSplitter({ maxFrameBytes: 10, streams: (type) => type === COPY_DATA });
    const pieces: Piece[] = [];
    for (const hex of ['640000', '000c61', '62', '63646566676853', '00000004']) {
      splitter.push(Buffer.from(hex, 'hex'));
      for (let frame = splitter.next(); frame !== undefined; frame = splitter.next())
        pieces.push(toPiece(frame));
      expect(splitter.retainedBytes).toBeLessThanOrEqual(5);
    }
    expect(pieces).toEqual([
      { type: COPY_DATA, hex: '640000000c', first: true, last: false },
      { type: COPY_DATA, hex: '61', first: false, last: false },
      { type: COPY_DATA, hex: '62', first: false, last: false },
      { type: COPY_DATA, hex: '636465666768', first: false, last: true },
      { type: 0x53, hex: '5300000004', first: true, last: true },
    ]);
  });

  it('returns a streamed message that lies whole in the chunk as one frame, however long', () => {
    const data = Buffer.concat([header(COPY_DATA, 24), Buffer.alloc(20)]);
    const pieces = split([data], { maxFrameBytes: 10, streams: (type) => type === COPY_DATA });
    expect(pieces).toEqual([{ type: COPY_DATA, hex: data.toString('hex'), first: true, last: true }]);
  });

  it('begins a stream with what the chunk has behind the header, even if that is nothing', () => {
    const streams = (type: number): boolean => type === COPY_DATA;
    const pieces = split([header(COPY_DATA, 5), Buffer.from('a')], { maxFrameBytes: 10, streams });
    expect(pieces.map(({ first, last }) => [first, last])).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it('takes a message of exactly the cap and refuses one byte more, naming type and length', () => {
    const longest = Buffer.concat([header(0x51, 99), Buffer.alloc(95)]);
    expect(split([longest], OPTIONS)).toHaveLength(1);
    for (const chunks of [[header(0x51, 100)], [Buffer.from([0x51, 0]), header(0x51, 100).subarray(2)]]) {
      expect(() => split(chunks, OPTIONS)).toThrow(
        expect.objectContaining({
          code: 'ERR_WIRE_TOO_LONG',
          message: 'message type Q (0x51) is 101 bytes long, over the limit of 100 (at byte 0)',
        }),
      );
    }
  });

  it.each([0, 1, 2, 3, 0x7fff_ffff, 0x8000_0000, 0x8000_0004, 0xffff_fffe, 0xffff_ffff])(
    'class 10: refuses a length word of %i at once, whole or in bytes',
    (length) => {
      const bytes = header(0x51, length);
      const code = length === 0x7fff_ffff ? 'ERR_WIRE_TOO_LONG' : 'ERR_WIRE_LENGTH';
      const options = { maxFrameBytes: 1 << 20 };
      expect(() => split([bytes], options)).toThrow(expect.objectContaining({ code, offset: 0 }));
      const oneByOne = [...bytes].map((byte) => Buffer.from([byte]));
      expect(() => split(oneByOne, options)).toThrow(expect.objectContaining({ code, offset: 0 }));
    },
  );

  it('class 10: counts a streamed message of 2^31 bytes without wrapping', () => {
    const splitter = new FrameSplitter({ maxFrameBytes: 10, streams: () => true });
    splitter.push(header(COPY_DATA, 0x7fff_ffff));
    expect(splitter.next()).toMatchObject({ first: true, last: false });
    expect(splitter.next()).toBeUndefined();
    const chunk = Buffer.alloc(1 << 20);
    let remaining = 0x7fff_ffff - 4;
    while (remaining > chunk.length) {
      splitter.push(chunk);
      expect(splitter.next()?.last).toBe(false);
      expect(splitter.next()).toBeUndefined();
      remaining -= chunk.length;
    }
    splitter.push(Buffer.concat([chunk.subarray(0, remaining), encodeSync()]));
    expect(splitter.next()).toMatchObject({ start: 0, end: remaining, last: true });
    expect(splitter.next()).toMatchObject({ type: 0x53, start: remaining, first: true, last: true });
  });

  it('P10: memory follows what arrived, not what a header declares', () => {
    const splitter = new FrameSplitter({ maxFrameBytes: MOST_FRAME_BYTES });
    splitter.push(Buffer.concat([header(0x51, MOST_FRAME_BYTES - 1), Buffer.alloc(1000)]));
    expect(splitter.next()).toBeUndefined();
    expect(splitter.retainedBytes).toBeLessThanOrEqual(2 * 1005);
  });

  it('P10: keeps no message alive once it is drained, so that an idle session holds nothing', () => {
    const splitter = new FrameSplitter(OPTIONS);
    splitter.push(encodeQuery('SELECT 1'));
    const frame = splitter.next();
    expect(frame?.bytes).not.toHaveLength(0);
    splitter.next();
    expect(frame?.bytes).toHaveLength(0);
  });

  it('survives a predicate that changes its mind within a message', () => {
    let isStreamed = false;
    const splitter = new FrameSplitter({ maxFrameBytes: 20, streams: () => isStreamed });
    const message = encodeQuery('SELECT 1');
    const seen: Buffer[] = [];
    for (const [start, end] of [
      [0, 3],
      [3, 8],
      [8, 10],
      [10, message.length],
    ] as const) {
      splitter.push(message.subarray(start, end));
      for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
        seen.push(frame.bytes.subarray(frame.start, frame.end));
      }
      isStreamed = !isStreamed;
    }
    expect(Buffer.concat(seen)).toEqual(message);
  });

  it('refuses to go on after an error, with the same error, and lets go of its memory', () => {
    const splitter = new FrameSplitter(OPTIONS);
    splitter.push(Buffer.concat([encodeSync(), header(0x51, 3)]));
    splitter.next();
    expect(() => splitter.next()).toThrow(expect.objectContaining({ code: 'ERR_WIRE_LENGTH', offset: 5 }));
    expect(() => splitter.next()).toThrow(expect.objectContaining({ code: 'ERR_WIRE_LENGTH', offset: 5 }));
    expect(() => splitter.push(encodeSync())).toThrow(expect.objectContaining({ code: 'ERR_WIRE_LENGTH' }));
    expect(splitter.retainedBytes).toBe(0);
  });

  it('lets go of a header that came in pieces when it refuses it', () => {
    const splitter = new FrameSplitter(OPTIONS);
    splitter.push(Buffer.from([0x51, 0xff]));
    expect(splitter.next()).toBeUndefined();
    splitter.push(Buffer.from([0xff, 0xff, 0xff]));
    expect(() => splitter.next()).toThrow(expect.objectContaining({ code: 'ERR_WIRE_LENGTH', offset: 0 }));
    expect(splitter.retainedBytes).toBe(0);
  });

  it('counts offsets in errors from the start of the stream, across chunks', () => {
    const splitter = new FrameSplitter({ ...OPTIONS, source: 'upstream' });
    splitter.push(Buffer.concat([encodeSync(), Buffer.from([0x51, 0])]));
    while (splitter.next() !== undefined);
    splitter.push(Buffer.from([0, 0, 3]));
    expect(() => splitter.next()).toThrow(
      expect.objectContaining({ offset: 5, source: 'upstream', publicMessage: undefined }),
    );
  });

  it('refuses a push while a chunk is not drained, an empty one too', () => {
    for (const chunk of [encodeSync(), Buffer.alloc(0)]) {
      const splitter = new FrameSplitter(OPTIONS);
      splitter.push(chunk);
      expect(() => splitter.push(chunk)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_MISUSE' }));
    }
  });

  it('may be asked for more at any time and takes empty chunks', () => {
    const splitter = new FrameSplitter(OPTIONS);
    expect(splitter.next()).toBeUndefined();
    for (const hex of ['', '53', '', '000000']) {
      splitter.push(Buffer.from(hex, 'hex'));
      expect(splitter.next()).toBeUndefined();
      expect(splitter.next()).toBeUndefined();
    }
    splitter.push(Buffer.from('04', 'hex'));
    expect(splitter.next()).toMatchObject({ type: 0x53, start: 0, end: 5 });
  });

  it('lets the cap be raised after authentication', () => {
    const splitter = new FrameSplitter({ maxFrameBytes: 5 });
    splitter.setMaxFrameBytes(100);
    splitter.push(encodeQuery('SELECT 1'));
    expect(splitter.next()).toMatchObject({ type: 0x51 });
  });

  it.each([0, 4, 5.5, MOST_FRAME_BYTES + 1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a cap of %d bytes',
    (maxFrameBytes) => {
      expect(() => new FrameSplitter({ maxFrameBytes })).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_MISUSE' }),
      );
    },
  );

  it('is not led astray by a caller that writes to the frame it was given', () => {
    const splitter = new FrameSplitter({ maxFrameBytes: 10, streams: (type) => type === COPY_DATA });
    splitter.push(Buffer.concat([header(COPY_DATA, 8), Buffer.from('ab')]));
    const frame = splitter.next();
    if (frame !== undefined) Object.assign(frame, { type: 0, start: 99, end: 0, last: true });
    expect(splitter.next()).toBeUndefined();
    splitter.push(Buffer.from('cd'));
    expect(splitter.next()).toMatchObject({ type: COPY_DATA, start: 0, end: 2, first: false, last: true });
  });
});
