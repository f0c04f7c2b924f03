/** Parse, Bind, Execute, Describe, Close: messages of the extended protocol, up to the Sync that ends their batch. */
import { bindSettings } from '../facts/bound-settings.ts';
import type { Statement } from '../facts/statement.ts';
import type { LookupRefusal, TurnedBack } from '../lookups.ts';
import { plainError, SqlState } from '../refusal.ts';
import { type Bind, decodeBind, encodeBind } from '../wire/frontend/bind.ts';
import { decodeClose } from '../wire/frontend/close.ts';
import { decodeDescribe } from '../wire/frontend/describe.ts';
import { decodeExecute } from '../wire/frontend/execute.ts';
import { decodeParse, type Parse } from '../wire/frontend/parse.ts';
import type { Draft } from './draft.ts';
import { type Exchanges, NO_VALUES } from './exchanges.ts';
import { isDistinctName } from './names.ts';
import type { Operation } from './operation.ts';
import { entryOf, type Ordering } from './ordering.ts';
import { newPortal, type Portal } from './portal.ts';
import { recordedParameters } from './recorded-parameters.ts';
import type { RequestServices, Waiting } from './request-services.ts';
import type { Slice } from './stage.ts';
import { controlMessage, ownDescribePortal } from './upstream-writer.ts';

/** Handles the messages of the extended protocol. */
export class ExtendedRequests {
  readonly #services: RequestServices;
  readonly #exchanges: Exchanges;
  readonly #ordering: Ordering;

  constructor(services: RequestServices, exchanges: Exchanges, ordering: Ordering) {
    this.#services = services;
    this.#exchanges = exchanges;
    this.#ordering = ordering;
  }

