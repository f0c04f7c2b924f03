/** Network addresses in PostgreSQL's binary form (inet_send): family, prefix length, is_cidr, length, bytes. */

const V4 = 2;
const V6 = 3;

/** Text of a binary inet, IPv6 in eight full groups; undefined where it is malformed. */
export function readInet(bytes: Buffer): string | undefined {
  const [family, prefix = 0, , size] = bytes;
  const full = family === V4 ? 4 : family === V6 ? 16 : undefined;
  if (full === undefined || size !== full || bytes.length !== 4 + full || prefix > full * 8) return undefined;
  const suffix = prefix === full * 8 ? '' : `/${prefix}`;
  if (full === 4) return `${bytes.subarray(4).join('.')}${suffix}`;
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(4 + 2 * index).toString(16));
  return `${groups.join(':')}${suffix}`;
}

/** Binary form of dotted IPv4 or of IPv6 in eight groups, without prefix length; undefined for other text. */
export function writeInet(text: string): Buffer | undefined {
  const parts = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) ? text.split('.').map(Number) : undefined;
  if (parts?.every((part) => part <= 255) === true) return Buffer.from([V4, 32, 0, 4, ...parts]);
  if (!/^[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}$/i.test(text)) return undefined;
  const bytes = Buffer.alloc(20);
  bytes.set([V6, 128, 0, 16]);
  text.split(':').forEach((group, index) => bytes.writeUInt16BE(Number.parseInt(group, 16), 4 + 2 * index));
  return bytes;
}

/** Text of a binary macaddr; undefined where its length is another. */
export function readMac(bytes: Buffer): string | undefined {
  return bytes.length === 6 ? (bytes.toString('hex').match(/../g) ?? []).join(':') : undefined;
}

/** Binary form of a macaddr; undefined for other text. */
export function writeMac(text: string): Buffer | undefined {
  return /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text)
    ? Buffer.from(text.replaceAll(':', ''), 'hex')
    : undefined;
}
