import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTsRequest } from './credssp/ts-request.ts';
import { MOST_MESSAGE_BYTES, TsRequestFrames } from './credssp/ts-request-frames.ts';
import { NlaError, NlaFault } from './errors.ts';
import { readAvPairs } from './ntlm/av-pairs.ts';
import { readAuthenticate, readChallenge, readNegotiate } from './ntlm/messages.ts';
import { readNegTokenInit, readNegTokenResp } from './spnego/tokens.ts';
import { logIn, newClient, newServer } from './testing/peers.ts';

const decoders: readonly (readonly [name: string, read: (bytes: Buffer) => unknown])[] = [
  ['TSRequest', readTsRequest],
  ['NegTokenInit', readNegTokenInit],
  ['NegTokenResp', readNegTokenResp],
  ['NEGOTIATE_MESSAGE', readNegotiate],
  ['CHALLENGE_MESSAGE', readChallenge],
  ['AUTHENTICATE_MESSAGE', readAuthenticate],
  ['attributes', readAvPairs],
];

/** Bytes with the heads of the real ones, so that decoders get past them. */
const messages = fc
  .tuple(
    fc.constantFrom(
      '',
      '4e544c4d5353500001000000',
      '4e544c4d5353500002000000',
      '4e544c4d5353500003000000',
      '30',
      '60',
      'a1',
    ),
    fc.uint8Array({ maxLength: 160 }),
  )
  .map(([head, rest]) => Buffer.concat([Buffer.from(head, 'hex'), rest]));

describe('NLA, any input', () => {
  it.each(decoders)('P10: %s is read, or refused by a fault', (_, read) => {
    fc.assert(
      fc.property(messages, (bytes) => {
        try {
          read(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(NlaFault);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('P10: a login in which bytes are changed, cut off or added ends by itself or by an error of ours', async () => {
    const changes = fc.record({
      place: fc.nat({ max: 4 }),
      at: fc.nat({ max: 600 }),
      cut: fc.boolean(),
      value: fc.integer({ min: 0, max: 255 }),
    });
    let ended = 0;
    await fc.assert(
      fc.asyncProperty(changes, async ({ place, at, cut, value }) => {
        const { server, client } = await logIn(newClient(), newServer(), (bytes, sent) => {
          if (sent !== place) return bytes;
          const changed = Buffer.from(bytes);
          changed[at % bytes.length] = value;
          return cut ? changed.subarray(0, (at % bytes.length) + 1) : changed;
        });
        for (const end of [server, client]) if (end instanceof Error) expect(end).toBeInstanceOf(NlaError);
        if (server instanceof Error || client instanceof Error) ended += 1;
      }),
      { numRuns: 400 },
    );
    expect(ended).toBeGreaterThan(100);
  });

  it('P1: a login with one changed bit in the message that proves it is never done', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 700 }), fc.nat({ max: 7 }), async (at, bit) => {
        const { server, sent } = await logIn(newClient(), newServer(), (bytes, place) => {
          if (place !== 2) return bytes;
          const changed = Buffer.from(bytes);
          const index = at % changed.length;
          changed[index] = (changed[index] ?? 0) ^ (1 << bit);
          return changed;
        });
        expect(sent.length).toBeGreaterThanOrEqual(3);
        expect(server === undefined || server instanceof NlaError).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('P10: messages are cut out of any chunks, and no more than one is held', () => {
    const message = fc.uint8Array({ maxLength: 300 }).map((body) => {
      const bytes = Buffer.from(body);
      const head =
        bytes.length < 128
          ? [bytes.length]
          : bytes.length < 256
            ? [0x81, bytes.length]
            : [0x82, 1, bytes.length - 256];
      return Buffer.concat([Buffer.from([0x30, ...head]), bytes]);
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.integer({ min: 1, max: 90 }), (sent, size) => {
        const frames = new TsRequestFrames();
        const stream = Buffer.concat(sent);
        const found: Buffer[] = [];
        for (let at = 0; at < stream.length; at += size) {
          frames.push(stream.subarray(at, at + size));
          for (let frame = frames.next(); frame !== undefined; frame = frames.next()) found.push(frame);
        }
        expect(found).toEqual(sent);
        expect(frames.takeRest()).toHaveLength(0);
      }),
    );
  });

  it('P10: a message that says to be longer than any is refused before it has arrived', async () => {
    const frames = new TsRequestFrames();
    frames.push(Buffer.from('3083010001', 'hex'));
    expect(() => frames.next()).toThrow(`a message of ${MOST_MESSAGE_BYTES + 1 + 5} bytes`);
    const step = await newServer().push(Buffer.from('3083ffffff', 'hex'));
    expect(step.failed).toMatchObject({ code: 'ERR_RDP_NLA_TOO_LONG' });
    expect(step.send).toHaveLength(0);
  });

  it('P10: 64 KiB in chunks of one byte are joined once', () => {
    const frames = new TsRequestFrames();
    frames.push(Buffer.from([0x30, 0x82, 0xff, 0xf0]));
    expect(frames.next()).toBeUndefined();
    let early = 0;
    for (let sent = 1; sent < 0xfff0; sent += 1) {
      frames.push(Buffer.of(0));
      if (frames.next() !== undefined) early += 1;
    }
    expect(early).toBe(0);
    frames.push(Buffer.of(0));
    expect(frames.next()).toHaveLength(0xfff4);
  });
});
