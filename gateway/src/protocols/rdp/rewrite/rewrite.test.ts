/** What is changed on the way, PDU by PDU; each is asked for by a row of the list in docs/protocols/rdp.md. */
import { describe, expect, it } from 'vitest';
import { BLOCK, readBlocks } from '../wire/gcc/blocks.ts';
import { type ClientCore, EARLY, readClientCore } from '../wire/gcc/client-core.ts';
import { readClientNetwork, readServerNetwork } from '../wire/gcc/network.ts';
import {
  CAPABILITY,
  readConfirmActive,
  readDemandActive,
  writeConfirmActive,
  writeDemandActive,
} from '../wire/share/capabilities.ts';
import { INFO, readClientInfo, writeClientInfo } from '../wire/share/client-info.ts';
import { readSessionInfoKind, SESSION_INFO } from '../wire/share/save-session-info.ts';
import { DATA, readShareData, SHARE, writeShareData } from '../wire/share/share-control.ts';
import { MOST_UPDATE_BYTES, pinCapabilities, screenSize } from './capabilities.ts';
import { RdpRewriteError } from './errors.ts';
import { fromClient } from './from-client.ts';
import { fastUpdateKind, fromTarget } from './from-target.ts';
import { targetClientInfo } from './login-info.ts';
import { clientSettings, targetSettings } from './settings.ts';

const core: ClientCore = {
  version: 0x80004,
  width: 1024,
  height: 768,
  colorDepth: 0xca01,
  postBeta2ColorDepth: 0xca01,
  highColorDepth: 24,
  supportedDepths: 15,
  keyboardLayout: 0x409,
  keyboardType: 4,
  keyboardSubType: 0,
  keyboardFunctionKeys: 12,
  build: 2600,
  name: 'PC',
  earlyCapabilities: 0xffff,
  connectionType: 6,
  serverSelectedProtocol: 1,
};
const code = (wanted: string): unknown => expect.objectContaining({ code: wanted });
const data = (type: number, body: Buffer): Buffer => writeShareData({ shareId: 7, stream: 1, type, body });
const set = (type: number, bytes: number): { type: number; content: Buffer } => ({
  type,
  content: Buffer.alloc(bytes, 0xff),
});

describe('the settings', () => {
  it('row 1: the target is told the security that it selected itself, not what the client got', () => {
    const blocks = readBlocks(targetSettings({ core, selectedProtocol: 2, channels: [] }), 'downstream');
    expect(readClientCore(blocks.get(BLOCK.CS_CORE) ?? Buffer.alloc(0)).serverSelectedProtocol).toBe(2);
  });

  it('row 2: the client is told what it asked for itself', () => {
    const bytes = clientSettings({ requestedProtocols: 11, ioChannel: 1003, channels: [1004, 1005] });
    const blocks = readBlocks(bytes, 'upstream');
    expect(blocks.get(BLOCK.SC_CORE)?.readUInt32LE(4)).toBe(11);
    expect(readServerNetwork(blocks.get(BLOCK.SC_NET) ?? Buffer.alloc(0)).channels).toEqual([1004, 1005]);
  });

  it('rows 3 and 5: no graphics pipeline, no detection, no heartbeat, no UDP, no monitors, no clusters', () => {
    const blocks = readBlocks(targetSettings({ core, selectedProtocol: 1, channels: [] }), 'downstream');
    expect([...blocks.keys()]).toEqual([BLOCK.CS_CORE, BLOCK.CS_SECURITY]);
    const { earlyCapabilities } = readClientCore(blocks.get(BLOCK.CS_CORE) ?? Buffer.alloc(0));
    for (const off of ['GRAPHICS_PIPELINE', 'NETWORK_DETECTION', 'HEARTBEAT', 'SKIP_CHANNEL_JOIN'] as const) {
      expect(earlyCapabilities & EARLY[off], off).toBe(0);
    }
    expect(earlyCapabilities & EARLY.ERROR_INFO).not.toBe(0);
  });

  it('row 4: the target hears of no channel but those that are allowed, and of no compression on them', () => {
    const channels = [{ name: 'cliprdr', options: 0xc0a0_0000 | 0x0040_0000 }];
    const blocks = readBlocks(targetSettings({ core, selectedProtocol: 1, channels }), 'downstream');
    expect(readClientNetwork(blocks.get(BLOCK.CS_NET) ?? Buffer.alloc(0))).toEqual([
      { name: 'cliprdr', options: 0xc020_0000 },
    ]);
  });
});

