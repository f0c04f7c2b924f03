import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

/** `I` idle, `T` in a transaction, `E` in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E';

/** The server is ready for the next query cycle. */
export interface ReadyForQuery {
  readonly status: TransactionStatus;
}

const FORM = { name: 'ReadyForQuery', type: BackendType.ReadyForQuery, source: 'upstream' } as const;
const CODES: Readonly<Record<TransactionStatus, number>> = { I: 0x49, T: 0x54, E: 0x45 };
const STATUSES: ReadonlyMap<number, TransactionStatus> = new Map([
  [CODES.I, 'I'],
  [CODES.T, 'T'],
  [CODES.E, 'E'],
]);

/** Reads a ReadyForQuery (protocol-message-formats, ReadyForQuery). Throws WireError. */
export function decodeReadyForQuery(bytes: Buffer, start: number, end: number): ReadyForQuery {
  const reader = openMessage(bytes, { start, end }, FORM);
  const code = reader.uint8();
  const status = STATUSES.get(code);
  if (status === undefined) throw reader.error('ERR_WIRE_VALUE', `has an unknown status ${code}`);
  reader.finish();
  return { status };
}

/** Writes a ReadyForQuery. */
export function encodeReadyForQuery(status: TransactionStatus): Buffer {
  return new MessageWriter(FORM.type).uint8(CODES[status]).finish();
}
