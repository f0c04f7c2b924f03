/** Settings of the conference: what the target is told of the client, and the client of the server. */
import { BLOCK, writeBlocks } from '../wire/gcc/blocks.ts';
import { type ClientCore, EARLY, writeClientCore } from '../wire/gcc/client-core.ts';
import { type ChannelWish, writeClientNetwork, writeServerNetwork } from '../wire/gcc/network.ts';
import { writeClientSecurity, writeServerCore, writeServerSecurity } from '../wire/gcc/server-core.ts';

/**
 * Early capabilities that pass. The others are the graphics pipeline, network detection, heartbeats and layouts of monitors: what
 * cannot be recorded, and what needs a channel that is not opened.
 */
const PASSING =
  EARLY.ERROR_INFO |
  EARLY.WANT_32_BPP |
  EARLY.STATUS_INFO |
  EARLY.STRONG_ASYMMETRIC_KEYS |
  EARLY.CONNECTION_TYPE;

/** Compression of a channel ([MS-RDPBCGR] 2.2.1.3.4.1): bulk, and RDP's. */
const CHANNEL_COMPRESSION = 0x0040_0000 | 0x0080_0000;

/** What the target is to know. */
export interface TargetSettings {
  readonly core: ClientCore;
  /** The security that the target selected: it holds the client to it. */
  readonly selectedProtocol: number;
  /** Channels that the policy allows: of the others the target never hears. */
  readonly channels: readonly ChannelWish[];
}

/**
 * The blocks for the target. There is none of multitransport, so no way past by UDP, none of a message channel, none of clusters,
 * so no redirection that the client could follow, and none of monitors: one screen.
 */
export function targetSettings({ core, selectedProtocol, channels }: TargetSettings): Buffer {
  const pinned: ClientCore = {
    ...core,
    earlyCapabilities: core.earlyCapabilities & PASSING,
    serverSelectedProtocol: selectedProtocol,
  };
  const wishes = channels.map(({ name, options }) => ({
    name,
    options: (options & ~CHANNEL_COMPRESSION) >>> 0,
  }));
  return writeBlocks([
    { type: BLOCK.CS_CORE, content: writeClientCore(pinned) },
    { type: BLOCK.CS_SECURITY, content: writeClientSecurity() },
    ...(wishes.length === 0 ? [] : [{ type: BLOCK.CS_NET, content: writeClientNetwork(wishes) }]),
  ]);
}

/** What the client is to know. */
export interface ClientSettings {
  /** What it asked for in its connection request, which it compares. */
  readonly requestedProtocols: number;
  readonly ioChannel: number;
  /** Ids of the channels that it asked for, denied ones too: it joins them, and nothing comes of it. */
  readonly channels: readonly number[];
}

/** The blocks for the client. */
export function clientSettings({ requestedProtocols, ioChannel, channels }: ClientSettings): Buffer {
  return writeBlocks([
    { type: BLOCK.SC_CORE, content: writeServerCore(requestedProtocols) },
    { type: BLOCK.SC_SECURITY, content: writeServerSecurity() },
    { type: BLOCK.SC_NET, content: writeServerNetwork({ ioChannel, channels }) },
  ]);
}
