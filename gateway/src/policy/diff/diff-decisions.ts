import type { Decision } from '../../model/decision.ts';
import type { CaseFile, PolicyCase } from '../case-file.ts';
import type { CompiledPolicy } from '../compile.ts';
import { withOpened } from '../opened-request.ts';
import { type CaseEnvironment, requestsOf } from '../run-cases.ts';

/** What one policy says to a case: its decisions, one for each message, or why it cannot be asked. */
export type CaseVerdict = { readonly decisions: readonly Decision[] } | { readonly error: string };

/** A case that two policies decide otherwise. */
export interface DecisionChange {
  readonly name: string;
  /** Where the case stands: `file:line`. */
  readonly source: string;
  readonly before: CaseVerdict;
  readonly after: CaseVerdict;
}

/** What came of all cases. */
export interface DecisionsDiff {
  /** How many were asked. */
  readonly cases: number;
  readonly changes: readonly DecisionChange[];
}

/**
 * Asks two policies the test cases of both, and tells which of them clients would meet with another outcome: another effect, cause or
 * message, or other obligations. By which rules is no difference. What cases expect does not count.
 */
export function diffDecisions(
  before: CompiledPolicy,
  after: CompiledPolicy,
  files: readonly CaseFile[],
  environment: CaseEnvironment,
): DecisionsDiff {
  const cases = distinct(files);
  const changes = cases.flatMap(({ source, asked }): DecisionChange[] => {
    const [old, now] = [before, after].map((policy) => verdictOf(policy, asked, environment));
    if (old === undefined || now === undefined || metBy(old) === metBy(now)) return [];
    return [{ name: asked.name, source, before: old, after: now }];
  });
  return { cases: cases.length, changes };
}

/** The same case may stand in the files of both. */
function distinct(
  files: readonly CaseFile[],
): readonly { readonly source: string; readonly asked: PolicyCase }[] {
  const found = new Map<string, { readonly source: string; readonly asked: PolicyCase }>();
  for (const file of files) {
    for (const { line, case: asked } of file.cases) {
      const { name, as, to, account, at, from, opened, asked: body } = asked;
      const key = JSON.stringify({ name, as, to, account, at, from, opened, body });
      if (!found.has(key)) found.set(key, { source: `${file.path}:${line}`, asked });
    }
  }
  return [...found.values()];
}

function verdictOf(policy: CompiledPolicy, asked: PolicyCase, environment: CaseEnvironment): CaseVerdict {
  const { oblige = (decision: Decision) => decision } = environment;
  try {
    return {
      decisions: requestsOf(asked, environment).map((plain) => {
        const request = withOpened(policy, plain, asked.opened);
        return oblige(policy.engine.decide(request), request);
      }),
    };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** What a client meets, as text that can be compared. */
function metBy(verdict: CaseVerdict): string {
  if ('error' in verdict) return verdict.error;
  const met = verdict.decisions.map((decision) => {
    if (decision.effect === 'deny') {
      const { cause, subject, message } = decision;
      return { effect: 'deny', cause, subject, message };
    }
    const obligations = decision.obligations.map(({ rule: _rule, ...what }) => JSON.stringify(what));
    return { effect: 'permit', obligations: obligations.sort() };
  });
  return JSON.stringify(met);
}
