/** What all NTLM messages have: a signature, a type, and fields that point into the rest (MS-NLMP 2.2.1). */
import { malformed } from '../errors.ts';

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');

/** Windows 10, in the form of NTLM revision 15 (MS-NLMP 2.2.2.10): for debugging only, says the specification. */
export const VERSION_BYTES: Buffer = Buffer.from([10, 0, 0x61, 0x4a, 0, 0, 0, 15]);

/** Whether it is a bare message of NTLM, not one within SPNEGO. */
export function isNtlmMessage(bytes: Buffer): boolean {
  return bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE);
}

/** @throws NlaFault where it is no message of this type, or shorter than its fixed part */
export function checkHead(message: Buffer, type: number, fixedBytes: number): void {
  if (!isNtlmMessage(message)) throw malformed('no message of NTLM');
  if (message.length < fixedBytes) throw malformed(`a message of NTLM of ${message.length} bytes`);
  const found = message.readUInt32LE(8);
  if (found !== type) throw malformed(`an NTLM message of type ${found} in place of ${type}`);
}

/** The bytes that the field at this offset points to. @throws NlaFault */
export function readField(message: Buffer, at: number, fixedBytes: number): Buffer {
  const length = message.readUInt16LE(at);
  const start = message.readUInt32LE(at + 4);
  // Some clients leave the offset of an empty field unset.
  if (length === 0) return Buffer.alloc(0);
  if (start < fixedBytes || start + length > message.length)
    throw malformed('a field of NTLM that points out of its message');
  return message.subarray(start, start + length);
}

/** The head of a message, zero behind its type. */
export function newHead(type: number, fixedBytes: number): Buffer {
  const head = Buffer.alloc(fixedBytes);
  SIGNATURE.copy(head);
  head.writeUInt32LE(type, 8);
  return head;
}

/** Puts the values behind the head, and points the fields at these offsets to them. */
export function withFields(head: Buffer, fields: readonly (readonly [at: number, value: Buffer])[]): Buffer {
  let start = head.length;
  for (const [at, value] of fields) {
    head.writeUInt16LE(value.length, at);
    head.writeUInt16LE(value.length, at + 2);
    head.writeUInt32LE(start, at + 4);
    start += value.length;
  }
  return Buffer.concat([head, ...fields.map(([, value]) => value)]);
}
