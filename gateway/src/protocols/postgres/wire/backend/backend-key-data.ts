import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { readSecretKey, writeSecretKey } from '../secret-key.ts';
import { BackendType } from './backend-type.ts';

/** What a client needs to cancel a query of this session from another connection. */
export interface BackendKeyData {
  /** Signed, as the protocol's Int32. */
  readonly processId: number;
  /** View of the message; 4 bytes in protocol 3.0, 4 to 256 from 3.2 on. */
  readonly secretKey: Buffer;
}

const FORM = { name: 'BackendKeyData', type: BackendType.BackendKeyData, source: 'upstream' } as const;

/** Reads a BackendKeyData (protocol-message-formats, BackendKeyData). Throws WireError. */
export function decodeBackendKeyData(bytes: Buffer, start: number, end: number): BackendKeyData {
  const reader = openMessage(bytes, { start, end }, FORM);
  const processId = reader.int32();
  const secretKey = readSecretKey(reader);
  return { processId, secretKey };
}

/** Writes a BackendKeyData. A 3.0 client expects exactly 4 bytes of key. */
export function encodeBackendKeyData(processId: number, secretKey: Uint8Array): Buffer {
  const writer = new MessageWriter(FORM.type).int32(processId);
  writeSecretKey(writer, secretKey);
  return writer.finish();
}
