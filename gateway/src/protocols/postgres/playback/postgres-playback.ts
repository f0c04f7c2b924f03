/** Reads recorded backend messages, and the COPY data that a client sent. Pure and bounded; never throws. */
import type { Playback, PlaybackItem, PlaybackLimits } from '../../../model/playback.ts';
import type { RecordedBytes } from '../../../model/recording.ts';
import { BackendType } from '../wire/backend/backend-type.ts';
import { decodeCommandComplete } from '../wire/backend/command-complete.ts';
import { decodeErrorResponse, decodeNoticeResponse, type Report } from '../wire/backend/error-response.ts';
import { decodeNotificationResponse } from '../wire/backend/notification-response.ts';
import { decodeParameterStatus } from '../wire/backend/parameter-status.ts';
import { decodeRowDescription } from '../wire/backend/row-description.ts';
import { WireError } from '../wire/errors.ts';
import { type Frame, FrameSplitter, HEADER_BYTES } from '../wire/frame-splitter.ts';
import { type CellForm, rowCells } from './row-cells.ts';
import { typeName, valueText } from './value-text.ts';

/** Longest message that is read whole. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Of row and COPY data that are longer, at least so much is kept to be shown. */
const KEPT_BYTES = 256 * 1024;
const DEFAULT_LIMITS: PlaybackLimits = { valueCharacters: 10_000 };

const COPY_DATA = BackendType.CopyData;
const NAMES = new Map<number, string>(Object.entries(BackendType).map(([name, type]) => [type, name]));

/** Playback of one exchange. */
export class PostgresPlayback implements Playback {
  readonly #streams: Readonly<Record<RecordedBytes, Stream>>;
  readonly #most: number;
  #forms: readonly CellForm[] = [];

  constructor({ valueCharacters }: PlaybackLimits = DEFAULT_LIMITS) {
    this.#most = valueCharacters;
    const kept = Math.max(KEPT_BYTES, valueCharacters);
    this.#streams = {
      response: new Stream('response', kept),
      request: new Stream('request', kept),
      context: new Stream('context', kept),
      key: new Stream('key', kept),
      whole: new Stream('whole', kept),
    };
  }

  take(bytes: Buffer, kind: RecordedBytes): readonly PlaybackItem[] {
    const items: PlaybackItem[] = [];
    this.#streams[kind].take(bytes, (message, isCut) => {
      const item = this.#read(message, kind, isCut);
      if (item !== undefined) items.push(item);
    });
    const { unreadable } = this.#streams[kind];
    if (unreadable !== undefined) items.push({ kind: 'unreadable', reason: unreadable });
    return items;
  }

  #read(message: Buffer, kind: RecordedBytes, isCut: boolean): PlaybackItem | undefined {
    const type = message[0] ?? 0;
    if (kind === 'request') {
      return type === COPY_DATA ? this.#copyText(message, 'client') : undefined;
    }
    const end = message.length;
    switch (type) {
      case BackendType.RowDescription: {
        const { fields } = decodeRowDescription(message, 0, end);
        this.#forms = fields.map(({ typeOid, format }) => ({ typeOid, format }));
        return {
          kind: 'columns',
          columns: fields.map(({ name, typeOid }) => ({ name, type: typeName(typeOid) })),
        };
      }
      case BackendType.DataRow: {
        const row = rowCells(message, this.#forms, this.#most);
        if (row === undefined) return { kind: 'other', name: 'a malformed DataRow' };
        return { kind: 'row', cells: row.cells, isCut: row.isCut || isCut };
      }
      case BackendType.CopyData:
        return this.#copyText(message, 'resource');
      case BackendType.CommandComplete:
        return { kind: 'done', text: decodeCommandComplete(message, 0, end).tag };
      case BackendType.ErrorResponse:
        return reportOf('error', decodeErrorResponse(message, 0, end));
      case BackendType.NoticeResponse:
        return reportOf('notice', decodeNoticeResponse(message, 0, end));
      case BackendType.NotificationResponse: {
        const { channel, payload } = decodeNotificationResponse(message, 0, end);
        return { kind: 'other', name: `notification on ${channel}: ${payload}` };
      }
      case BackendType.ParameterStatus: {
        const { name, value } = decodeParameterStatus(message, 0, end);
        return { kind: 'other', name: `${name} = ${value}` };
      }
      default:
        return { kind: 'other', name: NAMES.get(type) ?? `message type ${type}` };
    }
  }

  #copyText(message: Buffer, from: 'client' | 'resource'): PlaybackItem {
    return { kind: 'text', text: valueText(message.subarray(HEADER_BYTES), 17, 'text', this.#most), from };
  }
}

/** The messages of one direction; of a long one the first part. */
class Stream {
  /** Set once the bytes are no messages; told once. */
  #problem: string | undefined;
  #isTold = false;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isCut = false;
  readonly #kept: number;
  readonly #splitter: FrameSplitter;

  constructor(kind: RecordedBytes, kept: number) {
    this.#kept = kept;
    this.#splitter = new FrameSplitter({
      maxFrameBytes: MAX_MESSAGE_BYTES,
      source: kind === 'request' ? 'downstream' : 'upstream',
      streams: (type) =>
        type === COPY_DATA ||
        (kind !== 'request' && (type === BackendType.DataRow || type === BackendType.FunctionCallResponse)),
    });
  }

  get unreadable(): string | undefined {
    if (this.#isTold) return undefined;
    this.#isTold = this.#problem !== undefined;
    return this.#problem;
  }

  take(bytes: Buffer, read: (message: Buffer, isCut: boolean) => void): void {
    if (this.#problem !== undefined) return;
    try {
      this.#splitter.push(bytes);
      for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) {
        const message = this.#whole(frame);
        if (message !== undefined) read(message, this.#isCut);
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#problem = error.message;
      this.#held = [];
    }
  }

  #whole({ bytes, start, end, first, last }: Frame): Buffer | undefined {
    if (first) this.#isCut = false;
    if (first && last) return bytes.subarray(start, end);
    const room = this.#kept - this.#heldBytes;
    const kept = Math.min(end - start, room);
    // The splitter's chunk is the caller's, who may reuse it.
    if (kept > 0) this.#held.push(Buffer.from(bytes.subarray(start, start + kept)));
    this.#heldBytes += Math.max(0, kept);
    if (kept < end - start) this.#isCut = true;
    if (!last) return undefined;
    const message = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return message;
  }
}

/** Letters of the fields that are shown beside code and message (protocol-error-fields). */
const MORE: Readonly<Record<string, string>> = {
  D: 'detail',
  H: 'hint',
  P: 'position',
  W: 'where',
  s: 'schema',
  t: 'table',
  c: 'column',
  n: 'constraint',
};

function reportOf(severity: 'error' | 'notice', report: Report): PlaybackItem {
  const more = Object.entries(MORE).flatMap(([letter, name]) => {
    const text = report.fields.get(letter);
    return text === undefined ? [] : [[name, text] as const];
  });
  return {
    kind: 'report',
    severity,
    code: report.code ?? '',
    message: report.message ?? '',
    more: Object.fromEntries(more),
  };
}
