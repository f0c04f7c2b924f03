/** Messages as the specification prints them ([MS-RDPBCGR] section 4), and what must be refused. */
import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.ts';
import { CHUNK, ChunkJoiner, readChunk, writeChunks } from './channel/chunk.ts';
import { RdpWireError } from './errors.ts';
import { readFastInput } from './fast-path/fast-input.ts';
import { readFastOutput, UPDATE } from './fast-path/fast-output.ts';
import { UpdateJoiner } from './fast-path/update-joiner.ts';
import { BLOCK, readBlocks, writeBlocks } from './gcc/blocks.ts';
import { readConferenceResponse } from './gcc/conference.ts';
import { readServerNetwork, writeServerNetwork } from './gcc/network.ts';
import {
  requireNoEncryption,
  writeClientSecurity,
  writeServerCore,
  writeServerSecurity,
} from './gcc/server-core.ts';
import { readConnectResponse } from './mcs/connect.ts';
import {
  DISCONNECT_REASON,
  readDomainMessage,
  writeAttached,
  writeAttachUser,
  writeDisconnect,
  writeErectDomain,
  writeJoin,
  writeJoined,
} from './mcs/domain.ts';
import { readConfirmActive } from './share/capabilities.ts';
import { INFO, readClientInfo, writeClientInfo } from './share/client-info.ts';
import { ERROR_INFO, readErrorInfo, writeErrorInfo } from './share/error-info.ts';
import { endsLicensing, writeValidClient } from './share/license.ts';
import { readSessionInfoKind, SESSION_INFO, writePlainNotify } from './share/save-session-info.ts';
import { readSecurityHeader, SECURITY_HEADER_BYTES } from './share/security-header.ts';
import { DATA, readShareData, readSharePdus, SHARE } from './share/share-control.ts';
import { readSlowInput } from './share/slow-input.ts';
import {
  NEGOTIATION_FAILURE,
  PROTOCOL,
  readConnectionConfirm,
  readConnectionRequest,
  writeConnectionConfirm,
  writeConnectionRefusal,
  writeConnectionRequest,
} from './x224.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const refusal = (code: string): unknown => expect.objectContaining({ code, name: RdpWireError.name });

describe('X.224', () => {
  it('reads a connection request with a cookie (4.1.1)', () => {
    const packet = hex(`
      03 00 00 2c 27 e0 00 00 00 00 00 43 6f 6f 6b 69 65 3a 20 6d 73 74 73 68 61 73 68 3d 65 6c 74 6f 6e 73 0d 0a
      01 00 08 00 00 00 00 00`);
    expect(readConnectionRequest(packet)).toEqual({
      cookie: 'Cookie: mstshash=eltons',
      protocols: 0,
      flags: 0,
    });
  });

  it('reads a connection confirm (4.1.2), and what the gateway writes', () => {
    const packet = hex('03 00 00 13 0e d0 00 00 12 34 00 02 00 08 00 00 00 00 00');
    expect(readConnectionConfirm(packet)).toEqual({ kind: 'selected', protocol: PROTOCOL.RDP, flags: 0 });
    expect(readConnectionConfirm(writeConnectionConfirm(PROTOCOL.HYBRID, 1))).toEqual({
      kind: 'selected',
      protocol: PROTOCOL.HYBRID,
      flags: 1,
    });
    expect(readConnectionConfirm(writeConnectionRefusal(NEGOTIATION_FAILURE.HYBRID_REQUIRED))).toEqual({
      kind: 'failure',
      failure: 5,
    });
    expect(readConnectionConfirm(hex('03 00 00 0b 06 d0 00 00 12 34 00'))).toEqual({ kind: 'none' });
    expect(readConnectionRequest(writeConnectionRequest(PROTOCOL.TLS | PROTOCOL.HYBRID))).toEqual({
      cookie: undefined,
      protocols: 3,
      flags: 0,
    });
  });

  it('P3: refuses a length that lies, bytes behind the end, and a cookie without end', () => {
    const request = writeConnectionRequest(PROTOCOL.TLS);
    const lying = Buffer.from(request);
    lying.writeUInt8(9, 4);
    expect(() => readConnectionRequest(lying)).toThrow(refusal('ERR_RDP_LENGTH'));
    const longer = Buffer.concat([request, Buffer.from([0])]);
    longer.writeUInt8(longer.length - 5, 4);
    expect(() => readConnectionRequest(longer)).toThrow(refusal('ERR_RDP_TRAILING'));
    const cookie = Buffer.concat([hex('03 00 00 00 ff e0 00 00 00 00 00'), Buffer.alloc(249, 0x41)]);
    expect(() => readConnectionRequest(cookie)).toThrow(refusal('ERR_RDP_TRUNCATED'));
  });
});

