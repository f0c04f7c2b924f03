/** ErrorResponse and NoticeResponse: the same fields under two types (protocol-error-fields). */
import { type MessageForm, openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

/** What a server reports. */
export interface Report {
  /** The unlocalised severity (V) where it is given, else the localised one (S); undefined if neither is there. */
  readonly severity: string | undefined;
  /** SQLSTATE; undefined where a server leaves it out, which must not end a session (CVE-2026-6666). */
  readonly code: string | undefined;
  /** Primary message; undefined where a server leaves it out. */
  readonly message: string | undefined;
  /**
   * All fields by their letter. Invalid UTF-8 is replaced here, because servers report errors before an encoding is
   * agreed: whoever must not let a value pass writes the fields anew instead of forwarding the bytes.
   */
  readonly fields: ReadonlyMap<string, string>;
}

/** What the gateway reports to a client. A field that is absent is not sent. */
interface ReportFields<Severity extends string> {
  readonly severity: Severity;
  /** SQLSTATE, five digits or capitals; anything else is sent as `XX000` (internal error). */
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Place of the error in the query text, in characters from 1. */
  readonly position?: number;
  /** Where the error arose: call stack of functions, or the like. */
  readonly where?: string;
}

/** What {@link encodeErrorResponse} sends. */
export type ErrorReport = ReportFields<'ERROR' | 'FATAL' | 'PANIC'>;

/** What {@link encodeNoticeResponse} sends. */
export type NoticeReport = ReportFields<'WARNING' | 'NOTICE' | 'DEBUG' | 'INFO' | 'LOG'>;

const ERROR = { name: 'ErrorResponse', type: BackendType.ErrorResponse, source: 'upstream' } as const;
const NOTICE = { name: 'NoticeResponse', type: BackendType.NoticeResponse, source: 'upstream' } as const;
const INTERNAL_ERROR = 'XX000';

/** Reads an ErrorResponse. Throws WireError, also on a field given twice: one of the two would go unjudged. */
export function decodeErrorResponse(bytes: Buffer, start: number, end: number): Report {
  return decodeReport(bytes, { start, end }, ERROR);
}

/** Reads a NoticeResponse. Throws WireError, as {@link decodeErrorResponse} does. */
export function decodeNoticeResponse(bytes: Buffer, start: number, end: number): Report {
  return decodeReport(bytes, { start, end }, NOTICE);
}

/** Writes an ErrorResponse. Never throws on text: NULs are dropped and lone surrogates replaced. */
export function encodeErrorResponse(report: ErrorReport): Buffer {
  return encodeReport(ERROR.type, toFields(report));
}

/** Writes a NoticeResponse, as {@link encodeErrorResponse} does. */
export function encodeNoticeResponse(report: NoticeReport): Buffer {
  return encodeReport(NOTICE.type, toFields(report));
}

/**
 * Writes a report of `kind` from fields by letter, for instance those of a server's error after masking. Field names
 * that are not one ASCII letter are dropped.
 */
export function encodeReportFields(kind: 'error' | 'notice', fields: ReadonlyMap<string, string>): Buffer {
  return encodeReport(kind === 'error' ? ERROR.type : NOTICE.type, fields);
}

function decodeReport(
  bytes: Buffer,
  range: { readonly start: number; readonly end: number },
  form: MessageForm,
): Report {
  const reader = openMessage(bytes, range, form);
  const fields = new Map<string, string>();
  for (let code = reader.uint8(); code !== 0; code = reader.uint8()) {
    const letter = String.fromCharCode(code);
    if (fields.has(letter)) throw reader.error('ERR_WIRE_DUPLICATE', `has field ${code} twice`);
    fields.set(letter, reader.lossyCstring());
  }
  reader.finish();
  return {
    severity: fields.get('V') ?? fields.get('S'),
    code: fields.get('C'),
    message: fields.get('M'),
    fields,
  };
}

function toFields(report: ReportFields<string>): ReadonlyMap<string, string> {
  const code = /^[0-9A-Z]{5}$/.test(report.code) ? report.code : INTERNAL_ERROR;
  const fields = new Map([
    ['S', report.severity],
    ['V', report.severity],
    ['C', code],
    ['M', report.message],
  ]);
  if (report.detail !== undefined) fields.set('D', report.detail);
  if (report.hint !== undefined) fields.set('H', report.hint);
  if (report.position !== undefined) fields.set('P', String(report.position));
  if (report.where !== undefined) fields.set('W', report.where);
  return fields;
}

function encodeReport(type: number, fields: ReadonlyMap<string, string>): Buffer {
  const writer = new MessageWriter(type);
  for (const [letter, text] of fields) {
    if (!/^[A-Za-z]$/.test(letter)) continue;
    writer.raw(letter).cstring(text.replaceAll('\0', '').toWellFormed());
  }
  return writer.uint8(0).finish();
}
