import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from './errors.ts';
import { FrameSplitter } from './frame-splitter.ts';
import { MessageWriter } from './message-writer.ts';

const CAP = 64;
const STREAMED = 0x64;

const smallMessage = fc
  .record({ type: fc.integer({ min: 0, max: 255 }), body: fc.uint8Array({ maxLength: CAP - 5 }) })
  .map(({ type, body }) => ({ type, bytes: new MessageWriter(type).raw(body).finish() }));
const longStreamed = fc
  .uint8Array({ maxLength: 4 * CAP })
  .map((body) => ({ type: STREAMED, bytes: new MessageWriter(STREAMED).raw(body).finish() }));
const messages = fc.array(fc.oneof(smallMessage, longStreamed), { maxLength: 12 });
const cuts = fc.array(fc.nat({ max: 2000 }), { maxLength: 30 });

function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const inside = places.map((place) => place % (stream.length + 1));
  const sorted = [0, ...inside.sort((a, b) => a - b), stream.length];
  return sorted.slice(1).map((end, index) => stream.subarray(sorted[index], end));
}

interface Collected {
  readonly messages: { type: number; bytes: Buffer }[];
  readonly mostRetained: number;
}

/** Puts fragments together again; each chunk is overwritten once it is drained. */
function collect(chunks: readonly Buffer[], streams: (type: number) => boolean): Collected {
  const splitter = new FrameSplitter({ maxFrameBytes: CAP, streams });
  const whole: { type: number; bytes: Buffer }[] = [];
  let parts: Buffer[] = [];
  let mostRetained = 0;
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    splitter.push(reused);
    for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
      expect(frame.first).toBe(parts.length === 0);
      parts.push(Buffer.from(frame.bytes.subarray(frame.start, frame.end)));
      if (!frame.last) continue;
      whole.push({ type: frame.type, bytes: Buffer.concat(parts) });
      parts = [];
    }
    mostRetained = Math.max(mostRetained, splitter.retainedBytes);
    reused.fill(0xaa);
  }
  return { messages: whole, mostRetained };
}

describe('FrameSplitter, any input', () => {
  it('any chunking of a sequence of messages gives the same messages, streamed or not', () => {
    fc.assert(
      fc.property(messages, cuts, (sent, places) => {
        const stream = Buffer.concat(sent.map((message) => message.bytes));
        const received = collect(cut(stream, places), (type) => type === STREAMED);
        expect(received.messages).toEqual(sent);
        expect(received.mostRetained).toBeLessThanOrEqual(CAP);
      }),
    );
  });

  it('P10: random bytes give frames that add up to a prefix of them, or a WireError, in bounded memory', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }),
        fc.boolean(),
        (noise, streams) => {
          const splitter = new FrameSplitter({ maxFrameBytes: CAP, streams: () => streams });
          const stream = Buffer.concat(noise);
          const out: Buffer[] = [];
          let mostRetained = 0;
          let failure: unknown;
          const feed = (chunk: Buffer): void => {
            splitter.push(chunk);
            for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
              out.push(frame.bytes.subarray(frame.start, frame.end));
            }
            mostRetained = Math.max(mostRetained, splitter.retainedBytes);
          };
          try {
            for (const chunk of noise) feed(Buffer.from(chunk));
          } catch (error) {
            failure = error;
          }
          expect(failure === undefined || failure instanceof WireError).toBe(true);
          expect(mostRetained).toBeLessThanOrEqual(CAP);
          const seen = Buffer.concat(out);
          expect(seen).toEqual(stream.subarray(0, seen.length));
        },
      ),
    );
  });
});
