/**
 * The client's half of a session: each message is judged, its intent put on file, then forwarded or refused.
 * Messages that came together and belong to one statement (Parse, Bind, Execute) are one exchange, with one record.
 * Opens no socket; see `session.ts` for flow control.
 */
import { clientProtocolError } from '../errors.ts';
import type { Judge } from '../facts/judge.ts';
import type { Statement } from '../facts/statement.ts';
import { plainError, refusalError, SqlState, syntaxError } from '../refusal.ts';
import { encodeReadyForQuery } from '../wire/backend/ready-for-query.ts';
import type { Frame } from '../wire/frame-splitter.ts';
import { checkBareMessage } from '../wire/frontend/bare-frontend-messages.ts';
import { decodeBind } from '../wire/frontend/bind.ts';
import { decodeClose } from '../wire/frontend/close.ts';
import { decodeCopyFail } from '../wire/frontend/copy-fail.ts';
import { decodeDescribe } from '../wire/frontend/describe.ts';
import { decodeExecute } from '../wire/frontend/execute.ts';
import { FrontendType } from '../wire/frontend/frontend-type.ts';
import { decodeFunctionCall } from '../wire/frontend/function-call.ts';
import { decodeParse } from '../wire/frontend/parse.ts';
import { decodeQuery } from '../wire/frontend/query.ts';
import { Draft, recordedParameters, type Step } from './draft.ts';
import { applyEffect, type Portal, type SessionNames } from './effects.ts';
import type { ExchangeRun } from './exchange-run.ts';
import type { NameTable } from './names.ts';
import type { Operation, OperationKind } from './operation.ts';
import type { Pipeline } from './pipeline.ts';
import type { Slice, Stage } from './stage.ts';
import { controlMessage, failingParse, failingQuery, ownFlush } from './upstream-writer.ts';

/** Prepared statements and portals a session may hold: the gateway remembers facts for each (P10). */
const MAX_NAMES = 10_000;

/** What the request side works with. */
export interface RequestServices {
  readonly judge: Judge;
  readonly pipeline: Pipeline;
  readonly stage: Stage;
  readonly names: SessionNames;
  /** Submits the stage and resolves when `condition` holds; rejects when the session ends. */
  readonly waitUntil: (condition: () => boolean) => Promise<void>;
}

/** Handles frontend messages one after the other. */
export class Requests {
  readonly #services: RequestServices;
  #batch = 1;
  /** Extended-protocol messages of this batch went, or will go, upstream. */
  #isBatchOpen = false;
  /** A message of this batch was refused and everything up to Sync is dropped; `local`: the server knows nothing of it. */
  #skipping: 'no' | 'upstream' | 'local' = 'no';
  #draft: Draft | undefined;
  /** The portal that the current draft's Bind makes. */
  #draftPortal: Portal | undefined;
  /** The COPY that the CopyData message at hand belongs to. */
  #copyRun: ExchangeRun | undefined;

  constructor(services: RequestServices) {
    this.#services = services;
  }

