/** Bytes of a masking key. */
export const MASK_BYTES = 4;

/**
 * Masks or unmasks `bytes[start, end)` in place (RFC 6455 section 5.3).
 *
 * @param key four bytes
 * @param phase place of the first byte in its payload, of which only the last two bits count
 */
export function applyMask(bytes: Buffer, start: number, end: number, key: Buffer, phase: number): void {
  const k0 = key[phase & 3] ?? 0;
  const k1 = key[(phase + 1) & 3] ?? 0;
  const k2 = key[(phase + 2) & 3] ?? 0;
  const k3 = key[(phase + 3) & 3] ?? 0;
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    bytes[at] = (bytes[at] ?? 0) ^ k0;
    bytes[at + 1] = (bytes[at + 1] ?? 0) ^ k1;
    bytes[at + 2] = (bytes[at + 2] ?? 0) ^ k2;
    bytes[at + 3] = (bytes[at + 3] ?? 0) ^ k3;
  }
  for (let index = 0; at < end; at += 1, index += 1) {
    bytes[at] = (bytes[at] ?? 0) ^ (key[(phase + index) & 3] ?? 0);
  }
}
