/** Both ends of RDP as whoever attacks would write them: a client that says what it likes, and a target that draws what it likes. */
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { PacketStream } from '../../src/protocols/rdp/packet-stream.ts';
import { clientSettings, targetSettings } from '../../src/protocols/rdp/rewrite/settings.ts';
import { BLOCK, readBlocks } from '../../src/protocols/rdp/wire/gcc/blocks.ts';
import type { ClientCore } from '../../src/protocols/rdp/wire/gcc/client-core.ts';
import {
  readConferenceRequest,
  writeConferenceRequest,
  writeConferenceResponse,
} from '../../src/protocols/rdp/wire/gcc/conference.ts';
import { readClientNetwork } from '../../src/protocols/rdp/wire/gcc/network.ts';
import {
  readConnectInitial,
  writeConnectInitial,
  writeConnectResponse,
} from '../../src/protocols/rdp/wire/mcs/connect.ts';
import {
  readDomainMessage,
  writeAttached,
  writeAttachUser,
  writeData,
  writeErectDomain,
  writeJoin,
  writeJoined,
} from '../../src/protocols/rdp/wire/mcs/domain.ts';
import {
  type CapabilitySet,
  writeConfirmActive,
  writeDemandActive,
} from '../../src/protocols/rdp/wire/share/capabilities.ts';
import { writeClientInfo } from '../../src/protocols/rdp/wire/share/client-info.ts';
import { readErrorInfo } from '../../src/protocols/rdp/wire/share/error-info.ts';
import { writeValidClient } from '../../src/protocols/rdp/wire/share/license.ts';
import {
  DATA,
  readShareData,
  readSharePdus,
  SHARE,
  writeShareData,
  writeSharePdu,
} from '../../src/protocols/rdp/wire/share/share-control.ts';
import {
  PROTOCOL,
  writeConnectionConfirm,
  writeConnectionRequest,
} from '../../src/protocols/rdp/wire/x224.ts';
import { createRsaCertificate } from './certificates.ts';

const CORE: ClientCore = {
  version: 0x80004,
  width: 640,
  height: 480,
  colorDepth: 0xca01,
  postBeta2ColorDepth: 0xca01,
  highColorDepth: 24,
  supportedDepths: 15,
  keyboardLayout: 0x409,
  keyboardType: 4,
  keyboardSubType: 0,
  keyboardFunctionKeys: 12,
  build: 2600,
  name: 'RAW',
  earlyCapabilities: 1,
  connectionType: 0,
  serverSelectedProtocol: 1,
};
const IO = 1003;
/** Capability sets without which nothing goes. */
const SETS = [
  { type: 1, content: Buffer.alloc(20) },
  {
    type: 2,
    content: Buffer.from('200001000100010080 02e001000001000100000001000000'.replace(' ', ''), 'hex'),
  },
];
export const SHARE_ID = 0x103ea;

/** A client inside of TLS. Its user and channel ids are those that the gateway gives. */
export class RawRdpClient implements AsyncDisposable {
  readonly packets: PacketStream;
  readonly user: number;
  readonly channels: readonly number[];

  readonly #names: readonly string[];

  private constructor(packets: PacketStream, names: readonly string[]) {
    this.packets = packets;
    this.#names = names;
    this.user = IO + 1 + names.length;
    this.channels = names.map((_, index) => IO + 1 + index);
  }

  /** Up to TLS. */
  static async connect(
    { host, port }: { readonly host: string; readonly port: number },
    {
      channels = [],
      protocols = PROTOCOL.TLS,
      early = Buffer.alloc(0),
    }: { readonly channels?: readonly string[]; readonly protocols?: number; readonly early?: Buffer } = {},
  ): Promise<RawRdpClient> {
    const socket = connectTcp({ host, port });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const plain = new PacketStream(socket, 'upstream');
    plain.write(Buffer.concat([writeConnectionRequest(protocols), early]));
    const answer = await plain.next();
    if (answer === undefined || answer.bytes[11] !== 2) throw new Error('refused');
    plain.detach();
    const stream = connectTls({ socket, rejectUnauthorized: false });
    stream.on('error', () => undefined);
    await once(stream, 'secureConnect');
    return new RawRdpClient(new PacketStream(stream, 'upstream'), channels);
  }

