/** Messages of a WebSocket, as the tools of browsers have them in archives (`_webSocketMessages`). */
import type { RecordedDirection } from '../../../../model/recorded-exchange.ts';
import { WebSocketReader } from '../../wire/websocket/frame-reader.ts';

/** One message. */
export interface HarMessage {
  readonly type: 'send' | 'receive';
  /** Seconds since 1970. */
  readonly time: number;
  /** 1: text, 2: binary, then in base64. */
  readonly opcode: 1 | 2;
  readonly data: string;
  readonly [more: string]: string | number;
}

/** What was read, and why not all. */
export interface ReadMessages {
  readonly messages: readonly HarMessage[];
  readonly missing?: string;
}

const MOST_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Reads recorded frames behind the first `skipped` bytes. A message is there when all of it is on record. */
export function readMessages(
  { pieces, isCut }: RecordedDirection,
  of: { readonly type: HarMessage['type']; readonly openedMs: number; readonly skipped: number },
): ReadMessages {
  // Recorded frames are those of a server: without a masking key, in both directions.
  const reader = new WebSocketReader({ source: 'upstream', maxMessageBytes: MOST_MESSAGE_BYTES });
  const messages: HarMessage[] = [];
  let chunks: Buffer[] = [];
  let left = of.skipped;
  try {
    for (const { ms, bytes } of pieces) {
      const from = Math.min(left, bytes.length);
      left -= from;
      reader.push(bytes.subarray(from));
      for (let part = reader.next(); part !== undefined; part = reader.next()) {
        if (part.kind !== 'data') continue;
        chunks.push(part.bytes.subarray(part.start, part.end));
        if (!part.last) continue;
        const data = Buffer.concat(chunks);
        chunks = [];
        const time = (of.openedMs + ms) / 1000;
        messages.push({
          type: of.type,
          time,
          opcode: part.isText ? 1 : 2,
          data: data.toString(part.isText ? 'utf8' : 'base64'),
        });
      }
    }
  } catch {
    return { messages, missing: 'messages of the WebSocket cannot be read further' };
  }
  const isWhole = !isCut && !reader.isMidMessage;
  return isWhole ? { messages } : { messages, missing: 'the last message of the WebSocket is not whole' };
}