  /** Takes one message; a promise when it had to wait. */
  take(frame: Frame): Promise<void> | undefined {
    // The splitter reuses its frame, and handlers may wait.
    const slice = { bytes: frame.bytes, start: frame.start, end: frame.end };
    if (frame.type === FrontendType.CopyData) return this.#copyData(frame, slice);
    if (frame.type === FrontendType.Sync) return this.#sync(slice);
    if (isCopyEnd(frame.type)) return this.#copyEnd(frame.type, slice);
    if (this.#services.pipeline.copyIn !== undefined) return this.#duringCopy(frame.type);
    if (this.#isSkipping()) return undefined;
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
        decodeDescribe(slice.bytes, slice.start, slice.end);
        return this.#control(slice, this.#operation('describe'));
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

  async #query(slice: Slice): Promise<void> {
    const { text } = decodeQuery(slice.bytes, slice.start, slice.end);
    await this.#settled();
    this.closeDraft();
    this.#batch += 1;
    const { stage, judge, pipeline } = this.#services;
    const statement = judge.read(text);
    const draft = this.#open(statement, 'query');
    if (draft.isDenied) return this.#refuseSimple(draft);
    const operation = this.#statementOperation('query', statement);
    stage.send(draft, judge.canonical(statement)?.query ?? slice, operation);
    this.closeDraft();
    this.#isBatchOpen = false;
    if (statement.copiesIn) await this.#copyAnswer(operation, pipeline);
  }

  async #parse(slice: Slice): Promise<void> {
    const parse = decodeParse(slice.bytes, slice.start, slice.end);
    await this.#settled();
    this.closeDraft();
    const { judge, stage, names } = this.#services;
    const statement = judge.read(parse.text);
    const draft = this.#open(statement, 'parse');
    if (draft.isDenied) return this.#refuseExtended(draft);
    if (names.statements.size >= MAX_NAMES)
      return this.#failExtended(
        SqlState.limitExceeded,
        'too many prepared statements; close some first',
        draft.verdict.id,
      );
    const { statements } = names;
    const proposal = statements.propose(parse.statement, this.#batch, statement);
    stage.send(draft, judge.canonical(statement)?.parse(parse) ?? slice, {
      ...this.#operation('parse'),
      onDone: () => statements.confirm(proposal),
      onFailed: (skipped) => {
        statements.reject(proposal);
        // PostgreSQL drops the unnamed statement before it looks at the new one.
        if (!skipped && parse.statement === '') statements.delete('');
      },
    });
    this.#isBatchOpen = true;
  }

  async #bind(slice: Slice): Promise<void> {
    const bind = decodeBind(slice.bytes, slice.start, slice.end);
    const { names, stage, judge } = this.#services;
    await this.#settled();
    const prepared = await this.#find(names.statements, bind.statement);
    if (prepared === undefined) {
      return this.#failExtended(
        SqlState.unknownStatement,
        `prepared statement "${bind.statement}" does not exist`,
      );
    }
    const statement = judge.refresh(prepared);
    const draft = this.#join(statement, 'bind');
    draft.parameters = recordedParameters(bind.parameters, bind.parameterFormats);
    if (draft.isDenied) return this.#refuseExtended(draft);
    if (names.portals.size >= MAX_NAMES)
      return this.#failExtended(
        SqlState.limitExceeded,
        'too many portals; close some first',
        draft.verdict.id,
      );
    const { portals } = names;
    const portal: Portal = { statement };
    const proposal = portals.propose(bind.portal, this.#batch, portal);
    stage.send(draft, slice, {
      ...this.#operation('bind'),
      onDone: () => portals.confirm(proposal),
      onFailed: () => portals.reject(proposal),
    });
    this.#draftPortal = portal;
    this.#isBatchOpen = true;
  }

  async #execute(slice: Slice): Promise<void> {
    const execute = decodeExecute(slice.bytes, slice.start, slice.end);
    await this.#settled();
    const { names, stage, pipeline } = this.#services;
    const portal = await this.#find(names.portals, execute.portal);
    if (portal === undefined) {
      return this.#failExtended(SqlState.unknownPortal, `portal "${execute.portal}" does not exist`);
    }
    // A portal that was bound earlier is decided anew: the policy may have changed since (P8).
    const joins = this.#draftPortal === portal;
    const draft = joins ? this.#join(portal.statement, 'execute') : this.#open(portal.statement, 'execute');
    if (draft.isDenied) return this.#refuseExtended(draft);
    const operation = this.#statementOperation('execute', portal.statement);
    stage.send(draft, slice, operation);
    this.closeDraft();
    this.#isBatchOpen = true;
    if (portal.statement.copiesIn) await this.#copyAnswer(operation, pipeline);
  }

  #close(slice: Slice): undefined {
    const target = decodeClose(slice.bytes, slice.start, slice.end);
    const { names } = this.#services;
    const table = target.kind === 'statement' ? names.statements : names.portals;
    return this.#control(slice, { ...this.#operation('close'), onDone: () => table.delete(target.name) });
  }

  #control(slice: Slice, operation: Operation | undefined): undefined {
    this.#services.stage.control(controlMessage(slice.bytes, slice.start, slice.end), operation);
    if (operation !== undefined) this.#isBatchOpen = true;
    return undefined;
  }

  #sync(slice: Slice): undefined {
    checkBareMessage(slice.bytes, slice.start, slice.end);
    const { pipeline, stage } = this.#services;
    // A server in COPY-in mode ignores Sync, and so would its answer be missing here.
    if (pipeline.copyIn !== undefined) return undefined;
    this.closeDraft();
    if (this.#skipping === 'local') stage.local(encodeReadyForQuery(pipeline.status));
    else stage.control(controlMessage(slice.bytes, slice.start, slice.end), this.#operation('sync'));
    this.#skipping = 'no';
    this.#isBatchOpen = false;
    this.#batch += 1;
    return undefined;
  }

  async #functionCall(slice: Slice): Promise<void> {
    const call = decodeFunctionCall(slice.bytes, slice.start, slice.end);
    await this.#settled();
    this.closeDraft();
    this.#batch += 1;
    const statement = this.#services.judge.readFunctionCall(call.functionOid);
    const draft = this.#open(statement, 'function-call');
    draft.parameters = recordedParameters(call.arguments, call.argumentFormats);
    if (draft.isDenied) return this.#refuseSimple(draft);
    this.#services.stage.send(draft, slice, this.#operation('function-call'));
    this.closeDraft();
    this.#isBatchOpen = false;
  }

  /** CopyData is part of the permitted COPY; outside of one the server ignores it, so do we. */
  #copyData(frame: Frame, slice: Slice): undefined {
    if (frame.first) this.#copyRun = this.#services.pipeline.copyIn?.exchange;
    // A message that was begun is finished, even if the COPY failed meanwhile: half a message would break the framing.
    const run = this.#copyRun;
    if (run === undefined) return undefined;
    run.bytes += slice.end - slice.start;
    this.#services.stage.continueCopy(run.permit, slice);
    return undefined;
  }

  #copyEnd(type: number, slice: Slice): undefined {
    const { pipeline, stage } = this.#services;
    const run = pipeline.copyIn?.exchange;
    if (type === FrontendType.CopyDone) checkBareMessage(slice.bytes, slice.start, slice.end);
    else decodeCopyFail(slice.bytes, slice.start, slice.end);
    if (run !== undefined) stage.continueCopy(run.permit, slice);
    return undefined;
  }

  #duringCopy(type: number): undefined {
    if (type === FrontendType.Flush) return undefined;
    throw clientProtocolError(`message type 0x${type.toString(16)} during COPY from the client`);
  }

  /** Waits until the answer tells whether COPY data may come. */
  async #copyAnswer(operation: Operation, pipeline: Pipeline): Promise<void> {
    await this.#services.waitUntil(
      () => pipeline.copyIn === operation || !pipeline.some((op) => op === operation),
    );
  }

  /** Waits until nothing is in flight that changes what later statements mean, or the queue is too long (P10). */
  async #settled(): Promise<void> {
    const { pipeline, stage } = this.#services;
    if (pipeline.barriers === 0 && !stage.hasBarrier && pipeline.length < 1024) return;
    this.#pushOut();
    await this.#services.waitUntil(() => pipeline.barriers === 0 && pipeline.length < 512);
  }

  /** What a name stands for; waits for answers in flight where they decide it. */
  async #find<Entry>(table: NameTable<Entry>, name: string): Promise<Entry | undefined> {
    let result = table.find(name, this.#batch);
    if (result === 'uncertain') {
      this.#pushOut();
      await this.#services.waitUntil(() => table.find(name, this.#batch) !== 'uncertain');
      result = table.find(name, this.#batch);
    }
    return typeof result === 'object' ? result.found : undefined;
  }

  /** Makes the server answer what it has: without Sync or Flush it may keep answers back, and we would wait for ever. */
  #pushOut(): void {
    this.closeDraft();
    if (this.#isBatchOpen) this.#services.stage.control(ownFlush());
  }

  #open(statement: Statement, step: Step): Draft {
    const { judge, stage } = this.#services;
    const access = judge.access(statement);
    const draft = new Draft(statement, access, judge.decide(access), step);
    stage.record(draft);
    this.#draft = draft;
    this.#draftPortal = undefined;
    return draft;
  }

  /** Adds a step to the exchange at hand if it is about the same statement, else begins another. */
  #join(statement: Statement, step: Step): Draft {
    const draft = this.#draft;
    if (draft?.statement !== statement || draft.steps.includes(step)) return this.#open(statement, step);
    draft.steps.push(step);
    return draft;
  }

  #refuseSimple(draft: Draft): void {
    const { pipeline, stage } = this.#services;
    const error = refusal(draft);
    this.closeDraft();
    if (this.#isServerUnaware()) {
      stage.local(Buffer.concat([error, encodeReadyForQuery(pipeline.status)]));
    } else {
      const operation = { ...this.#operation('query'), replaceError: error };
      stage.control(failingQuery(draft.verdict.id), operation);
    }
    this.#isBatchOpen = false;
  }

  #refuseExtended(draft: Draft): void {
    this.closeDraft();
    this.#skipBatch(refusal(draft), draft.verdict.id);
  }

  #failExtended(code: string, message: string, reference = 'unknown_name'): void {
    this.closeDraft();
    this.#skipBatch(plainError(code, message), reference);
  }

  #skipBatch(error: Buffer, reference: string): void {
    const { stage } = this.#services;
    if (this.#isServerUnaware()) {
      stage.local(error);
      this.#skipping = 'local';
    } else {
      stage.control(failingParse(reference), { ...this.#operation('parse'), replaceError: error });
      this.#skipping = 'upstream';
    }
  }

  /** Nothing of this batch is upstream, nothing is in flight, and no transaction is open that a refusal must fail. */
  #isServerUnaware(): boolean {
    const { pipeline, stage } = this.#services;
    return !this.#isBatchOpen && pipeline.length === 0 && !stage.hasUpstreamItems && pipeline.status !== 'T';
  }

  #isSkipping(): boolean {
    return this.#skipping !== 'no' || this.#services.pipeline.skipping;
  }

  #operation(kind: OperationKind): Operation {
    return { kind, batch: this.#batch, exchange: undefined };
  }

  #statementOperation(kind: 'query' | 'execute', statement: Statement): Operation {
    const { names, judge } = this.#services;
    const operation = this.#operation(kind);
    if (!statement.changesState) return operation;
    judge.noteStateChange(statement);
    return {
      ...operation,
      barrier: true,
      onDone: (index) => applyEffect(names, statement, index),
    };
  }
}

function refusal(draft: Draft): Buffer {
  const { syntaxProblem } = draft.statement;
  return syntaxProblem === undefined ? refusalError(draft.verdict) : syntaxError(syntaxProblem);
}

function isCopyEnd(type: number): boolean {
  return type === FrontendType.CopyDone || type === FrontendType.CopyFail;
}
