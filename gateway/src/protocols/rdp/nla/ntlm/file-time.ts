/** Times of Windows: steps of 100 ns since the year 1601, as 8 bytes (MS-DTYP 2.3.3). */

const UNIX_EPOCH = 116_444_736_000_000_000n;

/** @param epochMs milliseconds since 1970 */
export function fileTime(epochMs: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(Math.trunc(epochMs)) * 10_000n + UNIX_EPOCH);
  return bytes;
}
