/** Clients that want past the gateway, and targets that want into the client or the gateway: each is ended, and the gateway goes on. */
import { createHash, X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeAttachUser, writeData, writeJoin } from '../../../src/protocols/rdp/wire/mcs/domain.ts';
import { ERROR_INFO } from '../../../src/protocols/rdp/wire/share/error-info.ts';
import {
  DATA,
  SHARE,
  writeShareData,
  writeSharePdu,
} from '../../../src/protocols/rdp/wire/share/share-control.ts';
import { startRdpGateway, WHOLE_DESKTOP } from '../../support/rdp-gateway.ts';
import {
  RawRdpClient,
  type RawRdpTarget,
  type RawTargetConnection,
  SHARE_ID,
  startRawTarget,
} from '../../support/rdp-peers.ts';
import type { AuditRecord, StartedGateway } from '../../support/running-gateway.ts';

const IO = 1003;
const PASSWORD = 'the-targets-own-password';
const CLIPBOARD = WHOLE_DESKTOP.replace('[VIEW, CONTROL]', '[VIEW, CONTROL, COPY]');

let target: RawRdpTarget;
let gateway: StartedGateway;

beforeAll(async () => {
  target = await startRawTarget();
  const key = new X509Certificate(target.cert).publicKey.export({ type: 'spki', format: 'der' });
  const pins = [createHash('sha256').update(key).digest('hex')];
  gateway = await startRdpGateway({
    target: {
      host: '127.0.0.1',
      port: target.port,
      user: 'rdpuser',
      password: PASSWORD,
      certificateFile: '',
    },
    resource: { tls: { pins } },
    recording: {},
  });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await target?.[Symbol.asyncDispose]();
});
afterEach(() => {
  target.play = () => undefined;
  target.response = undefined;
});

async function desktop(channels: readonly string[] = []): Promise<RawRdpClient> {
  const client = await RawRdpClient.connect(gateway, { channels });
  await client.logIn('svc+desk', await gateway.issuer.token());
  await client.confirm();
  return client;
}

/** Why the last desktop ended, as it is on file. */
async function reason(): Promise<string> {
  const isEnd = ({ type, result }: AuditRecord): boolean =>
    type === 'exchange.outcome' && typeof (result as { message?: unknown }).message === 'string';
  const ends = (records: readonly AuditRecord[]): number => records.filter(isEnd).length;
  const seen = told;
  const records = await gateway.recordsUntil((all) => ends(all) > seen);
  told = ends(records);
  const last = records.findLast(isEnd);
  return JSON.stringify(last?.['result']);
}
let told = 0;

const fastPath = (code: number, fragment: number, data: Buffer): Buffer => {
  const length = data.length + 3 + 3;
  const header = Buffer.from([0, 0x80 | (length >> 8), length & 0xff, code | (fragment << 4), 0, 0]);
  header.writeUInt16LE(data.length, 4);
  return Buffer.concat([header, data]);
};

const indication = (channel: number, data: Buffer): Buffer =>
  writeData('downstream', { initiator: 1002, channel, data: [data] });

