import fc from 'fast-check';
import { expect } from 'vitest';

/** Reads the message in `bytes[start, end)`, as the decoders of the wire codecs do. */
export type Decode<Message> = (bytes: Buffer, start: number, end: number) => Message;

/**
 * Looks for a message that decode∘encode does not give back, or whose bytes encode∘decode changes, wherever they lie in
 * a chunk. Returns fast-check's report of the smallest one, or undefined if there is none.
 */
export function findBrokenRoundTrip<Message>(
  messages: fc.Arbitrary<Message>,
  encode: (message: Message) => Buffer,
  decode: Decode<Message>,
): string | undefined {
  const property = fc.property(messages, fc.nat(9), (message, before) => {
    const encoded = encode(message);
    const chunk = Buffer.concat([Buffer.alloc(before, 0xff), encoded, Buffer.alloc(5)]);
    const decoded = decode(chunk, before, before + encoded.length);
    expect(decoded).toEqual(message);
    expect(encode(decoded)).toEqual(encoded);
  });
  return fc.defaultReportMessage(fc.check(property));
}

/** What `run` throws, or undefined. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
