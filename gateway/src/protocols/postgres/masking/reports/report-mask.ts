/**
 * Errors, notices, notifications and reported settings under masks. What the server says in words may repeat values of
 * rows (`Key (email)=(x) already exists`), so that with masks on columns only known forms of its messages pass.
 */
import {
  decodeErrorResponse,
  decodeNoticeResponse,
  encodeReportFields,
} from '../../wire/backend/error-response.ts';
import {
  decodeNotificationResponse,
  encodeNotificationResponse,
} from '../../wire/backend/notification-response.ts';
import { decodeParameterStatus, encodeParameterStatus } from '../../wire/backend/parameter-status.ts';
import type { MaskTally } from '../mask-tally.ts';
import type { ContentMask, ResponseMask } from '../value-mask.ts';
import { conditionName } from './condition-names.ts';
import { isSafeMessage } from './safe-messages.ts';

/** Letters of fields whose text is of the server's own program: severity, code, positions, place in its source. */
const FIXED_FIELDS: ReadonlySet<string> = new Set(['S', 'V', 'C', 'P', 'p', 'F', 'L', 'R']);
/** Schema, table, column, data type and constraint. */
const NAME_FIELDS: ReadonlySet<string> = new Set(['s', 't', 'c', 'd', 'n']);
/** The function behind RAISE: it fills any field with anything. */
const RAISE = 'exec_stmt_raise';
const WITHHELD = 'the text is withheld, it may repeat masked values';
/** Settings whose values are words of the server. */
const CLOSED_SETTINGS: ReadonlySet<string> = new Set([
  'client_encoding',
  'default_transaction_read_only',
  'in_hot_standby',
  'integer_datetimes',
  'is_superuser',
  'scram_iterations',
  'server_encoding',
  'server_version',
  'standard_conforming_strings',
]);

/** exclusion_violation: its DETAIL holds values of the other row, which the client may not be allowed to see at all. */
const CONFLICT = '23P01';

/** Masks of texts outside of rows, for the masks in force on an exchange or a session. */
export class ReportMask {
  readonly #hasColumns: boolean;
  readonly #contents: readonly ContentMask[];
  readonly #tally: MaskTally;
  readonly #hidesRows: boolean;

  /** @param hidesRows rows are filtered: there are some that the client does not know of */
  constructor(masks: readonly ResponseMask[], tally: MaskTally, hidesRows = false) {
    this.#hidesRows = hidesRows;
    this.#hasColumns = masks.some((mask) => mask.kind !== 'content');
    this.#contents = masks.flatMap((mask) => (mask.kind === 'content' ? [mask.forColumn('')] : []));
    this.#tally = tally;
  }

  /** Nothing to do. */
  get isIdle(): boolean {
    return !this.#hasColumns && !this.#hidesRows && this.#contents.length === 0;
  }

  /** A whole ErrorResponse or NoticeResponse → the one to send. Throws WireError. */
  report(kind: 'error' | 'notice', bytes: Buffer, start: number, end: number): Buffer {
    const decode = kind === 'error' ? decodeErrorResponse : decodeNoticeResponse;
    return encodeReportFields(kind, this.reportFields(decode(bytes, start, end).fields));
  }

  /** The fields of a report by letter → those to send; severity, SQLSTATE and position always stay. */
  reportFields(fields: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    const masked = new Map<string, string>();
    for (const [letter, text] of fields) {
      const kept = this.#field(letter, text, fields);
      if (kept !== text) this.#tally.texts += 1;
      if (kept !== undefined) masked.set(letter, kept);
    }
    return masked;
  }

  /** A whole NotificationResponse → the one to send. Throws WireError. */
  notification(bytes: Buffer, start: number, end: number): Buffer {
    const { processId, channel, payload } = decodeNotificationResponse(bytes, start, end);
    const isWithheld = this.#hasColumns && payload !== '';
    const kept = isWithheld ? '' : (this.#scan(payload) ?? '');
    if (kept !== payload) this.#tally.texts += 1;
    return encodeNotificationResponse({ processId, channel, payload: kept });
  }

  /** A whole ParameterStatus → the one to send. Throws WireError. */
  parameterStatus(bytes: Buffer, start: number, end: number): Buffer {
    const { name, value } = decodeParameterStatus(bytes, start, end);
    const kept = CLOSED_SETTINGS.has(name) ? value : (this.#scan(value) ?? '');
    if (kept !== value) this.#tally.texts += 1;
    return encodeParameterStatus(name, kept);
  }

  #field(letter: string, text: string, fields: ReadonlyMap<string, string>): string | undefined {
    if (FIXED_FIELDS.has(letter)) return text;
    if (letter === 'D' && fields.get('C') === CONFLICT) return undefined;
    if (!this.#hasColumns) return this.#scan(text);
    // Words that come out of a function, a trigger or COPY are the database's, and may be anything.
    const isForeign = fields.get('R') === RAISE || fields.has('W');
    if (NAME_FIELDS.has(letter)) return fields.get('R') === RAISE ? undefined : this.#scan(text);
    if (letter !== 'M') return undefined;
    const code = fields.get('C') ?? '';
    if (!isForeign && isSafeMessage(code, text)) return this.#scan(text);
    return `${conditionName(code)} (${WITHHELD})`;
  }

  #scan(value: string): string | undefined {
    let text: string | undefined = value;
    for (const content of this.#contents) {
      if (text === undefined) return undefined;
      text = content.replace(text, this.#tally.found);
    }
    return text;
  }
}
