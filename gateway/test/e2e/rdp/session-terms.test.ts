/** What a policy says of a whole desktop: people who are asked first, its length, idleness, a new size, channels, and who connects from what. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeChunks } from '../../../src/protocols/rdp/wire/channel/chunk.ts';
import { readDomainMessage, writeData } from '../../../src/protocols/rdp/wire/mcs/domain.ts';
import {
  CAPABILITY,
  readConfirmActive,
  readDemandActive,
  writeDemandActive,
} from '../../../src/protocols/rdp/wire/share/capabilities.ts';
import { ERROR_INFO } from '../../../src/protocols/rdp/wire/share/error-info.ts';
import { writeValidClient } from '../../../src/protocols/rdp/wire/share/license.ts';
import { DATA, readSharePdus, SHARE } from '../../../src/protocols/rdp/wire/share/share-control.ts';
import { APPROVERS, decideApproval } from '../../support/approver.ts';
import { WHOLE_DESKTOP } from '../../support/rdp-gateway.ts';
import { RawRdpClient, type RawRdpTarget, SHARE_ID, startRawTarget } from '../../support/rdp-peers.ts';
import { lastDesktop, outcomeOf, startRawDesk } from '../../support/rdp-raw-desk.ts';
import type { AuditRecord, StartedGateway } from '../../support/running-gateway.ts';
import { askApi } from '../api/api-client.ts';

const VIEW = 'operations: [VIEW, CONTROL] }';
/** The view with something more in its rule. */
const viewWith = (more: string): string => WHOLE_DESKTOP.replace(VIEW, `${VIEW}, ${more}`);

let target: RawRdpTarget;
let gateway: StartedGateway;

beforeAll(async () => {
  target = await startRawTarget();
  gateway = await startRawDesk(target, { api: { groups: { admins: ['admins'] } } });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await target?.[Symbol.asyncDispose]();
});
afterEach(() => {
  target.play = () => undefined;
  target.licence = writeValidClient();
});

/** A client that has said who it is. @param sub answers of approvers hold for one */
async function asking(
  policy: string,
  { channels = [], sub = 'agent-1' }: { readonly channels?: readonly string[]; readonly sub?: string } = {},
): Promise<RawRdpClient> {
  await gateway.setPolicy(policy);
  const client = await RawRdpClient.connect(gateway, { channels });
  await client.logIn('svc+desk', await gateway.issuer.token({ sub }));
  return client;
}

/** The next request for approval after the first `known`, once approvers see it. */
async function requested(known: number): Promise<string> {
  const all = (records: readonly AuditRecord[]): readonly AuditRecord[] =>
    records.filter(({ type }) => type === 'approval.requested');
  const records = await gateway.recordsUntil((found) => all(found).length > known);
  const id = String(all(records).at(-1)?.['approval']);
  // It is on file before anybody can see it.
  const token = await gateway.issuer.token({ sub: 'dana', client_id: 'inbox', groups: [APPROVERS] });
  const status = async (): Promise<number> =>
    (await askApi(gateway, `/v1/approvals/${id}`, { token })).status;
  await expect.poll(status, { timeout: 20_000 }).toBe(200);
  return id;
}
const requests = (): number => gateway.records().filter(({ type }) => type === 'approval.requested').length;

describe('people who are asked', () => {
  const CONNECT = WHOLE_DESKTOP.replace(
    'match: { groups: [agents] }',
    'match: { groups: [agents] }, approval: { by: [dba], within: 15m }',
  );
  const HELD = viewWith('approval: { by: [dba], within: 15m, wait: 1m }').replace(
    VIEW,
    'operations: [VIEW] }',
  );

  it('P7: before it connects: it is turned away while that is open, gets in once it is approved, and not by one that is used up', async () => {
    const [before, known] = [target.dialled(), requests()];
    {
      await using client = await asking(CONNECT);
      expect((await client.end()).code).toBe(ERROR_INFO.SERVER_DENIED_CONNECTION);
    }
    const id = await requested(known);
    expect(gateway.logLines.join('')).toContain(`APPROVAL_PENDING [${id}]`);
    expect(target.dialled()).toBe(before);
    await decideApproval(gateway, id, 'approve');
    {
      await using client = await asking(CONNECT);
      await client.confirm();
    }
    expect(target.dialled()).toBe(before + 1);
    await using client = await asking(CONNECT);
    expect((await client.end()).code).toBe(ERROR_INFO.SERVER_DENIED_CONNECTION);
    await decideApproval(gateway, await requested(known + 1), 'deny');
  });

  it('P7: before it is seen: the client waits, and the desktop begins with the approval', async () => {
    const [before, known] = [target.dialled(), requests()];
    await using client = await asking(HELD);
    const id = await requested(known);
    expect(target.dialled()).toBe(before);
    await decideApproval(gateway, id, 'approve');
    await client.confirm();
    expect(target.dialled()).toBe(before + 1);
  });

  it('P7: a refusal, and a request that nobody answers, end it with nothing dialled, and say which', async () => {
    const [before, known] = [target.dialled(), requests()];
    {
      await using client = await asking(HELD, { sub: 'agent-2' });
      await decideApproval(gateway, await requested(known), 'deny');
      expect((await client.end()).code).toBe(ERROR_INFO.SERVER_INSUFFICIENT_PRIVILEGES);
      expect(gateway.logLines.join('')).toContain('refused by an approver');
    }
    {
      await using client = await asking(HELD.replace('within: 15m', 'within: 1s'), { sub: 'agent-3' });
      expect((await client.end()).code).toBe(ERROR_INFO.SERVER_INSUFFICIENT_PRIVILEGES);
      expect(gateway.logLines.join('')).toContain('nobody answered in time');
    }
    expect(target.dialled()).toBe(before);
  });

  it('P10: a client that goes while it waits leaves nothing behind that waits for it', async () => {
    const known = requests();
    {
      await using _client = await asking(HELD, { sub: 'agent-4' });
      await requested(known);
    }
    const records = await lastDesktop(gateway);
    expect(outcomeOf(records, 'VIEW')).toBe('denied');
  });
});

