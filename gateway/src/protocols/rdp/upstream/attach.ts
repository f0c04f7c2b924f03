/** MCS with the machine: the gateway is its client, and asks for no more than the policy allows. */
import type { PacketStream } from '../packet-stream.ts';
import { type TargetSettings, targetSettings } from '../rewrite/settings.ts';
import { BLOCK, readBlocks } from '../wire/gcc/blocks.ts';
import { readConferenceResponse, writeConferenceRequest } from '../wire/gcc/conference.ts';
import { readServerNetwork } from '../wire/gcc/network.ts';
import { requireNoEncryption } from '../wire/gcc/server-core.ts';
import { readConnectResponse, writeConnectInitial } from '../wire/mcs/connect.ts';
import {
  type DomainMessage,
  readDomainMessage,
  writeAttachUser,
  writeErectDomain,
  writeJoin,
} from '../wire/mcs/domain.ts';
import { RdpUpstreamError } from './errors.ts';

/** Ids that the machine gave. */
export interface TargetIds {
  readonly user: number;
  readonly io: number;
  /** Channels by their names. */
  readonly channels: ReadonlyMap<string, number>;
}

/** Attaches and joins. Rejects with RdpUpstreamError or RdpWireError. */
export async function attachTarget(packets: PacketStream, settings: TargetSettings): Promise<TargetIds> {
  packets.write(writeConnectInitial(writeConferenceRequest(targetSettings(settings))));
  const { result, userData } = readConnectResponse(await nextPacket(packets));
  if (result !== 0) throw broken(`the machine answers MCS by result ${result}`);
  const blocks = readBlocks(readConferenceResponse(userData), 'upstream');
  const security = blocks.get(BLOCK.SC_SECURITY);
  if (security !== undefined) requireNoEncryption(security);
  const { ioChannel: io, channels: given } = readServerNetwork(blocks.get(BLOCK.SC_NET) ?? Buffer.alloc(0));
  if (given.length !== settings.channels.length) throw broken(`the machine gives ${given.length} channels`);
  const channels = new Map(settings.channels.map(({ name }, index) => [name, given[index] ?? 0]));
  packets.write(writeErectDomain());
  packets.write(writeAttachUser());
  const attached = await nextMessage(packets);
  if (attached.kind !== 'attached' || attached.result !== 0) throw broken('the machine attaches no user');
  const { user } = attached;
  // Channel 0 is none: a machine that does not have it.
  const wanted = [user, io, ...channels.values()].filter((channel) => channel !== 0);
  if (new Set(wanted).size !== wanted.length) throw broken('the machine gives one id to two channels');
  for (const channel of wanted) {
    packets.write(writeJoin(user, channel));
    const joined = await nextMessage(packets);
    if (joined.kind !== 'joined' || joined.result !== 0 || joined.channel !== channel)
      throw broken('the machine does not let its own channels be joined');
  }
  return { user, io, channels };
}

async function nextMessage(packets: PacketStream): Promise<DomainMessage> {
  return readDomainMessage(await nextPacket(packets), 'upstream');
}

async function nextPacket(packets: PacketStream): Promise<Buffer> {
  const frame = await packets.next();
  if (frame?.kind !== 'tpkt') throw broken('the machine broke off before the desktop');
  return frame.bytes;
}

function broken(message: string): RdpUpstreamError {
  return new RdpUpstreamError('ERR_RDP_UPSTREAM_PROTOCOL', message);
}