describe('the login', () => {
  it('row 6, P6: what the client said is gone: its secret, a program, audio, a smart card, compression', () => {
    const client = readClientInfo(
      writeClientInfo({
        codePage: 0,
        flags: 0xffff_ffff,
        domain: 'EVIL',
        user: 'svc+desk+cred_x',
        password: Buffer.from('client-secret', 'utf16le'),
        timeZone: Buffer.alloc(172, 7),
        performance: 5,
      }),
    );
    const given = { ...client, shell: 'cmd.exe', workingFolder: 'C:\\', hasReconnectCookie: true };
    const bytes = targetClientInfo(given, { domain: 'CORP', user: 'svc', password: 'target-secret' });
    const sent = readClientInfo(bytes);
    expect(sent).toMatchObject({ domain: 'CORP', user: 'svc', shell: '', workingFolder: '' });
    expect(sent.hasReconnectCookie).toBe(false);
    expect(sent.password.toString('utf16le')).toBe('target-secret');
    expect(bytes.includes(Buffer.from('client-secret', 'utf16le'))).toBe(false);
    const off =
      INFO.COMPRESSION | INFO.COMPRESSION_TYPES | INFO.PASSWORD_IS_SMARTCARD_PIN | INFO.AUDIO_CAPTURE;
    expect(sent.flags & off).toBe(0);
    expect(sent.flags & INFO.AUTOLOGON).not.toBe(0);
  });
});

describe('capabilities', () => {
  const everything = [
    ...Object.values(CAPABILITY).map((type) => set(type, 84)),
    // Surface commands of the future.
    set(0x1f, 84),
    set(0x7777, 84),
  ];

  it('row 7: what cannot be recorded is gone, and so is every set that nobody knows; both ways', () => {
    const confirm = { shareId: 1, descriptor: Buffer.from('MSTSC\0'), sets: everything };
    const up = fromClient({ type: SHARE.CONFIRM_ACTIVE, source: 1004, body: writeConfirmActive(confirm) });
    if (up.kind !== 'forward') throw new Error('not forwarded');
    const sent = readConfirmActive(up.body);
    const down = fromTarget({ type: SHARE.DEMAND_ACTIVE, source: 1002, body: writeDemandActive(confirm) });
    if (down.kind !== 'activate') throw new Error('no activation');
    expect(readDemandActive(down.body).sets).toEqual(sent.sets);
    const types = sent.sets.map(({ type }) => type);
    const gone = [0x11, 0x12, 0x13, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x7777];
    for (const type of gone) expect(types).not.toContain(type);
    const content = (type: number): Buffer =>
      sent.sets.find((one) => one.type === type)?.content ?? Buffer.alloc(0);
    expect(content(CAPABILITY.ORDER).subarray(32, 64)).toEqual(Buffer.alloc(32));
    expect(content(CAPABILITY.ORDER).readUInt16LE(66)).toBe(0);
    expect(content(CAPABILITY.BITMAP_CACHE).every((byte) => byte === 0)).toBe(true);
    expect(content(CAPABILITY.GLYPH_CACHE).readUInt16LE(44)).toBe(0);
    expect(content(CAPABILITY.GENERAL).readUInt16LE(10) & 0x18).toBe(0);
    expect((content(CAPABILITY.BITMAP)[19] ?? 0) & 0x06).toBe(0);
    expect(content(CAPABILITY.VIRTUAL_CHANNEL).readUInt32LE(0)).toBe(0);
    expect(content(CAPABILITY.INPUT).readUInt16LE(0)).toBe(0x013d);
    expect(content(CAPABILITY.MULTIFRAGMENT_UPDATE).readUInt32LE(0)).toBe(MOST_UPDATE_BYTES);
  });

  it('P3: a set that is too short for what has to be changed in it is refused', () => {
    for (const type of [CAPABILITY.GENERAL, CAPABILITY.BITMAP, CAPABILITY.ORDER, CAPABILITY.INPUT]) {
      expect(() => pinCapabilities([set(type, 1)], 'downstream')).toThrow(code('ERR_RDP_LENGTH'));
    }
  });

  it('tells the size of the screen', () => {
    const bitmap = set(CAPABILITY.BITMAP, 24);
    bitmap.content.writeUInt16LE(1280, 8);
    bitmap.content.writeUInt16LE(720, 10);
    expect(screenSize([bitmap])).toEqual({ width: 1280, height: 720 });
    expect(screenSize([])).toBeUndefined();
  });
});

