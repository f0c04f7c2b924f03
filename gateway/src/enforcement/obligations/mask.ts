import type { AccessRequest } from '../../model/access-request.ts';
import type { Facts, FieldUse } from '../../model/facts.ts';
import type { MaskObligation } from '../../model/obligation.ts';
import type { ColumnPatterns } from '../../names/column-patterns.ts';
import type { ObligationFulfiller } from './index.ts';
import { isInferring } from './inference.ts';
import { isLookup } from './lookup.ts';
import { patternsOf } from './mask-patterns.ts';

/**
 * Fulfils masks: where the values of masked columns arrive under their own origin, the relay replaces them. Whatever
 * else becomes of a masked column (a condition, an expression, a view) cannot be found again in the response, and is a
 * denial (P5).
 * @param masking names of the protocols whose relay masks columns and runs detectors over all values
 */
export function createMaskFulfiller(masking: ReadonlySet<string>): ObligationFulfiller {
  const answers = new WeakMap<MaskObligation, WeakMap<Facts, true | string>>();
  return {
    kind: 'mask',
    canFulfil: (obligation, access) => {
      if (obligation.kind !== 'mask') return false;
      if (!masking.has(access.resource.protocol)) {
        return `results of ${access.resource.protocol} cannot be masked here, as rule ${obligation.rule} asks`;
      }
      let known = answers.get(obligation);
      if (known === undefined) {
        known = new WeakMap();
        answers.set(obligation, known);
      }
      const answer = known.get(access.facts) ?? judge(obligation, access);
      known.set(access.facts, answer);
      return answer;
    },
  };
}

function judge(mask: MaskObligation, { facts }: AccessRequest): true | string {
  // Detectors look at every value that passes.
  if (mask.columns.length === 0) return true;
  const patterns = patternsOf(mask);
  for (const { fields } of facts.statements) {
    if (fields === undefined) return 'what it does with masked columns cannot be told';
    const harmful = fields.find((use) => isHarmful(use, mask, patterns));
    if (harmful !== undefined) return reasonOf(harmful, mask, patterns);
  }
  return true;
}

function isHarmful(use: FieldUse, mask: MaskObligation, patterns: ColumnPatterns): boolean {
  if (use.as === 'output' || use.as === 'derived' || use.as === 'written') return false;
  if (isVouchedFor(use, mask)) return false;
  if (mask.inference !== undefined && isInferring(use)) return false;
  if (isLookup(use, mask)) return false;
  return use.names.some((name) => patterns.mayMatch(name));
}

function isVouchedFor({ by }: FieldUse, { vouched }: MaskObligation): boolean {
  if (by === undefined || by.isMade === true || vouched === undefined) return false;
  return vouched.some(
    ({ dimension, names }) => dimension === by.dimension && by.names.every((name) => names.includes(name)),
  );
}

/** Names only what the statement names: the columns behind a view are not the agent's to know. */
function reasonOf(use: FieldUse, mask: MaskObligation, patterns: ColumnPatterns): string {
  const name = use.names.find((candidate) => patterns.mayMatch(candidate)) ?? '*';
  const column = name.endsWith('.*') ? `a column of ${name.slice(0, -2)}` : name === '*' ? 'a column' : name;
  switch (use.as) {
    case 'filter':
      if (mask.lookups === true && use.place === 'condition')
        return `${column} is masked, and looked up by parameters only: write column = $1, or IN ($1, $2), and bind pseudonyms that you were shown; no literal, no other condition`;
      return `${column} is masked: conditions, sorting and grouping would tell its value; ask for it only as a plain column or field`;
    case 'computed':
      return `${column} is masked: computing this of it can fail or do more than give a value, which would tell of it; select it as a plain column`;
    case 'carried':
      return `${use.by?.names[0] ?? 'what it uses'} may hand out masked columns; select plain columns of the tables instead`;
    default:
      return `${column} is masked: its value cannot be masked inside of expressions, subqueries, UNION or INSERT; select it as a plain column`;
  }
}
