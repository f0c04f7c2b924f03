/**
 * The exchange at hand, and how exchanges are begun, joined, fulfilled and refused. Messages that came together and
 * belong to one statement (Parse, Bind, Execute) are one exchange, with one record.
 */
import { denyUnfulfilled } from '../../../enforcement/deny-unfulfilled.ts';
import type { StatementValues } from '../facts/approval-ask.ts';
import type { Statement } from '../facts/statement.ts';
import type { LookupRefusal } from '../lookups.ts';
import { refusalError, syntaxError } from '../refusal.ts';
import { Batch } from './batch.ts';
import { Draft, type Step } from './draft.ts';
import { applyEffect, cursorRead, deliveredBefore } from './effects.ts';
import type { Operation } from './operation.ts';
import type { Portal } from './portal.ts';
import type { RequestServices, Waiting } from './request-services.ts';

/** The values of a statement without parameters. */
export const NO_VALUES: StatementValues = { values: [], formats: [] };

/** Exchanges of one session. */
export class Exchanges {
  readonly batch: Batch;
  readonly #services: RequestServices;
  #draft: Draft | undefined;
  /** The portal that the current draft's Bind makes. */
  #portal: Portal | undefined;
  #portalName = '';

  constructor(services: RequestServices) {
    this.#services = services;
    this.batch = new Batch(services.pipeline, services.stage);
  }

  /** Ends the current exchange record: what comes later is an exchange of its own. */
  close(): void {
    this.#draft = undefined;
    this.#portal = undefined;
  }

  /**
   * Judges a statement as an exchange of its own.
   * @param isCounted limits have counted it already, when its portal was bound
   */
  open(statement: Statement, step: Step, isCounted = false): Draft {
    const { judge, stage, names, remember } = this.#services;
    const access = judge.access(statement);
    const asked = statement.syntaxProblem === undefined ? statement.text : undefined;
    if (remember !== undefined) judge.followMasks(access, remember);
    const isKept = step === 'bind' || step === 'execute';
    const decided = judge.filter(statement, {
      access,
      verdict: judge.decide(access, asked, isCounted),
      isKept,
    });
    const draft = new Draft(decided.statement, access, decided.verdict, step);
    draft.sent = judge.sentForm(decided.statement);
    if (draft.sent !== undefined) this.#services.hideRows?.();
    draft.batch = this.batch.number;
    draft.form = judge.formOf(statement);
    draft.delivered = deliveredBefore(statement, names);
    const declared = cursorRead(statement, names)?.verdict;
    if (declared !== undefined) draft.useTerms(declared, false);
    stage.record(draft);
    this.#draft = draft;
    this.#portal = undefined;
    return draft;
  }

  /** Adds a step to the exchange at hand if it is about the same statement, else begins another. */
  join(statement: Statement, step: Step): Draft {
    const draft = this.#draft;
    if (draft?.statement !== statement || draft.steps.includes(step)) return this.open(statement, step);
    // What only prepares passes without; what is carried out is an exchange of its own.
    if (draft.hasObligations && !draft.isFulfilled) return this.open(statement, step);
    draft.steps.push(step);
    return draft;
  }

  /** The draft's Bind makes this portal. */
  bind(portal: Portal, name: string): void {
    this.#portal = portal;
    this.#portalName = name;
  }

  /** The draft that has made this portal, if it is at hand: nothing can have come in between. */
  draftOf(portal: Portal): Draft | undefined {
    return this.#portal === portal ? this.#draft : undefined;
  }

  /** The draft that has made the portal of this name, if it is at hand. */
  draftOfPortal(name: string): Draft | undefined {
    return this.#portal !== undefined && this.#portalName === name ? this.#draft : undefined;
  }

  /** Fulfils the obligations of what is about to be carried out, or makes it a denial; a promise where people are asked. */
  fulfil(draft: Draft, values: StatementValues): Waiting {
    const { asking, undoing } = this.#services;
    undoing.keepsBlock(draft);
    if (draft.isFulfilled || !draft.hasObligations) return undefined;
    return asking.fulfil(draft, values);
  }

  refuseSimple(draft: Draft): undefined {
    this.close();
    this.batch.refuseSimple(refusal(draft), draft.verdict.id);
  }

  refuseExtended(draft: Draft): undefined {
    this.close();
    this.batch.refuseExtended(refusal(draft), draft.verdict.id);
  }

  /** What was permitted, and cannot be sent: what it looks up is unknown. */
  refuseLookup(draft: Draft, missing: LookupRefusal): undefined {
    const { verdict, access } = draft;
    if (verdict.decision.effect === 'permit')
      draft.verdict = { ...verdict, decision: denyUnfulfilled(verdict.decision, access, missing) };
    this.#services.judge.noteRefusal();
    return this.refuseExtended(draft);
  }

  /** Answers an error of the protocol's own, as the server would. */
  fail(error: Buffer, reference = 'unknown_name'): undefined {
    this.close();
    this.batch.refuseExtended(error, reference);
  }

  /** The operation that carries the statement out. */
  statementOperation(kind: 'query' | 'execute', draft: Draft): Operation {
    const { names, judge } = this.#services;
    const { statement, verdict } = draft;
    const operation = this.batch.operation(kind);
    operation.copiesIn = statement.copiesIn;
    operation.statements = statement.infos.length;
    operation.hidesData = statement.copiesIn && judge.formOf(statement)?.hidesData === true;
    if (statement.changesStructure) judge.noteStructureChange();
    if (!statement.changesState) return operation;
    judge.noteStateChange(statement);
    operation.barrier = true;
    operation.onDone = (index) => applyEffect(names, statement, index, verdict);
    return operation;
  }
}

function refusal(draft: Draft): Buffer {
  const { syntaxProblem } = draft.statement;
  return syntaxProblem === undefined ? refusalError(draft.verdict) : syntaxError(syntaxProblem);
}
