/** The TLS connection that NTLM happens in, as NTLM names it (MS-NLMP 2.2.2.1, MsvAvChannelBindings). */
import { createHash } from 'node:crypto';

/**
 * MD5 of a `gss_channel_bindings_struct` (RFC 2744 section 3.11) that has application data alone: the hash of the
 * server's certificate (RFC 5929 section 4).
 */
export function channelBindings(endPointHash: Uint8Array): Buffer {
  const data = Buffer.concat([Buffer.from('tls-server-end-point:', 'latin1'), endPointHash]);
  // Types and lengths of the addresses of both sides, then the length of the data.
  const head = Buffer.alloc(20);
  head.writeUInt32LE(data.length, 16);
  return createHash('md5').update(head).update(data).digest();
}

/** What a client sends that binds to no channel. */
export const NO_BINDINGS: Buffer = Buffer.alloc(16);