  /** Connect-Initial, and its answer. */
  async initial(): Promise<void> {
    const channels = this.#names.map((name) => ({ name, options: 0 }));
    const blocks = targetSettings({ core: CORE, selectedProtocol: 1, channels });
    this.packets.write(writeConnectInitial(writeConferenceRequest(blocks)));
    await this.packets.next();
  }

  /** All up to Client Info, with this password. */
  async logIn(user: string, password: string): Promise<void> {
    await this.initial();
    this.packets.write(writeErectDomain());
    this.packets.write(writeAttachUser());
    await this.packets.next();
    for (const channel of [this.user, IO, ...this.channels]) {
      this.packets.write(writeJoin(this.user, channel));
      await this.packets.next();
    }
    const secret = Buffer.from(password, 'utf16le');
    const info = {
      codePage: 0,
      flags: 0x33,
      domain: '',
      user,
      password: secret,
      timeZone: undefined,
      performance: 0,
    };
    this.send(IO, writeClientInfo(info));
  }

  /** Waits for the Demand Active, and confirms it. @returns its body */
  async confirm(sets: readonly CapabilitySet[] = SETS): Promise<Buffer> {
    let demand: Buffer = Buffer.alloc(0);
    await this.until((data) => {
      const found = readSharePdus(data, 'upstream').find(({ type }) => type === SHARE.DEMAND_ACTIVE);
      demand = found?.body ?? demand;
      return found !== undefined;
    });
    this.agree(sets);
    return demand;
  }

  /** Answers a Demand Active that was read. */
  agree(sets: readonly CapabilitySet[] = SETS): void {
    const body = writeConfirmActive({ shareId: SHARE_ID, descriptor: Buffer.from('RAW\0'), sets });
    this.send(IO, writeSharePdu({ type: SHARE.CONFIRM_ACTIVE, source: this.user, body }));
  }

  send(channel: number, data: Buffer): void {
    this.packets.write(writeData('upstream', { initiator: this.user, channel, data: [data] }));
  }

  /** Reads on to a message on the IO channel; rejects at the end of the connection. */
  async until(isIt: (data: Buffer) => boolean): Promise<void> {
    await this.dataOn(IO, isIt);
  }

  /** Reads on to the next data of a channel, or the next that is it. */
  async dataOn(channel: number, isIt: (data: Buffer) => boolean = () => true): Promise<Buffer> {
    for (;;) {
      const frame = await this.packets.next();
      if (frame === undefined) throw new Error('the connection has ended');
      if (frame.kind !== 'tpkt') continue;
      const message = readDomainMessage(frame.bytes, 'upstream');
      try {
        if (message.kind === 'data' && message.channel === channel && isIt(message.data)) return message.data;
      } catch {
        // A licence is no share.
      }
    }
  }

