import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
// @ts-expect-error the package has no types of its own
import untyped from 'ssh2/lib/protocol/crypto.js';
import { describe, expect, it } from 'vitest';
import { corkByTick, useLeanCiphers } from './lean-packets.ts';
import type { Connection, GcmCipher, GcmDecipher } from './ssh2.ts';

interface Package {
  readonly CIPHER_INFO: Readonly<Record<string, object>>;
  createCipher(config: object): GcmCipher & { readonly _encIV: Buffer };
  createDecipher(config: object): GcmDecipher;
  init(): void;
}

const ssh2Crypto = untyped as Package;
const INFO = ssh2Crypto.CIPHER_INFO['aes128-gcm@openssh.com'];

/** Both directions of one connection, as the package makes them. `wire` is what was sent, `got` what was received. */
function connection(onPayload?: (payload: Buffer) => number | undefined) {
  const wire: Buffer[] = [];
  const got: Buffer[] = [];
  const key = Buffer.alloc(16, 7);
  // The counter is about to pass over several bytes.
  const iv = (): Buffer => Buffer.from('000000000000000000fffffe', 'hex');
  const cipher = ssh2Crypto.createCipher({
    outbound: {
      seqno: 3,
      onWrite: (bytes: Buffer) => wire.push(Buffer.from(bytes)),
      cipherInfo: INFO,
      cipherKey: Buffer.from(key),
      cipherIV: iv(),
    },
  });
  const decipher = ssh2Crypto.createDecipher({
    inbound: {
      seqno: 3,
      onPayload: (payload: Buffer) => {
        got.push(Buffer.from(payload));
        return onPayload?.(payload);
      },
      decipherInfo: INFO,
      decipherKey: Buffer.from(key),
      decipherIV: iv(),
    },
  });
  const lean = (...what: readonly ('cipher' | 'decipher')[]): void => {
    const protocol = {
      _cipher: what.includes('cipher') ? cipher : undefined,
      _decipher: what.includes('decipher') ? decipher : undefined,
    };
    useLeanCiphers(Object.assign(new EventEmitter(), { _protocol: protocol }) as unknown as Connection);
  };
  const send = (payload: Buffer): void => {
    const packet = cipher.allocPacket(payload.length);
    payload.copy(packet, 5);
    cipher.encrypt(packet);
  };
  return { cipher, decipher, wire, got, lean, send };
}

function feed(decipher: GcmDecipher, wire: Buffer, cuts: readonly number[]): void {
  const places = [0, ...cuts.map((cut) => cut % (wire.length + 1)), wire.length].sort((a, b) => a - b);
  for (const [index, place] of places.slice(1).entries()) {
    const piece = wire.subarray(places[index], place);
    if (piece.length > 0) decipher.decrypt(piece, 0, piece.length);
  }
}

const payloads = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 200 }),
    fc.integer({ min: 4_000, max: 4_200 }),
    fc.constantFrom(32_768, 34_000),
  ),
  { minLength: 1, maxLength: 8 },
);
const cuts = fc.array(fc.nat(), { maxLength: 20 });

describe('packets of AES-GCM, lean and as the package makes them', () => {
  it.each([['cipher', 'decipher'], ['cipher'], ['decipher']] as const)(
    'P2: are the same on the wire: lean %s %s',
    (...what) => {
      fc.assert(
        fc.property(payloads, cuts, (sizes, places) => {
          const { decipher, cipher, wire, got, lean, send } = connection();
          lean(...what);
          const sent = sizes.map((size, index) => Buffer.alloc(size, 65 + index));
          for (const payload of sent) send(payload);
          feed(decipher, Buffer.concat(wire), places);
          expect(got.map((payload) => payload.toString('latin1'))).toEqual(
            sent.map((payload) => payload.toString('latin1')),
          );
          expect([cipher.outSeqno, decipher.inSeqno]).toEqual([3 + sizes.length, 3 + sizes.length]);
        }),
        { numRuns: 150 },
      );
    },
  );

  it('P10: bytes that were changed end the connection, and are handed to nobody', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), cuts, (sizes, place, places) => {
        const { decipher, wire, got, lean, send } = connection();
        lean('cipher', 'decipher');
        for (const size of sizes) send(Buffer.alloc(size, 1));
        const bytes = Buffer.concat(wire);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ 0x40;
        let error: unknown;
        try {
          feed(decipher, bytes, places);
        } catch (thrown) {
          error = thrown;
        }
        // Where a length was made larger, the rest of the packet is waited for.
        if (error === undefined) expect(got.length).toBeLessThan(sizes.length);
        for (const payload of got) expect(payload.every((byte) => byte === 1)).toBe(true);
        expect(got.length).toBeLessThan(sizes.length + 1);
      }),
      { numRuns: 150 },
    );
  });

  it('P10: random bytes are refused, and hold no more than one packet', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 20 }), (pieces) => {
        const { decipher, got, lean } = connection();
        lean('decipher');
        try {
          for (const piece of pieces) decipher.decrypt(Buffer.from(piece), 0, piece.length);
        } catch (error) {
          expect(String(error)).toMatch(/Bad packet|authenticate/);
        }
        expect(got).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('stop where whoever gets the payload says so: the rest is for another key', () => {
    const { decipher, wire, got, lean, send } = connection(() => 17);
    lean('cipher', 'decipher');
    send(Buffer.alloc(10, 1));
    send(Buffer.alloc(10, 2));
    const bytes = Buffer.concat(wire);
    expect(decipher.decrypt(bytes, 0, bytes.length)).toBe(17);
    expect(got).toHaveLength(1);
  });
});

describe('writes of one tick', () => {
  it('go out together, in order, and nothing is kept', async () => {
    const socket = new PassThrough();
    const writes: number[] = [];
    corkByTick(socket);
    socket.on('data', (bytes: Buffer) => writes.push(bytes.length));
    for (let index = 0; index < 5; index += 1) socket.write(Buffer.alloc(10, index));
    expect(socket.writableLength).toBe(50);
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket.writableLength).toBe(0);
    expect(writes.reduce((sum, length) => sum + length, 0)).toBe(50);
    socket.write('x');
    socket.end();
    await new Promise((resolve) => socket.once('end', resolve));
    expect(writes.reduce((sum, length) => sum + length, 0)).toBe(51);
  });
});