describe('what a target sends', () => {
  it('row 8, P6: a redirection, which may carry a password, ends the session', () => {
    const redirection = { type: SHARE.SERVER_REDIRECTION, source: 1002, body: Buffer.alloc(40) };
    expect(() => fromTarget(redirection)).toThrow(RdpRewriteError);
    expect(() => fromTarget(redirection)).toThrow(code('ERR_RDP_REDIRECTED'));
  });

  it('row 9, P6: the client gets no reconnect cookie, and not the name of the login', () => {
    const kinds = [SESSION_INFO.LOGON, SESSION_INFO.LOGON_LONG, SESSION_INFO.PLAIN_NOTIFY];
    for (const kind of kinds) {
      const body = Buffer.alloc(80, 'Administrator', 'utf16le');
      body.writeUInt32LE(kind);
      const answer = fromTarget({ type: SHARE.DATA, source: 1002, body: data(DATA.SAVE_SESSION_INFO, body) });
      if (answer.kind !== 'forward') throw new Error('not forwarded');
      const sent = readShareData(answer.body, 'upstream');
      expect(readSessionInfoKind(sent.body)).toBe(SESSION_INFO.PLAIN_NOTIFY);
      expect(answer.body.includes('A\0d\0m\0i\0n')).toBe(false);
    }
    const extended = Buffer.alloc(40);
    extended.writeUInt32LE(SESSION_INFO.EXTENDED);
    const body = data(DATA.SAVE_SESSION_INFO, extended);
    expect(fromTarget({ type: SHARE.DATA, source: 1002, body })).toEqual({ kind: 'drop' });
  });

  it('what is drawn is told apart; what was not agreed ends the session', () => {
    const update = (kind: number): ReturnType<typeof fromTarget> => {
      const payload = Buffer.alloc(4);
      payload.writeUInt16LE(kind);
      return fromTarget({ type: SHARE.DATA, source: 1002, body: data(DATA.UPDATE, payload) });
    };
    expect([1, 2, 3].map((kind) => update(kind).kind)).toEqual(['bitmap', 'palette', 'forward']);
    for (const kind of [0, 4, 99]) expect(() => update(kind)).toThrow(code('ERR_RDP_UNRECORDABLE'));
    expect([1, 2, 3, 5, 11].map(fastUpdateKind)).toEqual([
      'bitmap',
      'palette',
      'nothing',
      'pointer',
      'pointer',
    ]);
    for (const kind of [0, 4, 7, 12, 15])
      expect(() => fastUpdateKind(kind)).toThrow(code('ERR_RDP_UNRECORDABLE'));
  });

  it('P3: what is not known goes no further', () => {
    for (const type of [DATA.AUTO_RECONNECT_STATUS, DATA.KEYBOARD_IME, 200]) {
      const body = data(type, Buffer.alloc(8));
      expect(fromTarget({ type: SHARE.DATA, source: 1002, body })).toEqual({ kind: 'drop' });
    }
    const unknown = { type: 13, source: 1002, body: Buffer.alloc(8) };
    expect(() => fromTarget(unknown)).toThrow(code('ERR_RDP_UNEXPECTED'));
  });
});

describe('what a client sends', () => {
  it('row 10, P3: what is not known goes no further, and what only servers send ends the session', () => {
    for (const type of [DATA.PERSISTENT_BITMAPS, DATA.FRAME_ACKNOWLEDGE, 200]) {
      const body = data(type, Buffer.alloc(8));
      expect(fromClient({ type: SHARE.DATA, source: 1004, body })).toEqual({ kind: 'drop' });
    }
    for (const type of [SHARE.DEMAND_ACTIVE, SHARE.DEACTIVATE_ALL, SHARE.SERVER_REDIRECTION, 13]) {
      const pdu = { type, source: 1004, body: Buffer.alloc(40) };
      expect(() => fromClient(pdu)).toThrow(code('ERR_RDP_UNEXPECTED'));
    }
  });

  it('P2: what is judged of input is what goes on', () => {
    const events = Buffer.from('01000000000000000400000 01e00000 0'.replaceAll(' ', ''), 'hex');
    const body = data(DATA.INPUT, events);
    const answer = fromClient({ type: SHARE.DATA, source: 1004, body });
    expect(answer).toEqual({
      kind: 'input',
      events: [{ kind: 'key', code: 0x1e, isUp: false, prefix: 0 }],
      type: SHARE.DATA,
      body,
    });
  });
});
