import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../wire/websocket/encode-frame.ts';
import { Opcode } from '../../wire/websocket/opcode.ts';
import { startSocketBench } from './testing/socket-bench.ts';

const RULES = `
  - { id: any, effect: allow, on: http, match: { websocket: [open, text, binary, long] } }
  - { id: no, effect: deny, on: http, match: { websocket: [text, binary, long] }, when: "http.contentType == 'application/json' && http.body == 'denied'" }
`;
const KEY = Buffer.from([7, 11, 13, 17]);

const message = fc.record({
  isText: fc.boolean(),
  text: fc.oneof(fc.string({ maxLength: 60, unit: 'grapheme' }), fc.constant('x'.repeat(150))),
  cuts: fc.array(fc.nat(200), { maxLength: 6 }),
  ping: fc.boolean(),
});

/** The frames of a message, cut where the cuts say, pings between them. */
function framesOf(
  { isText, text, cuts, ping }: typeof message extends fc.Arbitrary<infer T> ? T : never,
  key: Buffer | undefined,
): Buffer[] {
  const bytes = Buffer.from(text);
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  return places.flatMap((to, index) => {
    const opcode = index > 0 ? Opcode.Continuation : isText ? Opcode.Text : Opcode.Binary;
    const payload = bytes.subarray(from, to);
    from = to;
    const frame = encodeFrame({ opcode, isFinal: index === places.length - 1, payload, key });
    return ping
      ? [frame, encodeFrame({ opcode: Opcode.Ping, isFinal: true, payload: Buffer.from('p'), key })]
      : [frame];
  });
}

describe('messages over a WebSocket', () => {
  it('P2: come as they were sent, both ways, whatever frames and chunks they come in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 70 }),
        async (messages, size) => {
          const bench = await startSocketBench({ rules: RULES, inspectionBytes: 100 });
          for (const [side, other, key] of [
            [bench.client, bench.service, KEY],
            [bench.service, bench.client, undefined],
          ] as const) {
            const bytes = Buffer.concat(messages.flatMap((one) => framesOf(one, key)));
            for (let at = 0; at < bytes.length; at += size)
              side.raw(Buffer.from(bytes.subarray(at, at + size)));
            await other.until(({ messages: came }) => came.length === messages.length);
            expect(other.messages.map(({ isText, text }) => ({ isText, text }))).toEqual(
              messages.map(({ isText, text }) => ({ isText, text })),
            );
          }
          bench.client.stream.destroy();
          bench.service.stream.destroy();
          await bench.outcome;
        },
      ),
      { numRuns: 40 },
    );
  });

  it('P3 P10: bytes of any kind end it or wait for more; nothing but permitted messages comes out', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.boolean(),
        async (bytes, isClient) => {
          const bench = await startSocketBench({ rules: RULES, inspectionBytes: 100 });
          const side = isClient ? bench.client : bench.service;
          side.raw(Buffer.from(bytes));
          side.stream.end();
          const { result } = await bench.outcome;
          expect(result['status']).toBe(101);
          const permits = bench.events.filter((event) => event.type === 'exchange.intent').length - 1;
          expect(bench.service.messages.length).toBeLessThanOrEqual(permits);
          bench.client.stream.destroy();
          bench.service.stream.destroy();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('P9: what is denied is denied in any frames', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 12 }), async (cuts) => {
        const bench = await startSocketBench({ rules: RULES });
        for (const frame of framesOf({ isText: true, text: ' "denied" ', cuts, ping: false }, KEY))
          bench.client.raw(frame);
        await bench.client.until(({ closed }) => closed !== undefined);
        expect(bench.client.closed?.reason).toContain('denied by rule no');
        expect(bench.service.messages).toEqual([]);
        bench.client.stream.destroy();
        bench.service.stream.destroy();
        await bench.outcome;
      }),
      { numRuns: 30 },
    );
  });
});
