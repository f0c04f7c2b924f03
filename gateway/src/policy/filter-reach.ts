import type { AccessRequest } from '../model/access-request.ts';
import type { Carrier, StatementFacts } from '../model/facts.ts';
import type { FilterObligation } from '../model/obligation.ts';
import type { CompiledRule } from './compiled-rule.ts';

/**
 * Row filters hold for whoever their rule may apply to, whatever other rule permits the request: every allow rule in scope
 * that has one obliges, whether or not it covers anything. A calendar or `when` of such a rule says when it permits, not when
 * its filters hold. Which relations a request meets is for the protocol to find out; what reads nothing is left alone.
 */
export function reachingFilters(
  request: AccessRequest,
  filtering: readonly CompiledRule[],
  covering: readonly CompiledRule[] = [],
): readonly FilterObligation[] {
  if (filtering.length === 0 || !request.facts.statements.some(mayMeetRows)) return [];
  const now = request.context.nowMs;
  const inForce = filtering.filter((rule) => now >= rule.activeFromMs && now < rule.activeUntilMs);
  const vouched = vouchedIn(request, covering);
  return inForce.flatMap(({ obligations }) =>
    obligations.flatMap((one) =>
      one.kind !== 'filter' ? [] : [vouched.length === 0 ? one : { ...one, vouched }],
    ),
  );
}

/** Classes of statements that are about no relation where they name none. */
const ROWLESS: ReadonlySet<string> = new Set(['read', 'session', 'tcl']);

function mayMeetRows({ atoms, fields }: StatementFacts): boolean {
  if (fields === undefined || fields.length > 0) return true;
  return atoms.some(
    ({ values: { tables = [], functions = [], classes = [] } }) =>
      tables.length + functions.length > 0 || classes.some((name) => !ROWLESS.has(name)),
  );
}

/** Views and functions that a covering rule names, and vouches for. */
function vouchedIn(request: AccessRequest, covering: readonly CompiledRule[]): readonly Carrier[] {
  const vouchers = covering.filter(({ vouches }) => vouches);
  if (vouchers.length === 0) return [];
  const carriers = request.facts.statements.flatMap(({ fields = [] }) =>
    fields.flatMap(({ by }) => (by === undefined || by.isMade === true ? [] : [by])),
  );
  const named = request.facts.statements.flatMap(({ atoms }) =>
    atoms.flatMap(({ values: { tables = [] } }): Carrier[] =>
      tables.length === 0 ? [] : [{ dimension: 'tables', names: tables }],
    ),
  );
  return [...carriers, ...named].filter(({ dimension, names }) =>
    vouchers.some(({ dimensions }) => {
      const own = dimensions.find(({ name }) => name === dimension);
      return names.length > 0 && own?.matches({ label: '', values: { [dimension]: names } }) === true;
    }),
  );
}
