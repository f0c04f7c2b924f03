/** A recorded request or response, taken apart into its head and its body. Never throws: the bytes may be hostile. */

/** The head, and the bytes behind it. */
export interface RecordedMessage {
  /** Request line or status line. */
  readonly start: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const MAX_HEAD_BYTES = 128 * 1024;

/** Length of the head, with its end; 0 where there is none. */
export function headBytesOf(bytes: Buffer): number {
  const end = bytes.subarray(0, MAX_HEAD_BYTES).indexOf(HEAD_END);
  return end === -1 ? 0 : end + HEAD_END.length;
}

/** Takes a message apart; undefined where it does not begin with a head. */
export function readMessage(bytes: Buffer): RecordedMessage | undefined {
  const length = headBytesOf(bytes);
  if (length === 0) return undefined;
  const [start = '', ...lines] = bytes.toString('latin1', 0, length - HEAD_END.length).split('\r\n');
  if (!/HTTP\/\d/.test(start)) return undefined;
  const fields = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return colon === -1 ? ['', line] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { start, fields, body: bytes.subarray(length) };
}

/** The first value of a field; undefined where there is none. */
export function fieldOf({ fields }: Pick<RecordedMessage, 'fields'>, name: string): string | undefined {
  return fields.find(([found]) => found.toLowerCase() === name)?.[1];
}
