/** Query and FunctionCall: messages that are a whole request, answered with a ReadyForQuery of their own. */
import type { Statement } from '../facts/statement.ts';
import { decodeFunctionCall, type FunctionCall } from '../wire/frontend/function-call.ts';
import { decodeQuery } from '../wire/frontend/query.ts';
import type { Draft } from './draft.ts';
import { type Exchanges, NO_VALUES } from './exchanges.ts';
import type { Ordering } from './ordering.ts';
import { recordedParameters } from './recorded-parameters.ts';
import type { RequestServices, Waiting } from './request-services.ts';
import type { Slice } from './stage.ts';

/** Handles the messages of the simple protocol. */
export class SimpleRequests {
  readonly #services: RequestServices;
  readonly #exchanges: Exchanges;
  readonly #ordering: Ordering;

  constructor(services: RequestServices, exchanges: Exchanges, ordering: Ordering) {
    this.#services = services;
    this.#exchanges = exchanges;
    this.#ordering = ordering;
  }

  query(slice: Slice): Waiting {
    const { text } = decodeQuery(slice.bytes, slice.start, slice.end);
    return this.#ordering.settled(() =>
      this.#ordering.read(text, (statement) => this.#queryRead(slice, statement)),
    );
  }

  functionCall(slice: Slice): Waiting {
    const call = decodeFunctionCall(slice.bytes, slice.start, slice.end);
    return this.#ordering.settled(() => this.#functionCalled(slice, call));
  }

  #queryRead(slice: Slice, statement: Statement): Waiting {
    const draft = this.#exchanges.open(statement, 'query');
    // A query that only prepares carries nothing out: EXECUTE and Bind are asked about.
    const waiting = statement.onlyPrepares ? undefined : this.#exchanges.fulfil(draft, NO_VALUES);
    if (waiting === undefined) return this.#openFor(slice, statement, draft);
    return this.#ordering.after(waiting, () => this.#openFor(slice, statement, draft));
  }

  #openFor(slice: Slice, statement: Statement, draft: Draft): Waiting {
    const opening = this.#services.undoing.openForQuery(draft);
    if (opening === undefined) return this.#sendQuery(slice, statement, draft);
    return opening.then((isOpen) => {
      if (isOpen) return this.#sendQuery(slice, statement, draft);
      // The server refused BEGIN, and the client was told so.
      this.#exchanges.close();
      return undefined;
    });
  }

  #sendQuery(slice: Slice, statement: Statement, draft: Draft): Waiting {
    const { stage, judge } = this.#services;
    if (draft.isDenied) return this.#exchanges.refuseSimple(draft);
    const operation = this.#exchanges.statementOperation('query', draft);
    stage.send(draft, judge.canonical(draft.statement)?.query ?? slice, operation);
    this.#exchanges.close();
    this.#exchanges.batch.close();
    return statement.copiesIn ? this.#ordering.copyAnswer(operation) : undefined;
  }

  #functionCalled(slice: Slice, call: FunctionCall): Waiting {
    const draft = this.#exchanges.open(
      this.#services.judge.readFunctionCall(call.functionOid),
      'function-call',
    );
    draft.parameters = recordedParameters(call.arguments, call.argumentFormats, draft.form);
    const values = { values: call.arguments, formats: call.argumentFormats };
    const waiting = this.#exchanges.fulfil(draft, values);
    if (waiting === undefined) return this.#sendFunctionCall(slice, draft);
    return this.#ordering.after(waiting, () => this.#sendFunctionCall(slice, draft));
  }

  #sendFunctionCall(slice: Slice, draft: Draft): undefined {
    if (draft.isDenied) return this.#exchanges.refuseSimple(draft);
    const { batch } = this.#exchanges;
    this.#services.stage.send(draft, slice, batch.operation('function-call'));
    this.#exchanges.close();
    batch.close();
    return undefined;
  }
}