  parse(slice: Slice): Waiting {
    const parse = decodeParse(slice.bytes, slice.start, slice.end);
    return this.#ordering.settled(() =>
      this.#ordering.read(parse.text, (statement) =>
        this.#parseRead(slice, parse, statement.withParameterTypes(parse.parameterTypes)),
      ),
    );
  }

  #parseRead(slice: Slice, parse: Parse, statement: Statement): undefined {
    const { judge, stage, names } = this.#services;
    const exchanges = this.#exchanges;
    if (!isDistinctName(parse.statement)) return exchanges.fail(NAME_TOO_LONG);
    const draft = exchanges.open(statement, 'parse');
    if (draft.isDenied) return exchanges.refuseExtended(draft);
    const { statements } = names;
    if (statements.isFull) return exchanges.fail(TOO_MANY_STATEMENTS, draft.verdict.id);
    const proposal = statements.propose(parse.statement, exchanges.batch.number, draft.statement);
    const operation = exchanges.batch.operation('parse');
    operation.onDone = () => statements.confirm(proposal);
    operation.onFailed = (skipped) => {
      statements.reject(proposal);
      // PostgreSQL drops the unnamed statement before it looks at the new one.
      if (!skipped && parse.statement === '') statements.delete('');
    };
    stage.send(draft, judge.canonical(draft.statement)?.parse(parse) ?? slice, operation);
    exchanges.batch.open();
    return undefined;
  }

  bind(slice: Slice): Waiting {
    const bind = decodeBind(slice.bytes, slice.start, slice.end);
    const { statements } = this.#services.names;
    if (this.#ordering.isSettled) {
      // What nearly always happens, without a closure.
      const found = statements.find(bind.statement, this.#exchanges.batch.number);
      if (found !== 'uncertain') return this.#bindTo(slice, bind, entryOf(found));
    }
    return this.#ordering.settled(() =>
      this.#ordering.find(statements, bind.statement, (prepared) => this.#bindTo(slice, bind, prepared)),
    );
  }

  #bindTo(slice: Slice, bind: Bind, prepared: Statement | undefined): Waiting {
    const exchanges = this.#exchanges;
    if (!isDistinctName(bind.portal)) return exchanges.fail(NAME_TOO_LONG);
    if (prepared === undefined) return exchanges.fail(noSuchStatement(bind.statement));
    const statement = bindSettings(this.#services.judge.refresh(prepared), bind.parameters);
    const draft = exchanges.join(statement, 'bind');
    draft.parameters = recordedParameters(bind.parameters, bind.parameterFormats, draft.form);
    const waiting = exchanges.fulfil(draft, { values: bind.parameters, formats: bind.parameterFormats });
    const ready = this.#undoable(draft, waiting);
    if (ready === undefined) return this.#sendBind(slice, bind, draft);
    return this.#ordering.after(ready, () => this.#sendBind(slice, bind, draft));
  }

  /**
   * When people have agreed, and a block of the gateway is open where what it does may have to be undone; undefined: at
   * once.
   */
  #undoable(draft: Draft, waiting: Waiting): Waiting {
    const { undoing } = this.#services;
    return waiting === undefined
      ? undoing.open(draft)
      : this.#ordering.after(waiting, () => undoing.open(draft));
  }

  #sendBind(slice: Slice, bind: Bind, draft: Draft): undefined {
    const { names, stage, judge } = this.#services;
    const exchanges = this.#exchanges;
    if (draft.isDenied) return exchanges.refuseExtended(draft);
    const turned = this.#turnBack(draft, bind);
    if (turned !== undefined && 'reason' in turned) return exchanges.refuseLookup(draft, turned);
    const { portals } = names;
    if (portals.isFull) return exchanges.fail(TOO_MANY_PORTALS, draft.verdict.id);
    const portal = newPortal(draft, bind, judge);
    const proposal = portals.propose(bind.portal, exchanges.batch.number, portal);
    const operation = exchanges.batch.operation('bind');
    operation.onDone = () => {
      portals.confirm(proposal);
      // Portals and SQL's cursors share their names: a cursor of that name is no more.
      names.cursors.delete(bind.portal);
    };
    operation.onFailed = () => portals.reject(proposal);
    stage.send(draft, turned === undefined ? slice : whole(encodeBind(turned.bind)), operation);
    exchanges.bind(portal, bind.portal);
    exchanges.batch.open();
    return undefined;
  }

  /** Pseudonyms that are compared with masked columns become what they stand for; the record says so. */
  #turnBack(draft: Draft, bind: Bind): TurnedBack | LookupRefusal | undefined {
    const { lookups } = this.#services;
    const { decision } = draft.verdict;
    if (lookups === undefined || decision.effect === 'deny') return undefined;
    const masks = decision.obligations.filter((one) => one.kind === 'mask');
    const turned = lookups.turnBack(draft.statement, masks, bind);
    // Shadow mode lets pass what it would refuse.
    if (turned !== undefined && 'reason' in turned)
      return draft.access.resource.mode === 'observe' ? undefined : turned;
    if (turned === undefined) return undefined;
    draft.sentParameters = [...turned.values].map(([index, value]) => ({
      parameter: index + 1,
      // Values that meet a masked column are on no record; without a form to digest them by, nor is this.
      value: draft.form?.digest(value) ?? '[hidden]',
    }));
    return turned;
  }

  execute(slice: Slice): Waiting {
    const { portal: name } = decodeExecute(slice.bytes, slice.start, slice.end);
    const { portals } = this.#services.names;
    if (this.#ordering.isSettled) {
      const found = portals.find(name, this.#exchanges.batch.number);
      if (found !== 'uncertain') return this.#executePortal(slice, name, entryOf(found));
    }
    return this.#ordering.settled(() =>
      this.#ordering.find(portals, name, (portal) => this.#executePortal(slice, name, portal)),
    );
  }

  #executePortal(slice: Slice, name: string, portal: Portal | undefined): Waiting {
    if (portal === undefined) return this.#exchanges.fail(noSuchPortal(name));
    const draft = this.#draftFor(portal);
    draft.delivered ??= portal.delivered;
    const waiting = this.#exchanges.fulfil(draft, portal.values ?? NO_VALUES);
    const ready = this.#undoable(draft, waiting);
    if (ready === undefined) return this.#sendExecute(slice, name, draft);
    return this.#ordering.after(ready, () => this.#sendExecute(slice, name, draft));
  }

  #draftFor(portal: Portal): Draft {
    const { judge } = this.#services;
    const atHand = this.#exchanges.draftOf(portal);
    if (atHand !== undefined && !atHand.steps.includes('execute')) {
      atHand.steps.push('execute');
      return atHand;
    }
    // What was bound earlier is decided anew: the policy may have changed since (P8). Utility statements look names up
    // when they are executed, so what they mean may have changed, too.
    const statement = judge.refresh(portal.statement);
    const { terms } = portal;
    const isSame = terms !== undefined && terms.isStill(statement, judge);
    const isCounted = isSame && terms.takeCount();
    const draft = this.#exchanges.open(statement, 'execute', isCounted);
    if (isSame) draft.useTerms(terms.verdict, isCounted);
    return draft;
  }

  #sendExecute(slice: Slice, portal: string, draft: Draft): Waiting {
    const { stage } = this.#services;
    const { batch } = this.#exchanges;
    const { statement } = draft;
    if (draft.isDenied) return this.#exchanges.refuseExtended(draft);
    if (!draft.isDescribed && this.#needsDescription(draft)) {
      const question = batch.operation('describe');
      question.isOwn = true;
      stage.ask(draft, ownDescribePortal(portal), question);
    }
    const operation = this.#exchanges.statementOperation('execute', draft);
    stage.send(draft, slice, operation);
    this.#exchanges.close();
    batch.open();
    if (statement.copiesIn) return this.#ordering.copyAnswer(operation);
    return draft.boundsChanges ? this.#ordering.answer(operation) : undefined;
  }

  describe(slice: Slice): undefined {
    const target = decodeDescribe(slice.bytes, slice.start, slice.end);
    if (!isDistinctName(target.name)) return this.#exchanges.fail(NAME_TOO_LONG);
    const operation = this.#exchanges.batch.operation('describe');
    const draft = target.kind === 'portal' ? this.#exchanges.draftOfPortal(target.name) : undefined;
    if (draft === undefined) return this.control(slice, operation);
    // Of the portal that this exchange has made: the answer belongs to it.
    draft.isDescribed = true;
    this.#services.stage.send(draft, slice, operation);
    return undefined;
  }

  /** Masks go by the description of the rows, and so does whoever replays the recording. */
  #needsDescription(draft: Draft): boolean {
    return (
      draft.mask !== undefined || (this.#services.recording !== undefined && draft.statement.returnsRows)
    );
  }

  close(slice: Slice): undefined {
    const target = decodeClose(slice.bytes, slice.start, slice.end);
    if (!isDistinctName(target.name)) return this.#exchanges.fail(NAME_TOO_LONG);
    const { names } = this.#services;
    const table = target.kind === 'statement' ? names.statements : names.portals;
    const operation = this.#exchanges.batch.operation('close');
    operation.onDone = () => table.delete(target.name);
    return this.control(slice, operation);
  }

  /** Hands on a message that carries no request of its own. */
  control(slice: Slice, operation: Operation | undefined): undefined {
    this.#services.stage.control(controlMessage(slice.bytes, slice.start, slice.end), operation);
    if (operation !== undefined) this.#exchanges.batch.open();
    return undefined;
  }
}

function whole(bytes: Buffer): Slice {
  return { bytes, start: 0, end: bytes.length };
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
