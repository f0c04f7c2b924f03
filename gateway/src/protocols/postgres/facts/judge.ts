/** From a message's text to a verdict: facts of the SQL in this session's state, then the policy's decision. */
import { denyUnfulfilled } from '../../../enforcement/deny-unfulfilled.ts';
import type { Execution, Gate, Verdict } from '../../../enforcement/gate.ts';
import type { AccessRequest } from '../../../model/access-request.ts';
import type { ApprovalWait } from '../../../model/approval.ts';
import type { Clock } from '../../../model/clock.ts';
import type { PolicyVersion } from '../../../model/decision.ts';
import type { MaskObligation, Obligation } from '../../../model/obligation.ts';
import type { Principal } from '../../../model/principal.ts';
import type { Resource } from '../../../model/resource.ts';
import { serverProtocolError } from '../errors.ts';
import type { Previewer } from '../previews.ts';
import type { SessionNames } from '../relay/effects.ts';
import type { Lookup } from '../relay/names.ts';
import { encodeParse, type Parse } from '../wire/frontend/parse.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import { canonicalApplicationName } from './application-name.ts';
import {
  type AskingSession,
  approvalAsk,
  askedText,
  meaningOf,
  type StatementValues,
} from './approval-ask.ts';
import type { RecordedForm } from './recorded-form.ts';
import type { RecordedForms } from './recorded-forms.ts';
import { RowFilters } from './row-filters.ts';
import type { SessionState } from './session-state.ts';
import { readsCursor, Statement } from './statement.ts';
import type { StatementReader } from './statement-reader.ts';

/** Who asks and where: fixed for a session. */
export interface SessionSubject {
  readonly id: string;
  readonly principal: Principal;
  readonly resource: Resource;
  readonly account: string;
  readonly sourceAddress: string;
  readonly hints: Readonly<Record<string, string>>;
}

/** The gateway's own form of a statement, sent in place of the client's (P2). */
export interface CanonicalForm {
  readonly query: { readonly bytes: Buffer; readonly start: number; readonly end: number };
  parse(parse: Parse): { readonly bytes: Buffer; readonly start: number; readonly end: number };
}

/** What judging knows of the database, and how it comes to know it anew. */
export interface LiveKnowledge {
  /** False: nothing may be judged before it is renewed. */
  readonly isCurrent: boolean;
  /** Whether a name that is not known may be known to the server by now. */
  readonly mayKnowMore: boolean;
  /** Never rejects. */
  renew(): Promise<void>;
  /** The structure of the database was changed. */
  forget(): void;
}

/** Judges the statements of one session. */
export class Judge {
  readonly #gate: Gate;
  readonly #clock: Clock;
  readonly #subject: SessionSubject;
  readonly #database: string;
  readonly #state: SessionState;
  readonly #reader: StatementReader;
  readonly #names: SessionNames;
  readonly #forms: RecordedForms | undefined;
  readonly #preview: Previewer | undefined;
  readonly #live: LiveKnowledge | undefined;
  readonly #filters: RowFilters;
  #hasChangedStructure = false;
  #maskPolicy: PolicyVersion | undefined;
  /** Decisions of this session, and how many of them were denials. */
  decided = 0;
  refused = 0;

  constructor(
    subject: SessionSubject,
    services: {
      readonly gate: Gate;
      readonly clock: Clock;
      readonly state: SessionState;
      readonly reader: StatementReader;
      readonly names: SessionNames;
      /** Database of the session on the server. */
      readonly database: string;
      /** Absent: statements are recorded as they are. */
      readonly forms?: RecordedForms | undefined;
      /** Absent: approvers are not told how many rows a statement would change. */
      readonly preview?: Previewer | undefined;
      /** Absent: what is known stays as it is. */
      readonly live?: LiveKnowledge | undefined;
    },
  ) {
    this.#subject = subject;
    this.#database = services.database;
    this.#gate = services.gate;
    this.#clock = services.clock;
    this.#state = services.state;
    this.#reader = services.reader;
    this.#names = services.names;
    this.#forms = services.forms;
    this.#preview = services.preview;
    this.#live = services.live;
    this.#filters = new RowFilters(subject.principal, services.reader, services.state);
  }

  /** What is known of the database is young enough to judge by; if not, {@link renew} it first (P3). */
  get isCurrent(): boolean {
    return this.#live?.isCurrent ?? true;
  }

