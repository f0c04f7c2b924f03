/** One exchange while its messages are still being gathered; see `requests.ts`. */
import type { Intent, Verdict } from '../../../enforcement/gate.ts';
import type { AccessRequest } from '../../../model/access-request.ts';
import type { Grant } from '../../../model/approval.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Statement } from '../facts/statement.ts';
import type { ResultMask } from '../masking/result-mask.ts';
import type { ExchangeRun } from './exchange-run.ts';

/** Longest statement text recorded whole, in UTF-16 code units; longer ones keep their head and a digest. */
const RECORDED_TEXT = 65_536;

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
  /** Values bound to it, as recorded. */
  parameters: JsonObject | undefined;
  readonly statement: Statement;
  readonly access: AccessRequest;
  verdict: Verdict;
  /** Limits have counted it and people have agreed, or need not. */
  isFulfilled = false;

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

  get isDenied(): boolean {
    return this.verdict.decision.effect === 'deny';
  }

  /** A portal that was bound with an approval is run with it, as long as the policy asks for no other. */
  useGrant(grant: Grant | undefined): void {
    const { decision, id } = this.verdict;
    if (grant === undefined || decision.effect === 'deny' || grant.policy.hash !== decision.policy.hash)
      return;
    const asked = decision.obligations.filter(({ kind }) => kind === 'approval');
    if (!asked.every(({ rule }) => grant.rules.includes(rule))) return;
    const obligations = decision.obligations.filter(({ kind }) => kind !== 'approval');
    this.verdict = { id, decision: { ...decision, obligations }, grant };
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
    const { text } = this.statement;
    const { steps, parameters } = this;
    if (text.length <= RECORDED_TEXT && parameters === undefined) return { text, steps };
    if (text.length <= RECORDED_TEXT && parameters?.['parametersCut'] === undefined)
      return { text, steps, parameters: parameters?.['parameters'] ?? [] };
    return {
      text: text.slice(0, RECORDED_TEXT),
      textCut: true,
      textLength: text.length,
      textSha256: this.statement.digest(),
      steps,
      ...parameters,
    };
  }
}
