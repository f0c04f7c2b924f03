import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attributes, attributeFields } from './attributes.ts';
import { SftpWireError } from './errors.ts';
import { type Field, writePacket } from './fields.ts';
import { MOST_PACKET_BYTES, OPEN, TYPE } from './numbers.ts';
import { PacketReader } from './packet-reader.ts';
import { type NameEntry, readReply, readVersion, writeNames, writeStatus, writeVersion } from './replies.ts';
import { readDataRequest, readRequest } from './requests.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((value) => !value.includes('\0'));
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const attributes: fc.Arbitrary<Attributes> = fc.record(
  {
    size: fc.maxSafeNat(),
    owner: fc.record({ user: uint32, group: uint32 }),
    permissions: uint32,
    times: fc.record({ accessed: uint32, modified: uint32 }),
  },
  { requiredKeys: [] },
);

/** Requests as clients write them, with what they mean. */
const requests = fc.oneof(
  fc
    .tuple(text, fc.constantFrom(OPEN.READ, OPEN.WRITE | OPEN.CREAT | OPEN.TRUNC), attributes)
    .map(([path, flags, given]) => ({
      packet: writePacket(TYPE.OPEN, 7, [path, { uint32: flags }, ...attributeFields(given)]),
      means: { kind: 'open', path, flags, attributes: given },
    })),
  fc.tuple(text, text).map(([from, to]) => ({
    packet: writePacket(TYPE.RENAME, 7, [from, to]),
    means: { kind: 'rename', from, to },
  })),
  fc.tuple(text, attributes).map(([path, given]) => ({
    packet: writePacket(TYPE.SETSTAT, 7, [path, ...attributeFields(given)]),
    means: { kind: 'setstat', path, attributes: given },
  })),
  text.map((path) => ({ packet: writePacket(TYPE.LSTAT, 7, [path]), means: { kind: 'lstat', path } })),
  fc.tuple(text, text).map(([from, to]) => ({
    packet: writePacket(TYPE.EXTENDED, 7, ['posix-rename@openssh.com', from, to]),
    means: { kind: 'posix-rename', from, to },
  })),
);

function cut(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });

describe('the codec of sftp', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(requests, ({ packet, means }) => {
        expect(readRequest(packet)).toEqual(means);
      }),
    );
  });

  it('gives the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(requests, { maxLength: 8 }), sizes, (list, by) => {
        const packets: Buffer[] = [];
        const reader = new PacketReader();
        for (const chunk of cut(Buffer.concat(list.map(({ packet }) => packet)), by)) {
          reader.read(chunk, (packet) => packets.push(Buffer.from(packet)));
        }
        expect(packets).toEqual(list.map(({ packet }) => packet));
        expect(reader.isBetween).toBe(true);
      }),
    );
  });

  it('P10: random bytes give a wire error or messages, and nothing is kept beyond one message', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }), (chunks) => {
        const reader = new PacketReader();
        try {
          for (const chunk of chunks) {
            reader.read(Buffer.from(chunk), (packet) => {
              for (const read of [readRequest, readReply, readDataRequest] as const)
                quietly(() => read(packet));
              quietly(() => readVersion(packet, 'INIT'));
            });
          }
        } catch (error) {
          expect(error).toBeInstanceOf(SftpWireError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('P10: random bytes behind a real head give a wire error or a message', () => {
    const types = fc.constantFrom(...Object.values(TYPE));
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 200 }), (type, body) => {
        const packet = withBody(type, Buffer.from(body));
        for (const read of [readRequest, readReply, readDataRequest] as const) quietly(() => read(packet));
      }),
      { numRuns: 4000 },
    );
  });

  it('P10: a length over the bound, or of nothing, ends it at once', () => {
    for (const length of [0, MOST_PACKET_BYTES + 1, 0x7fffffff, 0xffffffff]) {
      const head = Buffer.alloc(4);
      head.writeUInt32BE(length);
      expect(() => new PacketReader().read(head, () => undefined)).toThrow(SftpWireError);
      const reader = new PacketReader();
      expect(() => {
        for (const byte of head) reader.read(Buffer.of(byte), () => undefined);
      }).toThrow(SftpWireError);
    }
  });

  it('P3: a request with bytes behind its end, a NUL, bytes that are no UTF-8, or unknown attributes is none', () => {
    const packets: readonly Buffer[] = [
      withBody(TYPE.LSTAT, Buffer.concat([string('a'), Buffer.of(0)])),
      withBody(TYPE.LSTAT, string('a\0b')),
      withBody(TYPE.LSTAT, string(Buffer.of(0xff, 0xfe))),
      withBody(TYPE.LSTAT, string(Buffer.of(0xc0, 0xaf))),
      withBody(TYPE.LSTAT, string('a'.repeat(5000))),
      withBody(TYPE.SETSTAT, Buffer.concat([string('a'), number(0x80000000), number(0)])),
      withBody(TYPE.SETSTAT, Buffer.concat([string('a'), number(0x10)])),
      withBody(TYPE.OPEN, Buffer.concat([string('a'), number(0x40), number(0)])),
      withBody(TYPE.LSTAT, number(0xffffffff)),
    ];
    for (const packet of packets) expect(() => readRequest(packet)).toThrow(SftpWireError);
  });

  it('names go there and back; those that are no UTF-8 are counted', () => {
    const entries = fc.array(fc.record({ name: text, line: text, attributes }), { maxLength: 10 });
    fc.assert(
      fc.property(entries, (list: readonly NameEntry[]) => {
        expect(readReply(writeNames(3, list))).toEqual({ kind: 'names', entries: list, unreadable: 0 });
      }),
    );
    const odd = withBody(
      TYPE.NAME,
      Buffer.concat([number(1), string(Buffer.of(0xff)), string('x'), number(0)]),
    );
    expect(readReply(odd)).toEqual({ kind: 'names', entries: [], unreadable: 1 });
  });

  it('a status of an unknown code is a failure, and versions below 3 are none', () => {
    expect(readReply(writeStatus(1, 77))).toEqual({ kind: 'status', code: 4 });
    expect(readVersion(writeVersion('INIT', new Map([['a', '1']])), 'INIT')).toEqual(new Map([['a', '1']]));
    const old = writeVersion('INIT', new Map());
    old.writeUInt32BE(2, 5);
    expect(() => readVersion(old, 'INIT')).toThrow(SftpWireError);
  });
});

function quietly(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(SftpWireError);
  }
}

function withBody(type: number, body: Buffer): Buffer {
  const head = writePacket(type, 1, [] as readonly Field[]);
  head.writeUInt32BE(5 + body.length);
  return Buffer.concat([head, body]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}
