import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCancelRequest, encodeSslRequest, encodeStartup } from './startup.ts';
import { StartupReader } from './startup-reader.ts';

const STARTUP = encodeStartup({ parameters: [['user', 'ann']] });

describe('StartupReader', () => {
  it('returns the packet and the bytes behind it', () => {
    const read = new StartupReader().push(Buffer.concat([STARTUP, Buffer.from('rest')]));
    expect(read?.packet).toEqual(STARTUP);
    expect(read?.rest.toString()).toBe('rest');
  });

  it('shows bytes sent behind an SSLRequest, so that they can be refused (CVE-2021-23214)', () => {
    const read = new StartupReader().push(Buffer.concat([encodeSslRequest(), STARTUP]));
    expect(read?.packet).toEqual(encodeSslRequest());
    expect(read?.rest).toEqual(STARTUP);
  });

  it('reads one packet after the other', () => {
    const reader = new StartupReader();
    expect(reader.push(encodeSslRequest())?.rest).toHaveLength(0);
    expect(reader.push(STARTUP)?.packet).toEqual(STARTUP);
  });

  it('keeps its own copy of what it was given', () => {
    const reader = new StartupReader();
    const head = Buffer.from(STARTUP.subarray(0, 6));
    const tail = Buffer.from(STARTUP.subarray(6));
    expect(reader.push(head)).toBeUndefined();
    head.fill(0xff);
    const read = reader.push(tail);
    tail.fill(0xff);
    expect(read?.packet).toEqual(STARTUP);
  });

  it('any chunking gives the same packets', () => {
    const stream = Buffer.concat([encodeSslRequest(), STARTUP, encodeCancelRequest(1, Buffer.alloc(32))]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sizes) => {
        const reader = new StartupReader();
        const packets: Buffer[] = [];
        for (let position = 0, turn = 0; position < stream.length; turn += 1) {
          const end = position + (sizes[turn % sizes.length] ?? 1);
          const read = reader.push(stream.subarray(position, end));
          if (read !== undefined) packets.push(read.packet);
          position = Math.min(end, stream.length) - (read?.rest.length ?? 0);
        }
        expect(Buffer.concat(packets)).toEqual(stream);
        expect(packets).toHaveLength(3);
      }),
    );
  });

  it.each([
    ['00000000', 'ERR_WIRE_LENGTH'],
    ['00000007', 'ERR_WIRE_LENGTH'],
    ['80000000', 'ERR_WIRE_LENGTH'],
    ['ffffffff', 'ERR_WIRE_LENGTH'],
    ['7fffffff', 'ERR_WIRE_TOO_LONG'],
    ['00002715', 'ERR_WIRE_TOO_LONG'],
  ])(
    'class 10: refuses a length of %s as soon as its last byte is there, and stays refused',
    (length, code) => {
      const reader = new StartupReader();
      const bytes = Buffer.from(length, 'hex');
      expect(reader.push(bytes.subarray(0, 3))).toBeUndefined();
      expect(() => reader.push(bytes.subarray(3))).toThrow(expect.objectContaining({ code }));
      expect(() => reader.push(STARTUP)).toThrow(expect.objectContaining({ code }));
    },
  );

  it('takes packets up to the cap of PostgreSQL, or of the config', () => {
    const longest = Buffer.alloc(10_004);
    longest.writeInt32BE(longest.length, 0);
    expect(new StartupReader().push(longest)?.packet).toHaveLength(10_004);
    expect(() => new StartupReader({ maxPacketBytes: 9_999 }).push(longest)).toThrow(
      expect.objectContaining({
        message: 'a startup packet declares 10004 bytes, 8 to 10003 are allowed (at byte 0)',
      }),
    );
  });

  it('P10: memory follows what arrived', () => {
    const reader = new StartupReader({ maxPacketBytes: 1 << 20 });
    const head = Buffer.alloc(200);
    head.writeInt32BE(1 << 20, 0);
    reader.push(head);
    expect(reader.retainedBytes).toBeLessThanOrEqual(400);
  });
});
