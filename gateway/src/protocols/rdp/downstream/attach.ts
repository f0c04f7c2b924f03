/** MCS with a client, answered by the gateway itself: before it is known who the client is, no target is dialled. */
import { RdpError } from '../errors.ts';
import type { PacketStream } from '../packet-stream.ts';
import { RdpRewriteError } from '../rewrite/errors.ts';
import { clientSettings } from '../rewrite/settings.ts';
import { BLOCK, readBlocks } from '../wire/gcc/blocks.ts';
import { type ClientCore, readClientCore } from '../wire/gcc/client-core.ts';
import { readConferenceRequest, writeConferenceResponse } from '../wire/gcc/conference.ts';
import { type ChannelWish, readClientNetwork } from '../wire/gcc/network.ts';
import { readConnectInitial, writeConnectResponse } from '../wire/mcs/connect.ts';
import { type DomainMessage, readDomainMessage, writeAttached, writeJoined } from '../wire/mcs/domain.ts';
import { type ClientInfo, readClientInfo } from '../wire/share/client-info.ts';

/** Ids that the gateway gives, within the connection of one client. */
export interface ClientIds {
  /** Of the gateway, as initiator. */
  readonly server: number;
  readonly user: number;
  readonly io: number;
  /** Channels that the client asked for, by their ids. */
  readonly channels: ReadonlyMap<number, ChannelWish>;
}

/** A client that is attached, and said who it is. */
export interface AttachedClient {
  readonly core: ClientCore;
  readonly ids: ClientIds;
  readonly info: ClientInfo;
}

const SERVER = 1002;
const IO = 1003;
const NOT_JOINED = 1;

/**
 * Serves the connect messages, the domain and the joins, up to Client Info. Anything else is refused.
 * @throws RdpWireError, RdpRewriteError, RdpError
 */
export async function attachClient(
  packets: PacketStream,
  requestedProtocols: number,
): Promise<AttachedClient> {
  const blocks = readBlocks(
    readConferenceRequest(readConnectInitial(await nextPacket(packets))),
    'downstream',
  );
  const core = readClientCore(blocks.get(BLOCK.CS_CORE) ?? Buffer.alloc(0));
  const network = blocks.get(BLOCK.CS_NET);
  const wishes = network === undefined ? [] : readClientNetwork(network);
  const channels = new Map(wishes.map((wish, index) => [IO + 1 + index, wish]));
  const ids: ClientIds = { server: SERVER, user: IO + 1 + wishes.length, io: IO, channels };
  const settings = clientSettings({ requestedProtocols, ioChannel: IO, channels: [...channels.keys()] });
  packets.write(writeConnectResponse(writeConferenceResponse(settings)));
  return { core, ids, info: await serveDomain(packets, ids) };
}

async function serveDomain(packets: PacketStream, ids: ClientIds): Promise<ClientInfo> {
  const joinable = new Set([ids.user, ids.io, ...ids.channels.keys()]);
  // Erect, attach, a join of each channel, and Client Info; a client that joins twice is one that floods.
  const most = joinable.size + 3;
  let isAttached = false;
  for (let count = 0; count < most; count += 1) {
    const message = readDomainMessage(await nextPacket(packets), 'downstream');
    if (message.kind === 'erect-domain') continue;
    if (message.kind === 'attach-user' && !isAttached) {
      isAttached = true;
      packets.write(writeAttached(ids.user));
      continue;
    }
    if (!isAttached) throw unexpected(message);
    if (message.kind === 'join') {
      const isOurs = joinable.has(message.channel) && message.user === ids.user;
      packets.write(writeJoined(ids.user, message.channel, isOurs ? 0 : NOT_JOINED));
      continue;
    }
    if (message.kind !== 'data' || message.channel !== ids.io || message.initiator !== ids.user)
      throw unexpected(message);
    return readClientInfo(message.data);
  }
  throw new RdpRewriteError('ERR_RDP_UNEXPECTED', 'too many messages before Client Info', 'downstream');
}

function unexpected({ kind }: DomainMessage): Error {
  if (kind === 'disconnect') return new RdpError('ERR_RDP_HANDSHAKE', 'the client went before it logged in');
  return new RdpRewriteError('ERR_RDP_UNEXPECTED', `${kind} of MCS before Client Info`, 'downstream');
}

async function nextPacket(packets: PacketStream): Promise<Buffer> {
  const frame = await packets.next();
  if (frame === undefined) throw new RdpError('ERR_RDP_HANDSHAKE', 'the client went before it logged in');
  if (frame.kind !== 'tpkt')
    throw new RdpRewriteError('ERR_RDP_UNEXPECTED', 'fast path before Client Info', 'downstream');
  return frame.bytes;
}