describe('MCS', () => {
  it('reads and writes the messages of a domain (4.1.5 to 4.1.8)', () => {
    const erect = hex('03 00 00 0c 02 f0 80 04 01 00 01 00');
    expect(readDomainMessage(erect, 'downstream')).toEqual({ kind: 'erect-domain' });
    expect(writeErectDomain()).toEqual(erect);
    // As rdesktop writes its heights.
    const words = hex('03 00 00 0c 02 f0 80 04 00 01 00 01');
    expect(readDomainMessage(words, 'downstream')).toEqual({ kind: 'erect-domain' });
    const long = Buffer.concat([hex('03 00 00 13 02 f0 80 04'), Buffer.alloc(11)]);
    expect(() => readDomainMessage(long, 'downstream')).toThrow(/heights/);
    const attach = hex('03 00 00 08 02 f0 80 28');
    expect(readDomainMessage(attach, 'downstream')).toEqual({ kind: 'attach-user' });
    expect(writeAttachUser()).toEqual(attach);
    const attached = hex('03 00 00 0b 02 f0 80 2e 00 00 06');
    expect(readDomainMessage(attached, 'upstream')).toEqual({ kind: 'attached', result: 0, user: 1007 });
    expect(writeAttached(1007)).toEqual(attached);
    const join = hex('03 00 00 0c 02 f0 80 38 00 06 03 ef');
    expect(readDomainMessage(join, 'downstream')).toEqual({ kind: 'join', user: 1007, channel: 1007 });
    expect(writeJoin(1007, 1007)).toEqual(join);
    const joined = hex('03 00 00 0f 02 f0 80 3e 00 00 06 03 ef 03 ef');
    const means = { kind: 'joined', result: 0, user: 1007, channel: 1007 };
    expect(readDomainMessage(joined, 'upstream')).toEqual(means);
    expect(writeJoined(1007, 1007)).toEqual(joined);
  });

  it('reads and writes the end of a connection (4.2.1)', () => {
    const ultimatum = hex('03 00 00 09 02 f0 80 21 80');
    expect(readDomainMessage(ultimatum, 'downstream')).toEqual({ kind: 'disconnect', reason: 3 });
    expect(writeDisconnect(DISCONNECT_REASON.USER_REQUESTED)).toEqual(ultimatum);
    const own = writeDisconnect(DISCONNECT_REASON.PROVIDER_INITIATED);
    expect(readDomainMessage(own, 'upstream')).toEqual({ kind: 'disconnect', reason: 1 });
  });

  it('P3: refuses data whose length is not what is there, data in segments, and what the side does not send', () => {
    const indication = '03 00 00 10 02 f0 80 68 00 06 03 eb';
    expect(() => readDomainMessage(hex(`${indication} 70 02 aa`), 'upstream')).toThrow(
      refusal('ERR_RDP_LENGTH'),
    );
    expect(() => readDomainMessage(hex(`${indication} 70 00 aa`), 'upstream')).toThrow(
      refusal('ERR_RDP_LENGTH'),
    );
    expect(() => readDomainMessage(hex(`${indication} 40 01 aa`), 'upstream')).toThrow(
      refusal('ERR_RDP_VALUE'),
    );
    expect(() => readDomainMessage(hex(`${indication} 70 01 aa`), 'downstream')).toThrow(
      refusal('ERR_RDP_TYPE'),
    );
  });

  it('P10: refuses BER of indefinite length, of huge length, and integers of many bytes', () => {
    const initial = (body: string): Buffer => hex(`03 00 00 00 02 f0 80 7f 66 ${body}`);
    expect(() => readConnectResponse(initial('80 0a 01 00'))).toThrow(refusal('ERR_RDP_LENGTH'));
    expect(() => readConnectResponse(initial('84 ff ff ff ff'))).toThrow(refusal('ERR_RDP_TRUNCATED'));
    expect(() => readConnectResponse(initial('85 00 00 00 00 00'))).toThrow(refusal('ERR_RDP_LENGTH'));
    expect(() => readConnectResponse(initial('08 0a 06 00 00 00 00 00 00'))).toThrow(
      refusal('ERR_RDP_VALUE'),
    );
  });
});