describe('clients', () => {
  it('P1: nothing that comes before a proved Client Info makes the gateway dial', async () => {
    const before = target.dialled();
    const input = Buffer.from([0x04, 0x04, 0x00, 0x1e]);
    const attempts: ((client: RawRdpClient) => Promise<void> | void)[] = [
      (client) => client.packets.write(input),
      async (client) => {
        await client.initial();
        client.packets.write(input);
      },
      async (client) => {
        await client.initial();
        client.send(IO, Buffer.alloc(40));
      },
      async (client) => {
        await client.initial();
        client.packets.write(writeAttachUser());
        // Joins without end.
        for (let count = 0; count < 100; count += 1) client.packets.write(writeJoin(client.user, IO));
      },
      async (client) => {
        await client.initial();
        client.packets.write(writeAttachUser());
        const body = writeShareData({
          shareId: SHARE_ID,
          stream: 1,
          type: DATA.INPUT,
          body: Buffer.alloc(4),
        });
        client.send(IO, writeSharePdu({ type: SHARE.DATA, source: client.user, body }));
      },
      (client) => client.logIn('svc+desk', ''),
      (client) => client.logIn('svc+desk', 'guessed'),
      async (client) => client.logIn(await gateway.issuer.token(), 'x'),
    ];
    for (const attempt of attempts) {
      await using client = await RawRdpClient.connect(gateway);
      await attempt(client);
      await client.end();
    }
    await expect(RawRdpClient.connect(gateway, { early: input })).rejects.toThrow();
    await expect(RawRdpClient.connect(gateway, { protocols: 0 })).rejects.toThrow('refused');
    await expect(RawRdpClient.connect(gateway, { protocols: 2 })).rejects.toThrow('refused');
    expect(target.dialled()).toBe(before);
    expect(JSON.stringify(gateway.records())).not.toContain('eyJ');
  });

  it('P3: input before a share is agreed on, data of another user and on channels that are none end the session', async () => {
    const attempts: ((client: RawRdpClient) => void)[] = [
      (client) => client.send(9999, Buffer.alloc(20)),
      (client) => client.send(IO, Buffer.alloc(20)),
      (client) => client.packets.write(Buffer.from([0x84, 0x04, 0x00, 0x1e])),
      (client) => client.packets.write(writeJoin(client.user, IO)),
    ];
    for (const attempt of attempts) {
      await using client = await desktop();
      attempt(client);
      const { code } = await client.end();
      expect(code).toBe(ERROR_INFO.SERVER_DENIED_CONNECTION);
      expect(await reason()).toMatch(/ERR_RDP_/);
    }
  });

  it('P3: data on a denied channel goes nowhere, and the session goes on', async () => {
    const seen: Buffer[] = [];
    target.play = async ({ packets, data }) => {
      for (;;) {
        const frame = await packets.next();
        if (frame === undefined) return;
        seen.push(frame.bytes);
        if (frame.kind === 'fast-path') data(DATA.PLAY_SOUND, Buffer.alloc(8));
      }
    };
    await using client = await desktop(['cliprdr', 'rdpdr']);
    for (const channel of client.channels)
      client.send(channel, Buffer.from('\x05\0\0\0\x03\0\0\0clips', 'latin1'));
    client.packets.write(Buffer.from([0x04, 0x04, 0x00, 0x1e]));
    await client.until((data) => data.length > 18 && data[14] === DATA.PLAY_SOUND);
    expect(Buffer.concat(seen).includes('clips')).toBe(false);
    expect(seen.at(-1)).toEqual(Buffer.from([0x04, 0x04, 0x00, 0x1e]));
  });
});

