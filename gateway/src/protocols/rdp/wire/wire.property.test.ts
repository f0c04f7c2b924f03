import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChunk } from './channel/chunk.ts';
import {
  CLIPBOARD,
  CLIPBOARD_CAPABILITY,
  CLIPBOARD_RESPONSE,
  readClipboardCapabilities,
  readClipboardMessage,
  readFormatIds,
  TEXT_FORMATS,
  writeClipboardCapabilities,
  writeClipboardMessage,
  writeFormats,
} from './channel/clipboard.ts';
import { RdpWireError } from './errors.ts';
import { readFastInput } from './fast-path/fast-input.ts';
import { readFastOutput } from './fast-path/fast-output.ts';
import { type Frame, FrameSplitter } from './frame-splitter.ts';
import { readBlocks } from './gcc/blocks.ts';
import { EARLY, readClientCore, writeClientCore } from './gcc/client-core.ts';
import {
  readConferenceRequest,
  readConferenceResponse,
  writeConferenceRequest,
  writeConferenceResponse,
} from './gcc/conference.ts';
import { MOST_CHANNELS, readClientNetwork, readServerNetwork, writeClientNetwork } from './gcc/network.ts';
import {
  readConnectInitial,
  readConnectResponse,
  writeConnectInitial,
  writeConnectResponse,
} from './mcs/connect.ts';
import { readDomainMessage, writeData } from './mcs/domain.ts';
import {
  CAPABILITY,
  readConfirmActive,
  readDemandActive,
  writeConfirmActive,
  writeDemandActive,
} from './share/capabilities.ts';
import { readClientInfo } from './share/client-info.ts';
import { endsLicensing } from './share/license.ts';
import { readShareData, readSharePdus, writeShareData, writeSharePdu } from './share/share-control.ts';
import { readSlowInput } from './share/slow-input.ts';
import { writeDataTpkt } from './tpkt.ts';
import { readConnectionConfirm, readConnectionRequest } from './x224.ts';

const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((list) => Buffer.from(list));
const user = fc.integer({ min: 1001, max: 2000 });

/** Frames as either path has them. */
const frames = fc.oneof(
  bytes(400).map((data): Frame => ({ kind: 'tpkt', bytes: writeDataTpkt([data]) })),
  fc.tuple(fc.integer({ min: 0, max: 15 }), bytes(400), fc.boolean()).map(([count, data, isLong]): Frame => {
    const length = data.length + 1 + 3;
    const header =
      isLong || length > 0x7f ? [count << 2, 0x80 | (length >> 8), length & 0xff] : [count << 2, length - 1];
    return { kind: 'fast-path', bytes: Buffer.concat([Buffer.from(header), Buffer.from([0]), data]) };
  }),
);

const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });

function cut(stream: Buffer, by: readonly number[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, index = 0; at < stream.length; index += 1) {
    const size = by[index % by.length] ?? 1;
    chunks.push(Buffer.from(stream.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}

/** Every decoder of a whole message. */
const decoders: Readonly<Record<string, (data: Buffer) => unknown>> = {
  readConnectionRequest,
  readConnectionConfirm,
  readConnectInitial,
  readConnectResponse,
  readConferenceRequest,
  readConferenceResponse,
  blocks: (data) => readBlocks(data, 'downstream'),
  readClientCore,
  readClientNetwork,
  readServerNetwork,
  fromClient: (data) => readDomainMessage(data, 'downstream'),
  fromServer: (data) => readDomainMessage(data, 'upstream'),
  readClientInfo,
  endsLicensing,
  sharePdus: (data) => readSharePdus(data, 'upstream'),
  shareData: (data) => readShareData(data, 'upstream'),
  readDemandActive,
  readConfirmActive,
  readSlowInput,
  readFastInput,
  readFastOutput,
  chunk: (data) => readChunk(data, 'downstream'),
  clipboard: (data) => readClipboardMessage(data, 'downstream'),
  longFormats: (data) => readFormatIds(data, true, 'downstream'),
  shortFormats: (data) => readFormatIds(data, false, 'downstream'),
  clipboardCapabilities: (data) => readClipboardCapabilities(data, 'downstream'),
};

/** Begins as a message of that kind does, so that random bytes get further than its first field. */
const beginnings: readonly Buffer[] = [
  Buffer.alloc(0),
  writeDataTpkt([]),
  writeConnectInitial(writeConferenceRequest(Buffer.alloc(0))),
  writeConnectResponse(writeConferenceResponse(Buffer.alloc(0))),
  writeConferenceRequest(Buffer.alloc(40)),
  writeConferenceResponse(Buffer.alloc(40)),
  writeData('upstream', { initiator: 1002, channel: 1003, data: [Buffer.alloc(9)] }),
  writeConfirmActive({
    shareId: 1,
    descriptor: Buffer.alloc(3),
    sets: [{ type: 1, content: Buffer.alloc(20) }],
  }),
  Buffer.from([0x40, 0, 0, 0]),
];

function onlyWireErrors(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof RdpWireError)) throw error;
  }
}

