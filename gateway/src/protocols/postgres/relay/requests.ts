/**
 * The client's half of a session: each message is judged, its intent put on file, then forwarded or refused.
 * Messages that came together and belong to one statement (Parse, Bind, Execute) are one exchange, with one record.
 * Opens no socket; see `session.ts` for flow control.
 */
import type { MaskObligation } from '../../../model/obligation.ts';
import { clientProtocolError } from '../errors.ts';
import type { StatementValues } from '../facts/approval-ask.ts';
import { bindSettings } from '../facts/bound-settings.ts';
import type { Judge } from '../facts/judge.ts';
import type { Statement } from '../facts/statement.ts';
import { plainError, refusalError, SqlState, syntaxError } from '../refusal.ts';
import type { Frame } from '../wire/frame-splitter.ts';
import { checkBareMessage } from '../wire/frontend/bare-frontend-messages.ts';
import { type Bind, decodeBind } from '../wire/frontend/bind.ts';
import { decodeClose } from '../wire/frontend/close.ts';
import { decodeDescribe } from '../wire/frontend/describe.ts';
import { decodeExecute } from '../wire/frontend/execute.ts';
import { FrontendType } from '../wire/frontend/frontend-type.ts';
import { decodeFunctionCall, type FunctionCall } from '../wire/frontend/function-call.ts';
import { decodeParse, type Parse } from '../wire/frontend/parse.ts';
import { decodeQuery } from '../wire/frontend/query.ts';
import type { Asking } from './asking.ts';
import { Batch } from './batch.ts';
import { CopyIn } from './copy-in.ts';
import { Draft, type Step } from './draft.ts';
import { applyEffect, type Portal, type SessionNames } from './effects.ts';
import { isDistinctName, type Lookup, type NameTable, type Weighty } from './names.ts';
import type { Operation } from './operation.ts';
import type { Pipeline } from './pipeline.ts';
import { recordedParameters } from './recorded-parameters.ts';
import type { Slice, Stage } from './stage.ts';
import { controlMessage, ownDescribePortal, ownFlush } from './upstream-writer.ts';

/** Operations a client may have in flight before it is read no further (P10). */
const MAX_IN_FLIGHT = 1024;

/** What the request side works with. */
export interface RequestServices {
  readonly judge: Judge;
  readonly pipeline: Pipeline;
  readonly stage: Stage;
  readonly names: SessionNames;
  /** Submits the stage and resolves when `condition` holds; rejects when the session ends. */
  readonly waitUntil: (condition: () => boolean) => Promise<void>;
  /** Puts the people's answer in; see `asking.ts`. */
  readonly asking: Asking;
  /** Told of the masks that the policy has for the session. */
  readonly remember: ((masks: readonly MaskObligation[]) => void) | undefined;
  /** What the client gets is put on record. */
  readonly isRecorded: boolean;
}

/** A promise where a message had to wait; most need not, and a promise for each would be dear. */
type Waiting = Promise<void> | undefined;

/**
 * Handles frontend messages one after the other. A handler that had to wait looks again whether the batch failed
 * meanwhile: what follows an error is dropped, not judged.
 */
export class Requests {
  readonly #services: RequestServices;
  readonly #batch: Batch;
  readonly #copyIn: CopyIn;
  #draft: Draft | undefined;
  /** The portal that the current draft's Bind makes. */
  #draftPortal: Portal | undefined;
  #draftPortalName = '';

  constructor(services: RequestServices) {
    this.#services = services;
    this.#batch = new Batch(services.pipeline, services.stage);
    this.#copyIn = new CopyIn(services.pipeline, services.stage);
  }

