/** One exchange while its messages are still being gathered; see `requests.ts`. */
import type { Intent, Verdict } from '../../../enforcement/gate.ts';
import type { AccessRequest } from '../../../model/access-request.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Statement } from '../facts/statement.ts';
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
  /** Values bound to it, as recorded. */
  parameters: JsonObject | undefined;
  readonly statement: Statement;
  readonly access: AccessRequest;
  readonly verdict: Verdict;

  constructor(statement: Statement, access: AccessRequest, verdict: Verdict, step: Step) {
    this.statement = statement;
    this.access = access;
    this.verdict = verdict;
    this.steps.push(step);
  }

  get isDenied(): boolean {
    return this.verdict.decision.effect === 'deny';
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
