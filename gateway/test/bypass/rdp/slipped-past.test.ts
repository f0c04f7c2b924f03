/** A machine and a client that want something past the recording, the clipboard's rules, or a bound of the policy. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeChunks } from '../../../src/protocols/rdp/wire/channel/chunk.ts';
import {
  CLIPBOARD,
  writeClipboardMessage,
  writeFormats,
} from '../../../src/protocols/rdp/wire/channel/clipboard.ts';
import { writeDynamicMessage } from '../../../src/protocols/rdp/wire/channel/dynamic.ts';
import { readDomainMessage, writeData } from '../../../src/protocols/rdp/wire/mcs/domain.ts';
import { ERROR_INFO } from '../../../src/protocols/rdp/wire/share/error-info.ts';
import { DATA } from '../../../src/protocols/rdp/wire/share/share-control.ts';
import { WHOLE_DESKTOP } from '../../support/rdp-gateway.ts';
import {
  RawRdpClient,
  type RawRdpTarget,
  type RawTargetConnection,
  startRawTarget,
} from '../../support/rdp-peers.ts';
import { lastDesktop, outcomeOf, startRawDesk } from '../../support/rdp-raw-desk.ts';
import type { StartedGateway } from '../../support/running-gateway.ts';

/** The first channel of a client, and of the machine. */
const CHANNEL = 1004;
const ANY_CHANNEL = `${WHOLE_DESKTOP}  - { id: any, effect: allow, on: rdp, match: { groups: [agents], operations: [CHANNEL, DYNAMIC_CHANNEL], channels: ['*'] } }\n`;
const bounded = (operations: string): string =>
  ANY_CHANNEL.replace('[VIEW, CONTROL] }', `[VIEW, CONTROL${operations}] }, limits: { bytes: 20000 }`);

let target: RawRdpTarget;
let gateway: StartedGateway;

beforeAll(async () => {
  target = await startRawTarget();
  gateway = await startRawDesk(target);
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await target?.[Symbol.asyncDispose]();
});
afterEach(() => {
  target.play = () => undefined;
});

async function desktop(policy: string, channels: readonly string[] = []): Promise<RawRdpClient> {
  await gateway.setPolicy(policy);
  const client = await RawRdpClient.connect(gateway, { channels });
  await client.logIn('svc+desk', await gateway.issuer.token());
  await client.confirm();
  return client;
}

const indication = (data: Buffer): Buffer =>
  writeData('downstream', { initiator: 1002, channel: CHANNEL, data: [data] });

/** A bitmap of one pixel, uncompressed at 32 bits, that says to be so many rectangles. */
function bitmap(count: number, pixel: string): Buffer {
  const head = Buffer.alloc(22);
  for (const [at, value] of [1, count, 0, 0, 0, 0, 1, 1, 32, 0, 4].entries())
    head.writeUInt16LE(value, at * 2);
  return Buffer.concat([head, Buffer.from(pixel)]);
}

describe('what is drawn', () => {
  it('P5: behind an update that cannot be read is not shown, whatever came in one piece with it', async () => {
    target.play = ({ packets, data }: RawTargetConnection) => {
      packets.stream.cork();
      data(DATA.UPDATE, bitmap(1, 'good'));
      data(DATA.UPDATE, bitmap(9, 'torn'));
      for (let count = 0; count < 20; count += 1) data(DATA.UPDATE, bitmap(1, 'past'));
      packets.stream.uncork();
    };
    await using client = await desktop(WHOLE_DESKTOP);
    const { code, bytes } = await client.end();
    expect(code).toBe(ERROR_INFO.SERVER_DENIED_CONNECTION);
    expect(bytes.includes('past')).toBe(false);
    expect(bytes.includes('torn')).toBe(false);
    expect(JSON.stringify(outcomeOf(await lastDesktop(gateway), 'VIEW'))).toContain('ERR_PICTURE_');
  });
});