  /** Takes one message; a promise when it had to wait. */
  take(frame: Frame): Waiting {
    const { pipeline } = this.#services;
    if (!this.#copyIn.isEnding && pipeline.length < MAX_IN_FLIGHT) return this.#take(frame);
    return this.#ready().then(() => this.#take(frame));
  }

  async #ready(): Promise<void> {
    const { pipeline, waitUntil } = this.#services;
    if (pipeline.length >= MAX_IN_FLIGHT) {
      this.#pushOut();
      await waitUntil(() => pipeline.length < MAX_IN_FLIGHT / 2);
    }
    // Whether the same text has another COPY for what comes now, only the server's answer tells.
    await waitUntil(() => !this.#copyIn.isEnding);
  }

  #take(frame: Frame): Waiting {
    // The splitter reuses its frame, and handlers may wait.
    const slice = { bytes: frame.bytes, start: frame.start, end: frame.end };
    if (this.#copyIn.take(frame, slice)) return undefined;
    if (frame.type === FrontendType.Sync) return this.#sync(slice);
    if (this.#batch.isSkipping) return undefined;
    switch (frame.type) {
      case FrontendType.Query:
        return this.#query(slice);
      case FrontendType.Parse:
        return this.#parse(slice);
      case FrontendType.Bind:
        return this.#bind(slice);
      case FrontendType.Execute:
        return this.#execute(slice);
      case FrontendType.Describe:
        return this.#describe(slice);
      case FrontendType.Close:
        return this.#close(slice);
      case FrontendType.Flush:
        checkBareMessage(slice.bytes, slice.start, slice.end);
        return this.#control(slice, undefined);
      case FrontendType.FunctionCall:
        return this.#functionCall(slice);
      default:
        throw clientProtocolError(`message type 0x${frame.type.toString(16)} is not allowed here`);
    }
  }

  /** Ends the current exchange record: what comes later is an exchange of its own. */
  closeDraft(): void {
    this.#draft = undefined;
    this.#draftPortal = undefined;
  }

  #query(slice: Slice): Waiting {
    const { text } = decodeQuery(slice.bytes, slice.start, slice.end);
    return this.#settled(() => this.#read(text, (statement) => this.#queryRead(slice, statement)));
  }

  #queryRead(slice: Slice, statement: Statement): Waiting {
    const draft = this.#open(statement, 'query');
    return this.#fulfilled(draft, NO_VALUES, () => this.#sendQuery(slice, statement, draft));
  }