describe('targets', () => {
  const bitmap = Buffer.alloc(22);
  bitmap.writeUInt16LE(1, 0);
  bitmap.writeUInt16LE(60_000, 2);
  const orders = Buffer.alloc(8);
  const hostile: Readonly<Record<string, readonly [RegExp, (target: RawTargetConnection) => void]>> = {
    'a redirection with a password': [
      /ERR_RDP_REDIRECTED/,
      ({ pdu }) => pdu(SHARE.SERVER_REDIRECTION, Buffer.from(PASSWORD, 'utf16le')),
    ],
    'orders on the slow path': [/ERR_RDP_UNRECORDABLE/, ({ data }) => data(DATA.UPDATE, orders)],
    'surface commands on the fast path': [
      /ERR_RDP_UNRECORDABLE/,
      ({ packets }) => packets.write(fastPath(4, 0, Buffer.alloc(20))),
    ],
    'fragments without end': [
      /ERR_RDP_TOO_LONG/,
      ({ packets }) => {
        packets.write(fastPath(1, 2, Buffer.alloc(100)));
        for (let count = 0; count < 70_000; count += 1) packets.write(fastPath(1, 3, Buffer.alloc(0)));
      },
    ],
    'a last fragment of nothing': [
      /ERR_RDP_TYPE/,
      ({ packets }) => packets.write(fastPath(1, 1, Buffer.alloc(9))),
    ],
    'a bitmap that is none': [/ERR_(RDP|PICTURE)_/, ({ data }) => data(DATA.UPDATE, bitmap)],
    'bytes that are no frame': [
      /ERR_RDP_LENGTH/,
      ({ packets }) => packets.write(Buffer.from([3, 0, 0, 1, 0, 0, 0])),
    ],
    'a share PDU longer than its message': [
      /ERR_RDP_TRUNCATED/,
      ({ packets }) => packets.write(indication(IO, Buffer.from('ffff1700ea03', 'hex'))),
    ],
    'a share PDU that says to be compressed': [
      /ERR_RDP_OPAQUE/,
      ({ pdu }) => pdu(SHARE.DATA, Buffer.from('ea0301000001ffff0221ffffaaaa', 'hex')),
    ],
    'an update that says to be compressed': [
      /ERR_RDP_OPAQUE/,
      ({ packets }) => packets.write(Buffer.from([0, 8, 0x81, 0x21, 2, 0, 0xaa, 0xaa])),
    ],
    'a machine that goes where it may not draw as it likes': [
      /ERR_RDP_UPSTREAM_NO_PICTURE/,
      ({ packets }) => packets.stream.end(),
    ],
    'a share that is demanded with half of its capabilities': [
      /ERR_RDP_TRUNCATED/,
      ({ pdu }) => pdu(SHARE.DEMAND_ACTIVE, Buffer.from('ea0301000400ff00524157000900', 'hex')),
    ],
    'data on a channel that nobody asked for': [
      /ERR_RDP_UNEXPECTED/,
      ({ packets }) => packets.write(indication(1023, Buffer.alloc(12))),
    ],
  };

  it.each(Object.entries(hostile))(
    'P10: %s ends the session, and the client sees nothing of it',
    async (_, [why, act]) => {
      target.play = act;
      await using client = await desktop();
      const { code, bytes } = await client.end();
      expect(code).toBe(ERROR_INFO.SERVER_DENIED_CONNECTION);
      expect(await reason()).toMatch(why);
      expect(bytes.includes(Buffer.from(PASSWORD, 'utf16le'))).toBe(false);
    },
  );

  it('P10: a clipboard message of more than may be ends the session', async () => {
    await gateway.setPolicy(CLIPBOARD);
    target.play = ({ packets }) => {
      // First chunk of four gigabytes.
      const chunk = Buffer.from('ffffffff0300000041', 'hex');
      packets.write(indication(IO + 1, chunk));
    };
    await using client = await desktop(['cliprdr']);
    await client.end();
    expect(await reason()).toMatch(/ERR_RDP_TOO_LONG/);
    await gateway.setPolicy(WHOLE_DESKTOP);
  });

  it.each<readonly [string, string, number]>([
    // What is kept of a chunk is many times its bytes.
    ['of a megabyte in chunks of a byte', '00001000', 1],
    ['of nothing in chunks without end', '00000000', 0],
  ])('P10: a clipboard message %s ends the session', async (_what, total, bytes) => {
    await gateway.setPolicy(CLIPBOARD);
    target.play = ({ packets }) => {
      const chunk = (flags: string): Buffer =>
        indication(IO + 1, Buffer.concat([Buffer.from(total + flags, 'hex'), Buffer.alloc(bytes)]));
      packets.write(chunk('01000000'));
      packets.write(Buffer.concat(Array.from({ length: 2_000 }, () => chunk('00000000'))));
    };
    await using client = await desktop(['cliprdr']);
    await client.end();
    expect(await reason()).toMatch(/ERR_RDP_(TOO_LONG|LENGTH)/);
    await gateway.setPolicy(WHOLE_DESKTOP);
  });

  it('P6: a target whose key is not configured gets no login', async () => {
    const other = await startRawTarget();
    await using _other = other;
    await using impostor = await startRdpGateway({
      target: {
        host: '127.0.0.1',
        port: other.port,
        user: 'rdpuser',
        password: PASSWORD,
        certificateFile: '',
      },
      resource: { tls: { pins: ['0'.repeat(64)] } },
    });
    let seen = false;
    other.response = () => {
      seen = true;
      return Buffer.alloc(0);
    };
    await using client = await RawRdpClient.connect(impostor);
    await client.logIn('svc+desk', await impostor.issuer.token());
    expect((await client.end()).code).toBe(ERROR_INFO.SERVER_DENIED_CONNECTION);
    expect(seen).toBe(false);
    expect(JSON.stringify(impostor.records())).toContain('ERR_RDP_UPSTREAM_CERTIFICATE');
  });

  it('P10: the gateway serves on after all of them', async () => {
    target.play = ({ data }) => data(DATA.PLAY_SOUND, Buffer.alloc(8));
    await using client = await desktop();
    await client.until((data) => data.length > 18 && data[14] === DATA.PLAY_SOUND);
  });
});