describe('a channel under another spelling', () => {
  it.each(['CLIPRDR', 'Cliprdr', 'DRDYNVC', 'RDPDR'])(
    'P3: %s is what machines take it for, and judged as that',
    async (name) => {
      const known = name.toLowerCase();
      const policy =
        known === 'rdpdr'
          ? `${ANY_CHANNEL}  - { id: no-drives, effect: deny, on: rdp, match: { operations: [CHANNEL], channels: [rdpdr] } }\n`
          : ANY_CHANNEL;
      const seen: Buffer[] = [];
      const ended = Promise.withResolvers<void>();
      target.play = async ({ packets, data }) => {
        for (let frame = await packets.next(); frame !== undefined; frame = await packets.next()) {
          seen.push(frame.bytes);
          if (frame.kind === 'fast-path') data(DATA.PLAY_SOUND, Buffer.alloc(8));
        }
        ended.resolve();
      };
      await using client = await desktop(policy, [name]);
      expect(target.channels).toEqual(known === 'drdynvc' ? [known] : []);
      const formats = { type: CLIPBOARD.FORMAT_LIST, flags: 0, data: writeFormats([13, 0xc0_00], true) };
      const message =
        known === 'drdynvc'
          ? writeDynamicMessage({ kind: 'data', channel: 7, data: Buffer.from('unjudged') })
          : writeClipboardMessage({ ...formats, data: Buffer.from('unjudged') });
      for (const chunk of writeChunks(message)) client.send(CHANNEL, chunk);
      client.packets.write(Buffer.from([0x04, 0x04, 0x00, 0x1e]));
      await client.until((data) => data.length > 18 && data[14] === DATA.PLAY_SOUND);
      expect(Buffer.concat(seen).includes('unjudged')).toBe(false);
    },
  );
});

describe('a channel of one’s own', () => {
  it.each(['MyPlug', 'MYPLUG', 'myplug'])(
    'P3: %s is denied by a rule that names it in any spelling',
    async (name) => {
      const deny =
        "  - { id: none, effect: deny, on: rdp, match: { operations: [CHANNEL], channels: ['MyPl*'] } }\n";
      target.play = ({ data }) => data(DATA.PLAY_SOUND, Buffer.alloc(8));
      await using client = await desktop(`${ANY_CHANNEL}${deny}`, [name, 'other']);
      await client.until((data) => data.length > 18 && data[14] === DATA.PLAY_SOUND);
      expect(target.channels).toEqual(['other']);
    },
  );
});

describe('a bound of bytes', () => {
  const CHUNK = 1500;

  it('P10: holds for what comes on dynamic channels', async () => {
    target.play = async ({ packets }) => {
      const send = (message: Parameters<typeof writeDynamicMessage>[0]): void => {
        for (const chunk of writeChunks(writeDynamicMessage(message), 0)) packets.write(indication(chunk));
      };
      send({ kind: 'create', channel: 3, priority: 0, name: 'ECHO' });
      const answer = await packets.next();
      expect(readDomainMessage(answer?.bytes ?? Buffer.alloc(0), 'downstream').kind).toBe('data');
      for (let count = 0; count < 100; count += 1)
        send({ kind: 'data', channel: 3, data: Buffer.alloc(CHUNK, 'x') });
    };
    await using client = await desktop(bounded(''), ['drdynvc']);
    await client.dataOn(CHANNEL);
    const created = writeDynamicMessage({ kind: 'create', channel: 3, priority: 0, name: '' });
    for (const chunk of writeChunks(Buffer.concat([created.subarray(0, 2), Buffer.alloc(4)]), 0))
      client.send(CHANNEL, chunk);
    const { code, bytes } = await client.end();
    expect(bytes.length).toBeLessThan(21_000);
    expect(code).toBe(ERROR_INFO.LOGON_TIMEOUT);
    expect(JSON.stringify(outcomeOf(await lastDesktop(gateway), 'VIEW'))).toContain('ERR_RDP_LIMIT');
  });

  it('P10: holds for texts of the clipboard', async () => {
    const send = (packets: RawTargetConnection['packets'], type: number, data: Buffer): void => {
      const flags = type === CLIPBOARD.DATA_RESPONSE ? 1 : 0;
      for (const chunk of writeChunks(writeClipboardMessage({ type, flags, data })))
        packets.write(indication(chunk));
    };
    target.play = async ({ packets }) => {
      send(packets, CLIPBOARD.FORMAT_LIST, writeFormats([13], false));
      await packets.next();
      send(packets, CLIPBOARD.DATA_RESPONSE, Buffer.from('much text '.repeat(9_000), 'utf16le'));
    };
    await using client = await desktop(bounded(', COPY'), ['cliprdr']);
    await client.dataOn(CHANNEL);
    const request = writeClipboardMessage({
      type: CLIPBOARD.DATA_REQUEST,
      flags: 0,
      data: Buffer.from([13, 0, 0, 0]),
    });
    for (const chunk of writeChunks(request)) client.send(CHANNEL, chunk);
    const { code, bytes } = await client.end();
    expect(bytes.length).toBeLessThan(21_000);
    expect(code).toBe(ERROR_INFO.LOGON_TIMEOUT);
    expect(JSON.stringify(outcomeOf(await lastDesktop(gateway), 'VIEW'))).toContain('ERR_RDP_LIMIT');
  });
});
