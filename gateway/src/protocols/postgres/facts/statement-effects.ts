/** What a text would do, as its facts tell it, for the people who have to agree. */
import type { StatementEffect } from '../../../model/approval.ts';
import type { Facts } from '../../../model/facts.ts';
import type { JsonValue } from '../../../model/json.ts';
import { rowChangesIn } from '../../../sql/postgres/row-changes.ts';

/** Statements of a text, and names of a statement, that are listed at most. */
const MOST_STATEMENTS = 20;
const MOST_NAMES = 40;

/** The effect of each statement; names only, no values. */
export function effectsOf({ statements }: Facts): readonly StatementEffect[] {
  return statements.slice(0, MOST_STATEMENTS).map((one) => {
    const { attributes } = one;
    return {
      kind: typeof attributes['kind'] === 'string' ? attributes['kind'] : '',
      writtenTables: names(attributes['writtenTables']),
      readTables: names(attributes['readTables']),
      writtenColumns: names(attributes['writtenColumns']),
      functions: names(attributes['functions']),
      hasWhere: attributes['hasWhere'] === true,
      boundedByKey: attributes['boundedByKey'] === true,
      rowChanges: rowChangesIn(one),
    };
  });
}

function names(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.slice(0, MOST_NAMES).map(String) : [];
}