describe('GCC', () => {
  it('ignores the length that servers do not fill in (4.1.4)', () => {
    const blocks = writeBlocks([
      { type: BLOCK.SC_CORE, content: writeServerCore(0) },
      { type: BLOCK.SC_NET, content: writeServerNetwork({ ioChannel: 1003, channels: [1004, 1005, 1006] }) },
      { type: BLOCK.SC_SECURITY, content: writeServerSecurity() },
    ]);
    const head = '00 05 00 14 7c 00 01 2a 14 76 0a 01 01 00 01 c0 00 4d 63 44 6e';
    const found = readConferenceResponse(Buffer.concat([hex(head), Buffer.from([blocks.length]), blocks]));
    const read = readBlocks(found, 'upstream');
    expect(readServerNetwork(read.get(BLOCK.SC_NET) ?? Buffer.alloc(0))).toEqual({
      ioChannel: 1003,
      channels: [1004, 1005, 1006],
    });
    expect(() => requireNoEncryption(read.get(BLOCK.SC_SECURITY) ?? Buffer.alloc(0))).not.toThrow();
    expect(() => requireNoEncryption(hex('02 00 00 00 02 00 00 00'))).toThrow(refusal('ERR_RDP_OPAQUE'));
  });

  it('P3: refuses a block that is there twice, of which only one would be judged', () => {
    const twice = writeBlocks([
      { type: BLOCK.CS_SECURITY, content: writeClientSecurity() },
      { type: BLOCK.CS_SECURITY, content: writeClientSecurity() },
    ]);
    expect(() => readBlocks(twice, 'downstream')).toThrow(refusal('ERR_RDP_VALUE'));
  });
});

describe('the share', () => {
  const login = {
    codePage: 0,
    flags: INFO.MOUSE | INFO.AUTOLOGON,
    domain: 'CORP',
    user: 'svc',
    password: Buffer.from('päss', 'utf16le'),
    timeZone: undefined,
    performance: 7,
  };

  it('writes a Client Info that it reads', () => {
    const info = readClientInfo(writeClientInfo(login));
    expect(info).toMatchObject({ domain: 'CORP', user: 'svc', shell: '', workingFolder: '', performance: 7 });
    expect(info.password.toString('utf16le')).toBe('päss');
    expect(info.hasReconnectCookie).toBe(false);
    expect(info.flags & INFO.UNICODE).not.toBe(0);
  });

  it('P3: refuses a Client Info whose texts run into one another', () => {
    const bytes = writeClientInfo(login);
    bytes.writeUInt16LE(6, 12);
    expect(() => readClientInfo(bytes)).toThrow(refusal('ERR_RDP_VALUE'));
  });

  it('refuses what RDP itself encrypted or compressed', () => {
    const encrypted = new ByteReader(hex('08 00 00 00'), 'test', 'downstream');
    expect(() => readSecurityHeader(encrypted)).toThrow(refusal('ERR_RDP_OPAQUE'));
    const compressed = hex('00 00 00 00 00 01 04 00 02 21 04 00 aa');
    expect(() => readShareData(compressed, 'upstream')).toThrow(refusal('ERR_RDP_OPAQUE'));
    expect(() => readFastOutput(hex('00 07 81 21 01 00 aa'))).toThrow(refusal('ERR_RDP_OPAQUE'));
    expect(() => readFastInput(hex('84 04 00 1e'))).toThrow(refusal('ERR_RDP_OPAQUE'));
    expect(() => readChunk(hex('01 00 00 00 03 00 20 00 aa'), 'upstream')).toThrow(refusal('ERR_RDP_OPAQUE'));
  });

  it('tells errors, licences and logons', () => {
    const [pdu] = readSharePdus(
      writeErrorInfo(ERROR_INFO.IDLE_TIMEOUT, { shareId: 0x103ea, source: 1002 }),
      'upstream',
    );
    expect(pdu?.type).toBe(SHARE.DATA);
    const data = readShareData(pdu?.body ?? Buffer.alloc(0), 'upstream');
    expect(data.type).toBe(DATA.ERROR_INFO);
    expect(readErrorInfo(data.body)).toBe(3);
    expect(endsLicensing(writeValidClient().subarray(SECURITY_HEADER_BYTES))).toBe(true);
    expect(endsLicensing(hex('01 03 10 00'))).toBe(false);
    expect(readSessionInfoKind(writePlainNotify())).toBe(SESSION_INFO.PLAIN_NOTIFY);
    expect(() => readSessionInfoKind(hex('09 00 00 00'))).toThrow(refusal('ERR_RDP_TYPE'));
  });

  it('P3: refuses a capability set that is there twice', () => {
    const twice = hex('ea 03 01 00 ea 03 00 00 10 00 02 00 00 00 09 00 06 00 00 00 09 00 06 00 00 00');
    expect(() => readConfirmActive(twice)).toThrow(refusal('ERR_RDP_VALUE'));
  });
});