  /** Nothing but what the server tells now could make more of the statement. */
  knows(statement: Statement): boolean {
    return !statement.namesUnknown || this.#live?.mayKnowMore !== true;
  }

  /** Asks the server anew for what is known of the database. */
  async renew(): Promise<void> {
    await this.#live?.renew();
  }

  /** The server is idle, outside of transactions: what was changed before holds for everybody now. */
  noteIdle(): void {
    if (!this.#hasChangedStructure) return;
    this.#hasChangedStructure = false;
    this.#live?.forget();
  }

  /** A statement is about to be sent that may change the structure of the database. */
  noteStructureChange(): void {
    this.#hasChangedStructure = true;
  }

  /** Parses a text in the session's present state. Never throws on any text. */
  read(text: string): Statement {
    return this.#reader.read(text, this.#state, this.#names);
  }

  /** A statement that was read before, as the server would understand it now. */
  refresh(statement: Statement): Statement {
    return this.#reader.refresh(statement, this.#state, this.#names);
  }

  /** The facts of a FunctionCall message, which names its function by oid only. */
  readFunctionCall(oid: number): Statement {
    return functionCallStatement(oid);
  }

  access(statement: Statement): AccessRequest {
    const { principal, resource, account, id, sourceAddress, hints } = this.#subject;
    return {
      principal,
      resource,
      account,
      facts: statement.facts,
      context: { nowMs: this.#clock.nowMs(), sessionId: id, sourceAddress, hints },
    };
  }

  /** @param text what the client asks, unless it is no statement at all: a run that repeats what is denied is noticed */
  decide(access: AccessRequest, text?: string, isCounted = false): Verdict {
    const verdict = this.#gate.decide(access, text, isCounted);
    this.decided += 1;
    if (verdict.decision.effect === 'deny') this.refused += 1;
    return verdict;
  }

  /**
   * Keeps a permitted statement within its row filters: the statement with what is sent in its place, or a denial.
   * @param isKept the server has it already: what was sent then has to be what were sent now (P8)
   */
  filter(
    statement: Statement,
    judged: { readonly access: AccessRequest; readonly verdict: Verdict; readonly isKept: boolean },
  ): { readonly statement: Statement; readonly verdict: Verdict } {
    const { access, verdict, isKept } = judged;
    const { decision } = verdict;
    if (decision.effect === 'deny') return { statement, verdict };
    const filtered = this.#filters.of(statement, decision.obligations);
    const refusal =
      filtered !== undefined && 'reason' in filtered
        ? filtered
        : (isKept && filtered?.text !== statement.sentAs?.text) ||
            !this.#runsFiltered(statement, decision.obligations)
          ? {
              rule: decision.obligations.find(({ kind }) => kind === 'filter')?.rule ?? '',
              reason: PREPARED_OTHERWISE,
            }
          : undefined;
    if (refusal === undefined) {
      return {
        statement:
          filtered === undefined || 'reason' in filtered ? statement : statement.withSentAs(filtered),
        verdict,
      };
    }
    this.refused += 1;
    return { statement, verdict: { ...verdict, decision: denyUnfulfilled(decision, access, refusal) } };
  }

  /** What it runs or reads by a name was sent within the filters of now. */
  #runsFiltered(statement: Statement, obligations: readonly Obligation[]): boolean {
    if (!statement.usesNames || obligations.every(({ kind }) => kind !== 'filter')) return true;
    return statement.infos.every((info) => {
      const name = info.execute?.name ?? (readsCursor(info) ? (info.cursor?.name ?? '') : undefined);
      if (name === undefined) return true;
      const kept =
        info.execute === undefined ? this.#cursor(name) : found(this.#names.statements.find(name, -1));
      if (kept === undefined) return false;
      const filtered = this.#filters.of(this.refresh(kept), obligations);
      return (filtered === undefined || !('reason' in filtered)) && filtered?.text === kept.sentAs?.text;
    });
  }

  #cursor(name: string): Statement | undefined {
    const { portals, cursors } = this.#names;
    return (found(portals.find(name, -1)) ?? cursors.get(name))?.statement;
  }

  /** The text that is sent in place of the client's, as it is recorded (P5); `undefined`: none is. */
  sentForm(statement: Statement): string | undefined {
    const { sentAs } = statement;
    if (sentAs === undefined) return undefined;
    return this.formOf(this.read(sentAs.text))?.text ?? sentAs.text;
  }

