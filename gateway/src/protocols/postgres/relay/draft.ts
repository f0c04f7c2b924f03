/** One exchange while its messages are still being gathered; see `requests.ts`. */
import type { Intent, Verdict } from '../../../enforcement/gate.ts';
import type { Delivered } from '../../../enforcement/limits/result-meter.ts';
import type { AccessRequest } from '../../../model/access-request.ts';
import type { JsonObject } from '../../../model/json.ts';
import { RECORDED_TEXT, type RecordedForm } from '../facts/recorded-form.ts';
import type { Statement } from '../facts/statement.ts';
import type { ResultMask } from '../masking/result-mask.ts';
import type { ExchangeRun } from './exchange-run.ts';

/** Messages of one exchange that came together; the record of intent names them. */
export type Step = 'query' | 'parse' | 'bind' | 'execute' | 'function-call';

/** An exchange that was judged and waits to be put on file. */
export class Draft {
  readonly steps: Step[] = [];
  /** Set when the gate admitted it. */
  run: ExchangeRun | undefined;
  /** Its answer begins with a description of its rows. */
  isDescribed = false;
  /** What replaces values in its answer. */
  mask: ResultMask | undefined;
  /** Of the portal or cursor that it fetches from: all that is fetched counts as one result. */
  delivered: Delivered | undefined;
  /** How it is recorded; `undefined`: as it is. */
  form: RecordedForm | undefined;
  /** What is sent in place of its text, as recorded. */
  sent: string | undefined;
  /** Values bound to it, as recorded. */
  parameters: JsonObject | undefined;
  /** Values that are sent in place of those that were bound, as recorded. */
  sentParameters: readonly JsonObject[] | undefined;
  readonly statement: Statement;
  readonly access: AccessRequest;
  verdict: Verdict;
  /** Limits have counted it and people have agreed, or need not. */
  isFulfilled = false;
  /** Limits have counted it when its portal was bound. */
  isCounted = false;
  /** The span between two Syncs that it belongs to. */
  batch = 0;

  constructor(statement: Statement, access: AccessRequest, verdict: Verdict, step: Step) {
    this.statement = statement;
    this.access = access;
    this.verdict = verdict;
    this.steps.push(step);
  }

  /** Something has to be done before it may be carried out. */
  get hasObligations(): boolean {
    const { decision } = this.verdict;
    return decision.effect === 'permit' && decision.obligations.length > 0;
  }

  get needsApproval(): boolean {
    const { decision } = this.verdict;
    return decision.effect === 'permit' && decision.obligations.some(({ kind }) => kind === 'approval');
  }

  /** The rows that it changes are bounded: it has to be sent so that it can be undone. */
  get boundsChanges(): boolean {
    const { decision } = this.verdict;
    if (decision.effect === 'deny' || !this.statement.countsChanges) return false;
    return decision.obligations.some((one) => one.kind === 'limits' && one.affectedRows !== undefined);
  }

  get isDenied(): boolean {
    return this.verdict.decision.effect === 'deny';
  }

  /**
   * What was fulfilled when its portal was bound is not asked for again, as long as the policy is the same.
   * @param isCounted limits have counted it
   */
  useTerms({ grant, decision: bound }: Verdict, isCounted: boolean): void {
    const { decision, id, family } = this.verdict;
    if (decision.effect === 'deny' || bound.policy.hash !== decision.policy.hash) return;
    this.isCounted = isCounted;
    if (grant === undefined) return;
    const asked = decision.obligations.filter(({ kind }) => kind === 'approval');
    if (!asked.every(({ rule }) => grant.rules.includes(rule))) return;
    const obligations = decision.obligations.filter(({ kind }) => kind !== 'approval');
    this.verdict = { id, family, decision: { ...decision, obligations }, grant };
  }

  toIntent(): Intent {
    return {
      access: this.access,
      verdict: this.verdict,
      summary: this.statement.summary,
      request: this.#request(),
      writes: this.statement.writes,
    };
  }

  #request(): JsonObject {
    const { sent, sentParameters } = this;
    if (sent === undefined && sentParameters === undefined) return this.#asked();
    return {
      ...this.#asked(),
      ...(sent === undefined ? {} : { sent: sent.slice(0, RECORDED_TEXT) }),
      ...(sentParameters === undefined ? {} : { sentParameters }),
    };
  }

  #asked(): JsonObject {
    const { steps, parameters, form, statement } = this;
    const text = form?.text ?? statement.text;
    const isCut = form?.isCut ?? text.length > RECORDED_TEXT;
    if (!isCut && parameters === undefined) return { text, steps };
    if (!isCut && parameters?.['parametersCut'] === undefined)
      return { text, steps, parameters: parameters?.['parameters'] ?? [] };
    if (!isCut) return { text, steps, ...parameters };
    return {
      text: text.slice(0, RECORDED_TEXT),
      textCut: true,
      textLength: statement.text.length,
      // Where values are hidden, nobody may try values out.
      ...(form === undefined
        ? { textSha256: statement.digest() }
        : { textDigest: form.digest(statement.text) }),
      steps,
      ...parameters,
    };
  }
}
