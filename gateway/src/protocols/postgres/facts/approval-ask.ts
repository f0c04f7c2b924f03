/** What an approval of a statement is bound to, and what its approvers see (design: Denial and approval contract). */
import type {
  ApprovalBinding,
  ApprovalView,
  BoundParameter,
  ViewedParameter,
} from '../../../model/approval.ts';
import type { SessionNames } from '../relay/effects.ts';
import { type Format, formatAt } from '../wire/format-codes.ts';
import type { SessionSubject } from './judge.ts';
import type { SessionState } from './session-state.ts';
import { readsCursor, type Statement } from './statement.ts';

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
}

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
  const text = resolvedText(statement, session.names);
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
      text,
      parameters: parameters.values.map((value, index) => bound(value, index, statement, parameters.formats)),
      settings: { ...state.settings, 'search_path candidates': state.readKey },
      objects: [],
    },
    view: {
      summary: statement.summary,
      text,
      parameters: parameters.values.map((value, index) =>
        viewed(value, index, statement, parameters.formats),
      ),
    },
  };
}

/** Names of prepared statements and cursors are put beside what they stand for now. */
function resolvedText(statement: Statement, names: SessionNames): string {
  const bodies = statement.infos.flatMap((info) => {
    const prepared = info.execute === undefined ? undefined : names.statements.get(info.execute.name);
    const cursor = readsCursor(info) ? names.cursors.get(info.cursor?.name ?? '') : undefined;
    return [prepared, cursor].filter((one) => one !== undefined).map((one) => one.text);
  });
  return bodies.length === 0
    ? statement.text
    : `${statement.text}\n-- which stands for:\n${bodies.join('\n')}`;
}

function bound(
  value: Buffer | undefined,
  index: number,
  statement: Statement,
  formats: readonly Format[],
): BoundParameter {
  return { type: typeOf(index, statement, formats), value: value ?? null };
}

function viewed(
  value: Buffer | undefined,
  index: number,
  statement: Statement,
  formats: readonly Format[],
): ViewedParameter {
  const type = typeOf(index, statement, formats);
  if (value === undefined) return { type, value: null, sensitive: false };
  const encoding = formatAt(formats, index) === 'binary' ? 'hex' : 'utf8';
  const shown = value.toString(encoding, 0, SHOWN_BYTES);
  return { type, value: value.length > SHOWN_BYTES ? `${shown}…` : shown, sensitive: false };
}

/** Type and format: together they say what the bytes mean. 0 is a type that the server infers from the text. */
function typeOf(index: number, statement: Statement, formats: readonly Format[]): string {
  return `${statement.parameterTypes[index] ?? 0} ${formatAt(formats, index)}`;
}