  #sendQuery(slice: Slice, statement: Statement, draft: Draft): Waiting {
    const { stage, judge } = this.#services;
    if (draft.isDenied) return this.#refuseSimple(draft);
    const operation = this.#statementOperation('query', statement);
    stage.send(draft, judge.canonical(statement)?.query ?? slice, operation);
    this.closeDraft();
    this.#batch.close();
    return statement.copiesIn ? this.#copyAnswer(operation) : undefined;
  }

  #parse(slice: Slice): Waiting {
    const parse = decodeParse(slice.bytes, slice.start, slice.end);
    return this.#settled(() =>
      this.#read(parse.text, (statement) =>
        this.#parseRead(slice, parse, statement.withParameterTypes(parse.parameterTypes)),
      ),
    );
  }

  #parseRead(slice: Slice, parse: Parse, statement: Statement): undefined {
    const { judge, stage, names } = this.#services;
    if (!isDistinctName(parse.statement)) return this.#fail(NAME_TOO_LONG);
    const draft = this.#open(statement, 'parse');
    if (draft.isDenied) return this.#refuseExtended(draft);
    if (names.statements.isFull) return this.#fail(TOO_MANY_STATEMENTS, draft.verdict.id);
    const { statements } = names;
    const proposal = statements.propose(parse.statement, this.#batch.number, statement);
    const operation = this.#batch.operation('parse');
    operation.onDone = () => statements.confirm(proposal);
    operation.onFailed = (skipped) => {
      statements.reject(proposal);
      // PostgreSQL drops the unnamed statement before it looks at the new one.
      if (!skipped && parse.statement === '') statements.delete('');
    };
    stage.send(draft, judge.canonical(statement)?.parse(parse) ?? slice, operation);
    this.#batch.open();
    return undefined;
  }

  #bind(slice: Slice): Waiting {
    const bind = decodeBind(slice.bytes, slice.start, slice.end);
    const { statements } = this.#services.names;
    if (this.#isSettled) {
      // What nearly always happens, without a closure.
      const found = statements.find(bind.statement, this.#batch.number);
      if (found !== 'uncertain') return this.#bindTo(slice, bind, entryOf(found));
    }
    return this.#settled(() =>
      this.#find(statements, bind.statement, (prepared) => this.#bindTo(slice, bind, prepared)),
    );
  }

  #bindTo(slice: Slice, bind: Bind, prepared: Statement | undefined): Waiting {
    const { judge } = this.#services;
    if (!isDistinctName(bind.portal)) return this.#fail(NAME_TOO_LONG);
    if (prepared === undefined) return this.#fail(noSuchStatement(bind.statement));
    const statement = bindSettings(judge.refresh(prepared), bind.parameters);
    const draft = this.#join(statement, 'bind');
    draft.parameters = recordedParameters(bind.parameters, bind.parameterFormats);
    const values = { values: bind.parameters, formats: bind.parameterFormats };
    return this.#fulfilled(draft, values, () => this.#sendBind(slice, bind, statement, draft));
  }

  #sendBind(slice: Slice, bind: Bind, statement: Statement, draft: Draft): undefined {
    const { names, stage } = this.#services;
    if (draft.isDenied) return this.#refuseExtended(draft);
    if (names.portals.isFull) return this.#fail(TOO_MANY_PORTALS, draft.verdict.id);
    const { portals } = names;
    const portal = draft.needsApproval
      ? approvedPortal(statement, bind, draft)
      : { statement, weight: statement.weight };
    const proposal = portals.propose(bind.portal, this.#batch.number, portal);
    const operation = this.#batch.operation('bind');
    operation.onDone = () => {
      portals.confirm(proposal);
      // Portals and SQL's cursors share their names: a cursor of that name is no more.
      names.cursors.delete(bind.portal);
    };
    operation.onFailed = () => portals.reject(proposal);
    stage.send(draft, slice, operation);
    this.#draftPortal = portal;
    this.#draftPortalName = bind.portal;
    this.#batch.open();
    return undefined;
  }

  #execute(slice: Slice): Waiting {
    const { portal: name } = decodeExecute(slice.bytes, slice.start, slice.end);
    const { portals } = this.#services.names;
    if (this.#isSettled) {
      const found = portals.find(name, this.#batch.number);
      if (found !== 'uncertain') return this.#executePortal(slice, name, entryOf(found));
    }
    return this.#settled(() =>
      this.#find(portals, name, (portal) => this.#executePortal(slice, name, portal)),
    );
  }

  #executePortal(slice: Slice, name: string, portal: Portal | undefined): Waiting {
    const { judge } = this.#services;
    if (portal === undefined) return this.#fail(noSuchPortal(name));
    // Utility statements look names up when they are executed, so what they mean may have changed since Bind.
    const statement = judge.refresh(portal.statement);
    // A portal that was bound earlier is decided anew: the policy may have changed since (P8).
    const joins = this.#draftPortal === portal;
    const draft = joins ? this.#join(statement, 'execute') : this.#open(statement, 'execute');
    if (!joins) draft.useGrant(portal.grant);
    return this.#fulfilled(draft, portal.values ?? NO_VALUES, () => this.#sendExecute(slice, name, draft));
  }

  #sendExecute(slice: Slice, portal: string, draft: Draft): Waiting {
    const { stage } = this.#services;
    const { statement } = draft;
    if (draft.isDenied) return this.#refuseExtended(draft);
    if (!draft.isDescribed && this.#needsDescription(draft)) {
      const question = this.#batch.operation('describe');
      question.isOwn = true;
      stage.ask(draft, ownDescribePortal(portal), question);
    }
    const operation = this.#statementOperation('execute', statement);
    stage.send(draft, slice, operation);
    this.closeDraft();
    this.#batch.open();
    return statement.copiesIn ? this.#copyAnswer(operation) : undefined;
  }

  #describe(slice: Slice): undefined {
    const target = decodeDescribe(slice.bytes, slice.start, slice.end);
    if (!isDistinctName(target.name)) return this.#fail(NAME_TOO_LONG);
    const draft = this.#draft;
    const isOwnPortal = target.kind === 'portal' && target.name === this.#draftPortalName;
    if (draft === undefined || this.#draftPortal === undefined || !isOwnPortal)
      return this.#control(slice, this.#batch.operation('describe'));
    // Of the portal that this exchange has made: the answer belongs to it.
    draft.isDescribed = true;
    this.#services.stage.send(draft, slice, this.#batch.operation('describe'));
    return undefined;
  }

  /** Masks go by the description of the rows, and so does whoever replays the recording. */
  #needsDescription(draft: Draft): boolean {
    return draft.mask !== undefined || (this.#services.isRecorded && draft.statement.returnsRows);
  }

  #close(slice: Slice): undefined {
    const target = decodeClose(slice.bytes, slice.start, slice.end);
    if (!isDistinctName(target.name)) return this.#fail(NAME_TOO_LONG);
    const { names } = this.#services;
    const table = target.kind === 'statement' ? names.statements : names.portals;
    const operation = this.#batch.operation('close');
    operation.onDone = () => table.delete(target.name);
    return this.#control(slice, operation);
  }

  #control(slice: Slice, operation: Operation | undefined): undefined {
    this.#services.stage.control(controlMessage(slice.bytes, slice.start, slice.end), operation);
    if (operation !== undefined) this.#batch.open();
    return undefined;
  }

  #sync(slice: Slice): undefined {
    checkBareMessage(slice.bytes, slice.start, slice.end);
    this.closeDraft();
    this.#batch.sync(controlMessage(slice.bytes, slice.start, slice.end));
    return undefined;
  }

  #functionCall(slice: Slice): Waiting {
    const call = decodeFunctionCall(slice.bytes, slice.start, slice.end);
    return this.#settled(() => this.#functionCalled(slice, call));
  }

  #functionCalled(slice: Slice, call: FunctionCall): Waiting {
    const { judge } = this.#services;
    const draft = this.#open(judge.readFunctionCall(call.functionOid), 'function-call');
    draft.parameters = recordedParameters(call.arguments, call.argumentFormats);
    const values = { values: call.arguments, formats: call.argumentFormats };
    return this.#fulfilled(draft, values, () => this.#sendFunctionCall(slice, draft));
  }

  #sendFunctionCall(slice: Slice, draft: Draft): undefined {
    const { stage } = this.#services;
    if (draft.isDenied) return this.#refuseSimple(draft);
    stage.send(draft, slice, this.#batch.operation('function-call'));
    this.closeDraft();
    this.#batch.close();
    return undefined;
  }

  /** Reads a text; waits first for the names it uses, where answers in flight decide what they stand for. */
  #read(text: string, act: (statement: Statement) => Waiting): Waiting {
    const { judge, names } = this.#services;
    const statement = judge.read(text);
    if (!statement.usesNames) return act(statement);
    const isCertain = (): boolean => names.statements.isCertain && names.portals.isCertain;
    return this.#when(isCertain, () => act(judge.read(text)));
  }

  /** Waits until the answer tells whether COPY data may come. */
  #copyAnswer(operation: Operation): Promise<void> {
    const { pipeline, waitUntil } = this.#services;
    return waitUntil(() => pipeline.copyIn === operation || !pipeline.has(operation));
  }

  /** Acts when nothing is in flight that changes what later statements mean. */
  #settled(act: () => Waiting): Waiting {
    return this.#when(() => this.#isSettled, act);
  }

  /** Nothing is in flight that changes what later statements mean. */
  get #isSettled(): boolean {
    return this.#services.pipeline.barriers === 0 && !this.#services.stage.hasBarrier;
  }

  /** Looks a name up; waits for answers in flight where they decide what it stands for. */
  #find<Entry extends Weighty>(
    table: NameTable<Entry>,
    name: string,
    act: (entry: Entry | undefined) => Waiting,
  ): Waiting {
    const found = (): Lookup<Entry> => table.find(name, this.#batch.number);
    return this.#when(
      () => found() !== 'uncertain',
      () => {
        const result = found();
        return act(result === 'uncertain' ? undefined : entryOf(result));
      },
    );
  }

  /** Acts at once if it can, else when it can; not at all if the batch failed meanwhile. */
  #when(isReady: () => boolean, act: () => Waiting): Waiting {
    if (isReady()) return act();
    this.#pushOut();
    return this.#services.waitUntil(isReady).then(() => (this.#batch.isSkipping ? undefined : act()));
  }

  /** Makes the server answer what it has: without Sync or Flush it may keep answers back, and we would wait for ever. */
  #pushOut(): void {
    this.closeDraft();
    if (this.#batch.isOpen) this.#services.stage.control(ownFlush());
  }

  /** Judges a statement as an exchange of its own. */
  #open(statement: Statement, step: Step): Draft {
    const { judge, stage } = this.#services;
    const access = judge.access(statement);
    const asked = statement.syntaxProblem === undefined ? statement.text : undefined;
    if (this.#services.remember !== undefined) judge.followMasks(access, this.#services.remember);
    const draft = new Draft(statement, access, judge.decide(access, asked), step);
    stage.record(draft);
    this.#draft = draft;
    this.#draftPortal = undefined;
    return draft;
  }

  /** Adds a step to the exchange at hand if it is about the same statement, else begins another. */
  #join(statement: Statement, step: Step): Draft {
    const draft = this.#draft;
    if (draft?.statement !== statement || draft.steps.includes(step)) return this.#open(statement, step);
    // What only prepares passes without; what is carried out is an exchange of its own.
    if (draft.hasObligations && !draft.isFulfilled) return this.#open(statement, step);
    draft.steps.push(step);
    return draft;
  }

  /** Goes on when the obligations of what is about to be carried out are fulfilled, or have made it a denial. */
  #fulfilled(draft: Draft, values: StatementValues, act: () => Waiting): Waiting {
    if (draft.isFulfilled || !draft.hasObligations) return act();
    const waiting = this.#services.asking.fulfil(draft, values);
    if (waiting === undefined) return act();
    return waiting.then(() => (this.#batch.isSkipping ? undefined : act()));
  }

  #refuseSimple(draft: Draft): undefined {
    this.closeDraft();
    this.#batch.refuseSimple(refusal(draft), draft.verdict.id);
  }

  #refuseExtended(draft: Draft): undefined {
    this.closeDraft();
    this.#batch.refuseExtended(refusal(draft), draft.verdict.id);
  }

  /** Answers an error of the protocol's own, as the server would. */
  #fail(error: Buffer, reference = 'unknown_name'): undefined {
    this.closeDraft();
    this.#batch.refuseExtended(error, reference);
  }

  #statementOperation(kind: 'query' | 'execute', statement: Statement): Operation {
    const { names, judge } = this.#services;
    const operation = this.#batch.operation(kind);
    operation.copiesIn = statement.copiesIn;
    if (!statement.changesState) return operation;
    judge.noteStateChange(statement);
    operation.barrier = true;
    operation.onDone = (index) => applyEffect(names, statement, index);
    return operation;
  }
}

