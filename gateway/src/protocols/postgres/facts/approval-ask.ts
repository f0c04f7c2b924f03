/** What an approval of a statement is bound to, and what its approvers see (design: Denial and approval contract). */
import { hash } from 'node:crypto';
import type {
  ApprovalBinding,
  ApprovalView,
  BoundParameter,
  ViewedParameter,
} from '../../../model/approval.ts';
import type { SessionNames } from '../relay/effects.ts';
import { type Format, formatAt } from '../wire/format-codes.ts';
import type { SessionSubject } from './judge.ts';
import type { RecordedForm } from './recorded-form.ts';
import type { SessionState } from './session-state.ts';
import { readsCursor, type Statement } from './statement.ts';
import { effectsOf } from './statement-effects.ts';

/** Values of a statement's parameters as the client sent them. */
export interface StatementValues {
  /** undefined is SQL NULL. */
  readonly values: readonly (Buffer | undefined)[];
  readonly formats: readonly Format[];
}

/** Where and by whom it is asked. */
export interface AskingSession {
  readonly subject: SessionSubject;
  readonly database: string;
  readonly state: SessionState;
  readonly names: SessionNames;
  /** How statements are recorded; `undefined`: as they are. */
  readonly formOf: FormOf;
}

type FormOf = (statement: Statement) => RecordedForm | undefined;

/** What an approval is bound to is the statement as it is. */
const AS_IT_IS: FormOf = () => undefined;

/** Longest value that approvers are shown, in bytes. */
const SHOWN_BYTES = 1024;

/** Binds the statement with its values; a value sent in another format is another value. */
export function approvalAsk(
  statement: Statement,
  parameters: StatementValues,
  session: AskingSession,
): { readonly binding: ApprovalBinding; readonly view: ApprovalView } {
  const { subject, database, state } = session;
  const { principal, resource, account } = subject;
  const form = session.formOf(statement);
  return {
    binding: {
      issuer: principal.issuer,
      subject: principal.subject,
      agent: principal.agent,
      delegation: principal.delegation,
      run: principal.run,
      resource: resource.name,
      protocol: resource.protocol,
      account,
      target: database,
      text: resolvedText(statement, session.names, AS_IT_IS),
      parameters: parameters.values.map((value, index) => bound(value, index, statement, parameters.formats)),
      settings: settingsOf(state),
      objects: [],
    },
    view: {
      summary: statement.summary,
      effects: effectsOf(statement.facts),
      text: resolvedText(statement, session.names, session.formOf),
      parameters: parameters.values.map((value, index) =>
        viewed(value, typeOf(index, statement, parameters.formats), form?.hides(index) === true),
      ),
    },
  };
}

/** What a statement means now, beside its values: what it stands for, and all settings. */
export function meaningOf(statement: Statement, { state, names }: AskingSession): string {
  return JSON.stringify([resolvedText(statement, names, AS_IT_IS), settingsOf(state)]);
}

/** Digest of what a statement means, with its values: equal where the same is asked again. */
export function askedText(meaning: string, { values, formats }: StatementValues): string {
  const sent = values.map((value, index) => [formatAt(formats, index), value?.toString('base64') ?? null]);
  return hash('sha256', JSON.stringify([meaning, sent]), 'base64');
}

function settingsOf(state: SessionState): Readonly<Record<string, string>> {
  return { ...state.settings, 'search_path candidates': state.readKey };
}

/** Names of prepared statements, cursors and portals are put beside what they stand for now. */
function resolvedText(statement: Statement, names: SessionNames, formOf: FormOf): string {
  const bodies = statement.infos.flatMap((info) => {
    const prepared = info.execute === undefined ? undefined : names.statements.get(info.execute.name);
    const read = readsCursor(info) ? readOf(info.cursor?.name ?? '', names, formOf) : [];
    return prepared === undefined ? read : [textOf(prepared, formOf), ...read];
  });
  const text = textOf(statement, formOf);
  return bodies.length === 0 ? text : `${text}\n-- which stands for:\n${bodies.join('\n')}`;
}

/** What FETCH reads: a portal and a cursor of one name cannot be at once, and the portal is the newer. */
function readOf(name: string, names: SessionNames, formOf: FormOf): readonly string[] {
  const portal = names.portals.get(name);
  if (portal === undefined) {
    const cursor = names.cursors.get(name);
    return [cursor === undefined ? '' : textOf(cursor.statement, formOf)];
  }
  const { statement } = portal;
  const form = formOf(statement);
  const values = (portal.values?.values ?? []).map((value, index) => {
    if (value === undefined) return 'null';
    return form?.hides(index) === true ? form.digest(value) : value.toString('hex');
  });
  return [textOf(statement, formOf), ...values.map((value, index) => `-- $${index + 1} = ${value}`)];
}

/** The text with digests in the place of what meets masked columns. */
function textOf(statement: Statement, formOf: FormOf): string {
  const { text } = statement;
  const form = formOf(statement);
  if (form === undefined) return text;
  return form.isCut ? `${form.text}… (${text.length} characters, of which not all are shown)` : form.text;
}

function bound(
  value: Buffer | undefined,
  index: number,
  statement: Statement,
  formats: readonly Format[],
): BoundParameter {
  return { type: typeOf(index, statement, formats), value: value ?? null };
}

function viewed(value: Buffer | undefined, type: string, isSensitive: boolean): ViewedParameter {
  if (value === undefined || isSensitive) return { type, value: null, sensitive: isSensitive };
  const encoding = type.endsWith(' binary') ? 'hex' : 'utf8';
  const shown = value.toString(encoding, 0, SHOWN_BYTES);
  return { type, value: value.length > SHOWN_BYTES ? `${shown}…` : shown, sensitive: false };
}

/** Type and format: together they say what the bytes mean. 0 is a type that the server infers from the text. */
function typeOf(index: number, statement: Statement, formats: readonly Format[]): string {
  return `${statement.parameterTypes[index] ?? 0} ${formatAt(formats, index)}`;
}
