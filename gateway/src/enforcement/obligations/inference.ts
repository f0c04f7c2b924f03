/** What a request asks about masked columns without being shown them: conditions, sorting, expressions that can fail. */
import type { Facts, FieldUse, FieldUsePlace, StatementFacts } from '../../model/facts.ts';
import type { MaskObligation, Obligation } from '../../model/obligation.ts';
import { valuesMet } from '../../model/values-met.ts';
import { patternsOf } from './mask-patterns.ts';

/** One way in which a request infers from masked columns, as it is put on record. */
export interface Inference {
  readonly columns: readonly string[];
  /** The part of the statement that a column decides in; `expression` for a value that is computed and taken away. */
  readonly use: FieldUsePlace | 'expression';
  /** What the rule says of it. */
  readonly inference: 'audit' | 'allow';
  readonly rule: string;
}

/** Whether a use tells of a column without handing its value out: a policy may permit that. */
export function isInferring({ as }: FieldUse): boolean {
  return as === 'filter' || as === 'computed';
}

/**
 * Whether a use asks about a column as far as the mask lets it: also by writing a value that a unique key may have already,
 * which no mask forbids.
 */
function isProbing(use: FieldUse, mask: MaskObligation): boolean {
  return isInferring(use) ? mask.inference !== undefined : use.as === 'written' && use.place === 'conflict';
}

/** The uses of a request that tell of masked columns and pass all the same. */
export function inferencesOf(facts: Facts, obligations: readonly Obligation[]): readonly Inference[] {
  const found = new Map<string, Inference>();
  for (const mask of obligations) {
    if (mask.kind !== 'mask' || mask.inference === undefined) continue;
    for (const use of facts.statements.flatMap((statement) => probesIn(statement, mask))) {
      const inference: Inference = {
        columns: use.names,
        use: use.as === 'computed' ? 'expression' : (use.place ?? 'condition'),
        inference: mask.inference,
        rule: mask.rule,
      };
      found.set(JSON.stringify([inference.use, inference.rule, ...use.names]), inference);
    }
  }
  return [...found.values()];
}

/**
 * How many questions a request asks about masked columns: for each statement the values that it sends along and that
 * meet one, at least one. A parameter is one, whatever it holds.
 */
export function countProbes(facts: Facts, obligations: readonly Obligation[]): number {
  const masks = obligations.filter((one) => one.kind === 'mask');
  return facts.statements.reduce((sum, statement) => {
    const uses = masks.flatMap((mask) => probesIn(statement, mask));
    if (uses.length === 0) return sum;
    return sum + Math.max(1, valuesMet(uses, 'literals').size + valuesMet(uses, 'parameters').size);
  }, 0);
}

function probesIn({ fields = [] }: StatementFacts, mask: MaskObligation): readonly FieldUse[] {
  if (mask.columns.length === 0) return [];
  const patterns = patternsOf(mask);
  return fields.filter((use) => isProbing(use, mask) && use.names.some((name) => patterns.mayMatch(name)));
}