const TOO_MANY_STATEMENTS = plainError(
  SqlState.limitExceeded,
  'too many prepared statements; close some first',
);
const NAME_TOO_LONG = plainError(
  SqlState.nameTooLong,
  'names of prepared statements and portals have at most 63 bytes',
);
const TOO_MANY_PORTALS = plainError(SqlState.limitExceeded, 'too many portals; close some first');

function noSuchStatement(name: string): Buffer {
  return plainError(SqlState.unknownStatement, `prepared statement "${name}" does not exist`);
}

function noSuchPortal(name: string): Buffer {
  return plainError(SqlState.unknownPortal, `portal "${name}" does not exist`);
}

/** The values of a statement without parameters. */
const NO_VALUES: StatementValues = { values: [], formats: [] };

/** Its values may have to be shown to people again: copied, or they would hold the whole chunk they came with. */
function approvedPortal(statement: Statement, bind: Bind, draft: Draft): Portal {
  const values = bind.parameters.map((value) => (value === undefined ? undefined : Buffer.from(value)));
  const bytes = values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
  return {
    statement,
    weight: statement.weight + bytes,
    values: { values, formats: bind.parameterFormats },
    grant: draft.verdict.grant,
  };
}

function entryOf<Entry>(found: Exclude<Lookup<Entry>, 'uncertain'>): Entry | undefined {
  return found === 'missing' ? undefined : found.found;
}

function refusal(draft: Draft): Buffer {
  const { syntaxProblem } = draft.statement;
  return syntaxProblem === undefined ? refusalError(draft.verdict) : syntaxError(syntaxProblem);
}
