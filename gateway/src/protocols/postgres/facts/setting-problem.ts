/** Settings that judging relies on: what a statement may do to them, so that the gateway still knows what text means. */
import type { StatementFacts } from '../../../model/facts.ts';
import type { SqlStatementInfo } from '../../../sql/postgres/statement-info.ts';
import { canonicalApplicationName } from './application-name.ts';
import { isUtf8 } from './client-encoding.ts';
import type { Statement } from './statement.ts';

/**
 * On these hangs what later text means. They may change only where the new value can be told: what comes behind is
 * judged before the server reports anything, as it does so only with ReadyForQuery.
 */
const FOLLOWED: ReadonlySet<string> = new Set([
  'client_encoding',
  'role',
  'search_path',
  'session_authorization',
  'standard_conforming_strings',
]);

/** Why the statement may not touch the settings it touches; undefined when it may. */
export function settingProblem(statement: Statement): string | undefined {
  for (const [index, facts] of statement.facts.statements.entries()) {
    const name = unfollowed(facts, statement.infos[index]);
    if (name !== undefined)
      return `${name} may only be set by a statement of its own, to a value that stands in it`;
  }
  return pinned(statement);
}

/** A setting that changes by a door that does not tell the value: a parameter, a CTE, PREPARE, EXECUTE, DECLARE… */
function unfollowed(facts: StatementFacts, info: SqlStatementInfo | undefined): string | undefined {
  // SET and RESET hold a literal, or go back to what the login gave.
  if (info?.kind === 'SET' || info?.kind === 'RESET') return undefined;
  const told = (info?.settings ?? []).filter((change) => change.value !== undefined);
  return facts.atoms
    .filter((atom) => atom.values['kinds']?.includes('SET') === true)
    .flatMap((atom) => atom.values['settings'] ?? [])
    .find((name) => FOLLOWED.has(name) && !told.some((change) => change.name === name));
}

/** Pinned settings may be set to the value they have, and to no other. */
function pinned(statement: Statement): string | undefined {
  for (const setting of statement.infos.flatMap((info) => info.settings ?? [])) {
    const value = setting.value?.toLowerCase();
    if (value === undefined) continue;
    if (setting.name === 'client_encoding' && !isUtf8(value)) return 'client_encoding must stay UTF8';
    if (setting.name === 'standard_conforming_strings' && !['on', 'true', '1', 'yes'].includes(value)) {
      return 'standard_conforming_strings must stay on';
    }
    if (setting.name === 'application_name' && canonicalApplicationName(statement, '') === undefined) {
      return 'application_name must be set by a statement of its own';
    }
  }
  return undefined;
}