  /** The verdict to go on with before the statement is carried out; a promise where people are asked. */
  fulfil(
    judged: { readonly statement: Statement; readonly access: AccessRequest; readonly verdict: Verdict },
    values: StatementValues,
    wait: ApprovalWait,
  ): Verdict | Promise<Verdict> {
    const { statement, access, verdict } = judged;
    const session = this.#asking;
    return this.#gate.fulfil({
      access,
      current: () => this.access(statement),
      verdict,
      wait,
      asked: () => askedText(meaningOf(statement, session), values),
      ask: () => approvalAsk(statement, values, session),
      preview: this.#previewOf(statement, values),
    });
  }

  #previewOf(statement: Statement, values: StatementValues): Execution['preview'] {
    const preview = this.#preview;
    if (preview === undefined) return undefined;
    return (permit) => preview(permit, statement, values, this.#state.settings);
  }

  /** What the statement means now, beside its values: equal texts mean the same where it is equal. */
  meaning(statement: Statement): string {
    return meaningOf(statement, this.#asking);
  }

  get #asking(): AskingSession {
    return {
      subject: this.#subject,
      database: this.#database,
      state: this.#state,
      names: this.#names,
      formOf: (statement) => this.formOf(statement),
    };
  }

  /**
   * Tells of the masks that the policy of now has for this session; at the first call, and when there is another policy.
   * What a statement writes, and what went wrong with it, is told in words that may repeat any of its columns.
   */
  followMasks(access: AccessRequest, tell: (masks: readonly MaskObligation[]) => void): void {
    const next = this.#gate.masksFor(access, this.#maskPolicy);
    if (next === undefined) return;
    this.#maskPolicy = next.policy;
    this.#forms?.follow(next.masks);
    if (next.masks.length > 0) tell(next.masks);
  }

  /** How the statement is recorded under the masks of now; `undefined`: as it is (P5). */
  formOf(statement: Statement): RecordedForm | undefined {
    return this.#forms?.of(statement);
  }

  /** Counts a refusal that came after the decision. */
  noteRefusal(): void {
    this.refused += 1;
  }

  /**
   * What is sent instead of the statement, if anything: it within its row filters; `SET application_name` keeps the session id in front, so that
   * a DBA can name the agent behind a query whatever the client calls itself.
   */
  canonical(statement: Statement): CanonicalForm | undefined {
    const text = statement.sentAs?.text ?? canonicalApplicationName(statement, this.#subject.id);
    if (text === undefined) return undefined;
    return {
      query: whole(encodeQuery(text)),
      parse: (parse) => whole(encodeParse({ ...parse, text })),
    };
  }

  /** Takes in what a statement, about to be sent, may change in the session's state. */
  noteStateChange(statement: Statement): void {
    this.#state.note(statement.infos);
  }

  /**
   * Takes in a ParameterStatus of the server.
   * @throws PostgresError when the server left a setting that judging relies on (P3).
   */
  noteParameter(name: string, value: string): void {
    if (name === 'search_path') this.#state.noteReportedPath(value);
    if (name === 'client_encoding' && value !== 'UTF8') {
      throw serverProtocolError('the server left client_encoding UTF8');
    }
    if (name === 'standard_conforming_strings' && value !== 'on') {
      throw serverProtocolError('the server left standard_conforming_strings on');
    }
  }
}

const PREPARED_OTHERWISE =
  'it was prepared or declared under other row filters, or in the same message: prepare it anew, in a message of its own';

function found<Entry>(lookup: Lookup<Entry>): Entry | undefined {
  return typeof lookup === 'object' ? lookup.found : undefined;
}

function whole(bytes: Buffer): { bytes: Buffer; start: number; end: number } {
  return { bytes, start: 0, end: bytes.length };
}

function functionCallStatement(oid: number): Statement {
  const name = `oid ${oid}`;
  return new Statement(
    `FunctionCall ${name}`,
    {
      family: 'sql',
      action: 'query',
      statements: [
        {
          summary: `FUNCTION CALL of ${name}`,
          atoms: [
            {
              label: `FUNCTION CALL of ${name} (the fast-path protocol message)`,
              values: { kinds: ['FUNCTION CALL'], classes: ['code'], functions: ['*'] },
            },
          ],
          attributes: { kind: 'FUNCTION CALL', class: 'code' },
          fields: [{ names: ['*'], as: 'carried', by: { dimension: 'functions', names: ['*'] } }],
          opaque: [],
        },
      ],
    },
    [],
  );
}