describe('input', () => {
  it('reads keys and mouse of the fast path', () => {
    // Down and up of A; right control up; a click at 300, 200; a Unicode unit; toggles.
    const frame = hex('18 00 00 1e 01 1e 03 1d 20 00 90 2c 01 c8 00 80 ac 20 62');
    frame.writeUInt8(frame.length, 1);
    expect(readFastInput(frame)).toEqual([
      { kind: 'key', code: 0x1e, isUp: false, prefix: 0 },
      { kind: 'key', code: 0x1e, isUp: true, prefix: 0 },
      { kind: 'key', code: 0x1d, isUp: true, prefix: 0xe0 },
      { kind: 'mouse', flags: 0x9000, x: 300, y: 200 },
      { kind: 'unicode', code: 0x20ac, isUp: false },
      { kind: 'synchronize', toggles: 2 },
    ]);
  });

  it('reads keys and mouse of the slow path', () => {
    const body = hex(`03 00 00 00
      00 00 00 00 04 00 00 81 1d 00 00 00
      00 00 00 00 01 80 00 08 2c 01 c8 00
      00 00 00 00 05 00 00 00 ac 20 00 00`);
    expect(readSlowInput(body)).toEqual([
      { kind: 'key', code: 0x1d, isUp: true, prefix: 0xe0 },
      { kind: 'mouse', flags: 0x0800, x: 300, y: 200 },
      { kind: 'unicode', code: 0x20ac, isUp: false },
    ]);
  });

  it('P3: refuses an event that it does not know, and bytes behind the last one', () => {
    expect(() => readFastInput(hex('04 04 e0 00'))).toThrow(refusal('ERR_RDP_TYPE'));
    expect(() => readFastInput(hex('04 05 00 1e 00'))).toThrow(refusal('ERR_RDP_TRAILING'));
    expect(() => readSlowInput(hex('01 00 00 00 00 00 00 00 09 00 00 00 00 00 00 00'))).toThrow(
      refusal('ERR_RDP_TYPE'),
    );
  });
});

describe('fragments', () => {
  const part = (
    fragment: 'single' | 'first' | 'next' | 'last',
    bytes: number,
    code: number = UPDATE.BITMAP,
  ) => ({
    code,
    fragment,
    data: Buffer.alloc(bytes, 1),
  });

  it('joins an update', () => {
    const joiner = new UpdateJoiner(1000);
    expect(joiner.push(part('first', 300))).toBeUndefined();
    expect(joiner.push(part('next', 300))).toBeUndefined();
    expect(joiner.isWithin).toBe(true);
    expect(joiner.push(part('last', 300))?.data.length).toBe(900);
    expect(joiner.isWithin).toBe(false);
  });

  it('P10: refuses fragments out of order, of another update, too many bytes, and endless empty ones', () => {
    const orphan = new UpdateJoiner(1000);
    expect(() => orphan.push(part('last', 1))).toThrow(refusal('ERR_RDP_TYPE'));
    const mixed = new UpdateJoiner(1000);
    mixed.push(part('first', 1));
    expect(() => mixed.push(part('next', 1, UPDATE.PALETTE))).toThrow(refusal('ERR_RDP_TYPE'));
    const nested = new UpdateJoiner(1000);
    nested.push(part('first', 1));
    expect(() => nested.push(part('single', 1))).toThrow(refusal('ERR_RDP_TYPE'));
    const large = new UpdateJoiner(1000);
    large.push(part('first', 900));
    expect(() => large.push(part('next', 101))).toThrow(refusal('ERR_RDP_TOO_LONG'));
    const endless = new UpdateJoiner(1000);
    endless.push(part('first', 0));
    expect(() => {
      for (;;) endless.push(part('next', 0));
    }).toThrow(refusal('ERR_RDP_TOO_LONG'));
  });

  it('P10: refuses chunks that are more than was said, or more than may be', () => {
    const whole = CHUNK.FIRST | CHUNK.LAST;
    const chunk = (total: number, flags: number, bytes: number) => ({
      total,
      flags,
      data: Buffer.alloc(bytes),
    });
    expect(() => new ChunkJoiner(100, 'upstream').push(chunk(101, whole, 1))).toThrow(
      refusal('ERR_RDP_TOO_LONG'),
    );
    expect(() => new ChunkJoiner(100, 'upstream').push(chunk(4, whole, 5))).toThrow(
      refusal('ERR_RDP_LENGTH'),
    );
    expect(() => new ChunkJoiner(100, 'upstream').push(chunk(4, whole, 3))).toThrow(
      refusal('ERR_RDP_LENGTH'),
    );
    expect(() => new ChunkJoiner(100, 'upstream').push(chunk(4, CHUNK.LAST, 4))).toThrow(
      refusal('ERR_RDP_TYPE'),
    );
    const joiner = new ChunkJoiner(10_000, 'upstream');
    const message = Buffer.from('x'.repeat(4000));
    const joined = writeChunks(message).map((data) => joiner.push(readChunk(data, 'upstream')));
    expect(joined.at(-1)).toEqual(message);
    expect(joined.filter((one) => one === undefined)).toHaveLength(2);
  });
});