describe('the codec of RDP', () => {
  it('P10: gives the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 8 }), sizes, (list, by) => {
        const splitter = new FrameSplitter('downstream');
        const found: Frame[] = [];
        for (const chunk of cut(Buffer.concat(list.map((frame) => frame.bytes)), by)) {
          splitter.push(chunk);
          for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) found.push(frame);
        }
        expect(found).toEqual(list);
        expect(splitter.isBetween).toBe(true);
      }),
    );
  });

  it('P10: what was handed out is never written to again', () => {
    const splitter = new FrameSplitter('downstream');
    const stream = Buffer.concat([1, 2, 3, 4].map((fill) => writeDataTpkt([Buffer.alloc(50, fill)])));
    const found: Buffer[] = [];
    for (const chunk of cut(stream, [33])) {
      splitter.push(chunk);
      for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) found.push(frame.bytes);
    }
    expect(Buffer.concat(found)).toEqual(stream);
  });

  it('P3: random bytes give a wire error, or a message, and nothing else', () => {
    const input = fc.tuple(fc.constantFrom(...beginnings), fc.nat({ max: 80 }), bytes(300));
    fc.assert(
      fc.property(input, ([beginning, keep, random]) => {
        const data = Buffer.concat([beginning.subarray(0, keep), random]);
        for (const decode of Object.values(decoders)) onlyWireErrors(() => decode(data));
      }),
      { numRuns: 1000 },
    );
  });

  it('P3: a bit that is flipped gives a wire error, or a message, and nothing else', () => {
    const input = fc.tuple(fc.constantFrom(...beginnings), fc.nat(), fc.nat({ max: 7 }));
    fc.assert(
      fc.property(input, ([message, place, bit]) => {
        const data = Buffer.from(message);
        const at = place % Math.max(1, data.length);
        if (data.length > 0) data.writeUInt8((data[at] ?? 0) ^ (1 << bit), at);
        for (const decode of Object.values(decoders)) onlyWireErrors(() => decode(data));
      }),
      { numRuns: 1000 },
    );
  });

  it('P10: a stream of random bytes gives frames or a wire error, and holds no more than one frame', () => {
    fc.assert(
      fc.property(fc.array(bytes(200), { maxLength: 20 }), (chunks) => {
        const splitter = new FrameSplitter('upstream');
        onlyWireErrors(() => {
          for (const chunk of chunks) {
            splitter.push(chunk);
            while (splitter.next() !== undefined);
          }
        });
      }),
    );
  });

  it('reads what it writes: settings, channels, data', () => {
    const core = fc.record({
      version: uint32,
      width: fc.integer({ min: 1, max: 8192 }),
      height: fc.integer({ min: 1, max: 8192 }),
      colorDepth: uint16,
      postBeta2ColorDepth: uint16,
      highColorDepth: uint16,
      supportedDepths: uint16,
      keyboardLayout: uint32,
      keyboardType: uint32,
      keyboardSubType: uint32,
      keyboardFunctionKeys: uint32,
      build: uint32,
      name: fc.stringMatching(/^[A-Za-z0-9-]{0,15}$/),
      earlyCapabilities: fc.constantFrom(0, EARLY.ERROR_INFO | EARLY.WANT_32_BPP, 0xffff),
      connectionType: fc.integer({ min: 0, max: 7 }),
      serverSelectedProtocol: uint32,
    });
    fc.assert(
      fc.property(core, (given) => {
        expect(readClientCore(writeClientCore(given))).toEqual(given);
      }),
    );
    const wish = fc.record({ name: fc.stringMatching(/^[a-zA-Z#_]{1,7}$/), options: uint32 });
    fc.assert(
      fc.property(fc.array(wish, { maxLength: MOST_CHANNELS }), (given) => {
        expect(readClientNetwork(writeClientNetwork(given))).toEqual(given);
      }),
    );
    fc.assert(
      fc.property(user, uint16, bytes(600), (initiator, channel, data) => {
        for (const [to, from] of [
          ['upstream', 'downstream'],
          ['downstream', 'upstream'],
        ] as const) {
          const packet = writeData(to, { initiator, channel, data: [data] });
          expect(readDomainMessage(packet, from)).toEqual({ kind: 'data', initiator, channel, data });
        }
      }),
    );
  });

  it('reads what it writes: conferences of any size', () => {
    fc.assert(
      fc.property(bytes(1000), (blocks) => {
        const request = readConnectInitial(writeConnectInitial(writeConferenceRequest(blocks)));
        expect(readConferenceRequest(request)).toEqual(blocks);
        const response = readConnectResponse(writeConnectResponse(writeConferenceResponse(blocks)));
        expect(response.result).toBe(0);
        expect(readConferenceResponse(response.userData)).toEqual(blocks);
      }),
    );
  });

  it('reads what it writes: the share, capabilities, the clipboard', () => {
    const sets = fc.uniqueArray(
      fc.record({ type: fc.constantFrom(...Object.values(CAPABILITY)), content: bytes(80) }),
      { selector: ({ type }) => type, maxLength: 20 },
    );
    fc.assert(
      fc.property(uint32, bytes(40), sets, (shareId, descriptor, given) => {
        const list = { shareId, descriptor, sets: given };
        expect(readDemandActive(writeDemandActive(list))).toEqual(list);
        expect(readConfirmActive(writeConfirmActive(list))).toEqual(list);
      }),
    );
    const data = fc.record({
      shareId: uint32,
      stream: fc.nat({ max: 255 }),
      type: fc.nat({ max: 255 }),
      body: bytes(99),
    });
    fc.assert(
      fc.property(fc.array(data, { maxLength: 5 }), (list) => {
        const message = Buffer.concat(
          list.map((one) => writeSharePdu({ type: 7, source: 1002, body: writeShareData(one) })),
        );
        const read = readSharePdus(message, 'downstream').map(({ body }) =>
          readShareData(body, 'downstream'),
        );
        expect(read).toEqual(list);
      }),
    );
    fc.assert(
      fc.property(fc.array(uint32, { maxLength: 30 }), fc.boolean(), (ids, isLong) => {
        const message = {
          type: CLIPBOARD.FORMAT_LIST,
          flags: CLIPBOARD_RESPONSE.OK,
          data: writeFormats(ids, isLong),
        };
        const read = readClipboardMessage(writeClipboardMessage(message), 'upstream');
        expect(read).toEqual(message);
        expect(readFormatIds(read.data, isLong, 'upstream')).toEqual(ids);
      }),
    );
    const general = CLIPBOARD_CAPABILITY.LONG_NAMES;
    expect(readClipboardCapabilities(writeClipboardCapabilities(general), 'upstream')).toBe(general);
    expect([...TEXT_FORMATS]).toContain(13);
  });
});
