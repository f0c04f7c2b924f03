import type { FilterObligation } from '../model/obligation.ts';
import { compileQualifiedName } from '../names/qualified-name.ts';
import type { PlacedRule } from './compile-rule.ts';
import type { PolicyDiagnostic } from './errors.ts';
import { parseFilterTerms } from './filter-terms.ts';
import type { FilterSource } from './policy-document.ts';

/** Families of requests whose rows can be filtered. */
const FILTERED: ReadonlySet<string> = new Set(['sql']);

/** Compiles the `filter:` entries of an allow rule; what is wrong with them is added to `problems`. */
export function compileFilters(
  { file, path, source }: PlacedRule,
  filters: readonly FilterSource[],
  { rule, problems }: { readonly rule: string; readonly problems: PolicyDiagnostic[] },
): readonly FilterObligation[] {
  if (filters.length > 0 && !FILTERED.has(source.on)) {
    const message = '`filter` is about rows of tables: put it on an `on: sql` rule';
    problems.push(file.atKey('ERR_POLICY_CONTRADICTION', message, path, 'filter'));
    return [];
  }
  return filters.map(({ tables, where }, index) => {
    tables.forEach((pattern, at) => {
      if (compileQualifiedName(pattern) !== undefined) return;
      const message = `cannot read the table pattern \`${pattern}\``;
      problems.push(file.at('ERR_POLICY_PATTERN', message, [...path, 'filter', index, 'tables', at]));
    });
    const parsed = parseFilterTerms(where);
    if (!parsed.ok) {
      const message = `cannot read the filter: ${parsed.problem}`;
      problems.push(
        file.inString(
          message,
          [...path, 'filter', index, 'where'],
          parsed.at,
          Math.min(parsed.at + 1, where.length),
        ),
      );
    }
    const terms = parsed.ok ? parsed.terms : [];
    return { kind: 'filter', rule, tables, where: terms };
  });
}