describe('time', () => {
  it('P10: a desktop is as long as its rule says', async () => {
    await using client = await asking(viewWith('limits: { timeout: 1s }'));
    expect((await client.end()).code).toBe(ERROR_INFO.LOGON_TIMEOUT);
    expect(JSON.stringify(outcomeOf(await lastDesktop(gateway), 'VIEW'))).toContain('ERR_RDP_LIMIT');
  });

  it('P10: a desktop that nobody uses ends, whatever it draws', async () => {
    await using idle = await startRawDesk(target, { resource: { idleTimeoutMs: 3000 } });
    target.play = async ({ packets, data }) => {
      for (let count = 0; count < 5_000 && !packets.stream.destroyed; count += 1) {
        data(DATA.PLAY_SOUND, Buffer.alloc(8));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await using client = await RawRdpClient.connect(idle);
    await client.logIn('svc+desk', await idle.issuer.token());
    await client.confirm();
    expect((await client.end()).code).toBe(ERROR_INFO.IDLE_TIMEOUT);
  });
});

describe('a new size', () => {
  it('P3: is agreed on anew, as restricted as the first, in both directions', async () => {
    const confirmed = Promise.withResolvers<readonly number[]>();
    const wanted = [
      { type: CAPABILITY.GENERAL, content: Buffer.alloc(20) },
      { type: CAPABILITY.BITMAP, content: bitmapOf(800, 600) },
      { type: CAPABILITY.SURFACE_COMMANDS, content: Buffer.alloc(8) },
      { type: CAPABILITY.BITMAP_CODECS, content: Buffer.alloc(8) },
    ];
    target.play = async ({ packets, pdu, data }) => {
      pdu(SHARE.DEACTIVATE_ALL, Buffer.alloc(0));
      const descriptor = Buffer.from('RAW\0');
      pdu(SHARE.DEMAND_ACTIVE, writeDemandActive({ shareId: SHARE_ID + 1, descriptor, sets: wanted }));
      const frame = await packets.next();
      const message = readDomainMessage(frame?.bytes ?? Buffer.alloc(0), 'downstream');
      const [share] = message.kind === 'data' ? readSharePdus(message.data, 'downstream') : [];
      confirmed.resolve(readConfirmActive(share?.body ?? Buffer.alloc(0)).sets.map(({ type }) => type));
      data(DATA.PLAY_SOUND, Buffer.alloc(8));
    };
    await using client = await asking(WHOLE_DESKTOP);
    await client.confirm();
    const again = await client.confirm([...wanted, { type: 0x77, content: Buffer.alloc(4) }]);
    const { sets, shareId } = readDemandActive(again);
    expect(shareId).toBe(SHARE_ID + 1);
    expect(sets.map(({ type }) => type)).toEqual([CAPABILITY.GENERAL, CAPABILITY.BITMAP]);
    expect(sets[1]?.content.readUInt16LE(8)).toBe(800);
    expect(await confirmed.promise).toEqual([CAPABILITY.GENERAL, CAPABILITY.BITMAP]);
    await client.until((data) => data.length > 18 && data[14] === DATA.PLAY_SOUND);
  });
});

function bitmapOf(width: number, height: number): Buffer {
  const content = Buffer.alloc(24);
  content.writeUInt16LE(32, 0);
  content.writeUInt16LE(width, 8);
  content.writeUInt16LE(height, 10);
  return content;
}

describe('a licence', () => {
  it.each([
    ['a new one', 3],
    ['one in place of another', 4],
  ])('%s ends the exchange of licences, and the desktop begins', async (_what, type) => {
    // Preamble, and the length of what is sealed: nothing.
    target.licence = Buffer.from([0x80, 0, 0, 0, type, 3, 8, 0, 9, 0, 0, 0]);
    target.play = ({ data }) => data(DATA.PLAY_SOUND, Buffer.alloc(8));
    await using client = await asking(WHOLE_DESKTOP);
    await client.confirm();
    await client.until((data) => data.length > 18 && data[14] === DATA.PLAY_SOUND);
  });
});

describe('channels', () => {
  const SOUND = `${WHOLE_DESKTOP}  - { id: sound, effect: allow, on: rdp, match: { groups: [agents], operations: [CHANNEL], channels: [rdpsnd, 'rail*'] } }\n`;

  it('P3: one that a rule names passes both ways beside those that are denied, and the machine hears of no other', async () => {
    const names = ['rdpdr', 'drdynvc', 'rdpsnd'];
    const seen = Promise.withResolvers<Buffer>();
    target.play = async ({ packets }) => {
      const [data = Buffer.alloc(0)] = writeChunks(Buffer.from('from the machine'));
      // Its only channel.
      packets.write(writeData('downstream', { initiator: 1002, channel: 1004, data: [data] }));
      for (;;) {
        const frame = await packets.next();
        if (frame === undefined) return;
        const message = readDomainMessage(frame.bytes, 'downstream');
        if (message.kind === 'data' && message.channel === 1004) seen.resolve(message.data);
        expect(frame.bytes.includes('to a denied one')).toBe(false);
      }
    };
    {
      await using client = await asking(SOUND, { channels: names });
      await client.confirm();
      const [drives = 0, dynamic = 0, sound = 0] = client.channels;
      for (const channel of [drives, dynamic])
        for (const chunk of writeChunks(Buffer.from('to a denied one'))) client.send(channel, chunk);
      for (const chunk of writeChunks(Buffer.from('to the machine'))) client.send(sound, chunk);
      expect((await client.dataOn(sound)).includes('from the machine')).toBe(true);
      expect((await seen.promise).includes('to the machine')).toBe(true);
    }
    expect(target.channels).toEqual(['rdpsnd']);
    const records = await lastDesktop(gateway);
    expect(outcomeOf(records, 'CHANNEL', 'rdpsnd')).toMatchObject({
      bytes: expect.toSatisfy((n: number) => n > 20),
    });
    for (const name of ['rdpdr', 'drdynvc']) expect(outcomeOf(records, 'CHANNEL', name)).toBe('denied');
    expect(outcomeOf(records, 'VIEW')).toMatchObject({ channelDropped: 2 });
  });
});

describe('a handle', () => {
  it('P11: that is replayed once it is used up opens nothing', async () => {
    await gateway.setPolicy(WHOLE_DESKTOP);
    const token = await gateway.issuer.token();
    const body = { resource: 'desk', uses: 1 };
    const answer = await askApi(gateway, '/v1/credentials', { token, body });
    const { user, secret } = answer.json as { user: string; secret: string };
    {
      await using client = await RawRdpClient.connect(gateway);
      await client.logIn(user, secret);
      await client.confirm();
    }
    const before = target.dialled();
    await using replayed = await RawRdpClient.connect(gateway);
    await replayed.logIn(user, secret);
    expect((await replayed.end()).code).toBe(ERROR_INFO.SERVER_FRESH_CREDENTIALS_REQUIRED);
    expect(target.dialled()).toBe(before);
  });

  it('P12: that is over opens nothing, and the machine is not dialled; the client is told to get another', async () => {
    await gateway.setPolicy(WHOLE_DESKTOP);
    // It ends with its token at the latest.
    const token = await gateway.issuer.token({ expiresIn: 6 });
    const answer = await askApi(gateway, '/v1/credentials', {
      token,
      body: { resource: 'desk' },
    });
    expect(answer.status, answer.text).toBe(200);
    const { user, secret, expiresAt } = answer.json as { user: string; secret: string; expiresAt: string };
    await expect.poll(() => Date.now() > Date.parse(expiresAt), { timeout: 30_000 }).toBe(true);
    const before = target.dialled();
    await using late = await RawRdpClient.connect(gateway);
    await late.logIn(user, secret);
    expect((await late.end()).code).toBe(ERROR_INFO.SERVER_FRESH_CREDENTIALS_REQUIRED);
    expect(target.dialled()).toBe(before);
  });
});

describe('what connects', () => {
  it.each([
    ["rdp.client == 'RAW' && rdp.width <= 640 && rdp.height == 480", true],
    ["rdp.client == 'OFFICE-7'", false],
    ['rdp.width > 640', false],
    ["!('rdpdr' in rdp.channels)", false],
  ])('is a fact of the policy: %s', async (when, isPermitted) => {
    await using client = await asking(viewWith(`when: "${when}"`), { channels: ['rdpdr'] });
    if (isPermitted) await client.confirm();
    else expect((await client.end()).code).toBe(ERROR_INFO.SERVER_INSUFFICIENT_PRIVILEGES);
  });
});