  /** Reads to the end: the code of the last Set Error Info, and all bytes. */
  async end(): Promise<{ readonly code: number | undefined; readonly bytes: Buffer }> {
    const all: Buffer[] = [];
    let code: number | undefined;
    for (let frame = await this.packets.next(); frame !== undefined; frame = await this.packets.next()) {
      all.push(frame.bytes);
      if (frame.kind !== 'tpkt') continue;
      const message = readDomainMessage(frame.bytes, 'upstream');
      if (message.kind !== 'data' || message.channel !== IO || message.data[0] === 0x80) continue;
      for (const pdu of readSharePdus(message.data, 'upstream')) {
        if (pdu.type !== SHARE.DATA) continue;
        const data = readShareData(pdu.body, 'upstream');
        if (data.type === DATA.ERROR_INFO) code = readErrorInfo(data.body);
      }
    }
    return { code, bytes: Buffer.concat(all) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.packets.stream.destroy();
  }
}

/** One connection of the gateway, at a target that has told its share. */
export interface RawTargetConnection {
  readonly packets: PacketStream;
  /** Sends a share control PDU. */
  pdu(type: number, body: Buffer): void;
  /** Sends a share data PDU. */
  data(type: number, body: Buffer): void;
}

/** A target on loopback. */
export interface RawRdpTarget extends AsyncDisposable {
  readonly port: number;
  readonly cert: string;
  /** Connections that were made to it. */
  dialled(): number;
  /** Names of the channels that the last of them asked for. */
  channels: readonly string[];
  /** What is done once the client has confirmed; without it, nothing. */
  play: (connection: RawTargetConnection) => Promise<void> | void;
  /** What is answered in place of Connect-Response. */
  response: ((settings: Buffer) => Buffer) | undefined;
  /** What it says of licences, on its IO channel. */
  licence: Buffer;
}

/** Serves on 127.0.0.1 inside of TLS, with a key of its own unless there is one already. */
export async function startRawTarget(
  pair: ReturnType<typeof createRsaCertificate> = createRsaCertificate(),
): Promise<RawRdpTarget> {
  const secureContext = createSecureContext(pair);
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    void serve(socket, secureContext, target).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target: RawRdpTarget = {
    port: (server.address() as AddressInfo).port,
    cert: pair.cert,
    dialled: () => count,
    channels: [],
    play: () => undefined,
    response: undefined,
    licence: writeValidClient(),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return target;
}

async function serve(
  socket: Socket,
  secureContext: ReturnType<typeof createSecureContext>,
  target: RawRdpTarget,
): Promise<void> {
  const plain = new PacketStream(socket, 'downstream');
  await plain.next();
  plain.detach();
  plain.write(writeConnectionConfirm(PROTOCOL.TLS, 0));
  const stream = new TLSSocket(socket, { isServer: true, secureContext });
  stream.on('error', () => undefined);
  const packets = new PacketStream(stream, 'downstream');
  const initial = await packets.next();
  if (initial === undefined) return;
  const blocks = readBlocks(readConferenceRequest(readConnectInitial(initial.bytes)), 'downstream');
  const network = blocks.get(BLOCK.CS_NET);
  target.channels = network === undefined ? [] : readClientNetwork(network).map(({ name }) => name);
  const channels = target.channels.map((_, index) => IO + 1 + index);
  const settings = clientSettings({ requestedProtocols: 1, ioChannel: IO, channels });
  packets.write(target.response?.(settings) ?? writeConnectResponse(writeConferenceResponse(settings)));
  const user = IO + 50;
  for (;;) {
    const frame = await packets.next();
    if (frame === undefined) return;
    if (frame.kind !== 'tpkt') continue;
    const message = readDomainMessage(frame.bytes, 'downstream');
    if (message.kind === 'attach-user') packets.write(writeAttached(user));
    if (message.kind === 'join') packets.write(writeJoined(user, message.channel));
    if (message.kind === 'data') break;
  }
  const send = (data: Buffer): void =>
    packets.write(writeData('downstream', { initiator: 1002, channel: IO, data: [data] }));
  const pdu = (type: number, body: Buffer): void => send(writeSharePdu({ type, source: 1002, body }));
  send(target.licence);
  pdu(
    SHARE.DEMAND_ACTIVE,
    writeDemandActive({ shareId: SHARE_ID, descriptor: Buffer.from('RAW\0'), sets: SETS }),
  );
  await packets.next();
  const data = (type: number, body: Buffer): void =>
    pdu(SHARE.DATA, writeShareData({ shareId: SHARE_ID, stream: 1, type, body }));
  await target.play({ packets, pdu, data });
}
