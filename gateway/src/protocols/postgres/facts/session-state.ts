/**
 * Session settings that change what SQL means, as far as the gateway lets them change.
 * The search path only grows: after a permitted change every schema that ever was on it stays a candidate for
 * unqualified names, so a rollback or RESET that we do not follow cannot make a judgement too loose.
 */
import type { SqlSessionState } from '../../../sql/postgres/facts.ts';
import type { RoutineCatalog } from '../../../sql/postgres/routine-catalog.ts';
import type { SqlStatementInfo } from '../../../sql/postgres/statement-info.ts';
import { type KnownRoutines, UNKNOWN_ROUTINES } from './routines.ts';

/** Mutable state of one session; what it hands to the analysis is immutable. */
export class SessionState implements SqlSessionState {
  readonly #login: string;
  searchPath: readonly string[];
  /** Grows whenever judging may give another result for the same text. */
  epoch = 0;
  readonly routines: RoutineCatalog;
  /** Equal for sessions that know of the same functions. */
  readonly routinesKey: string;

  /** `login` is the session's name on the server, which `$user` stands for. */
  constructor(searchPath: readonly string[], login: string, routines: KnownRoutines = UNKNOWN_ROUTINES) {
    this.#login = login;
    this.routines = routines.catalog;
    this.routinesKey = routines.key;
    this.searchPath = searchPath.map((schema) => this.#resolve(schema));
  }

  /** Takes in the effects of statements that are about to be sent. */
  note(infos: readonly SqlStatementInfo[]): void {
    this.epoch += 1;
    const added = infos
      .flatMap((info) => info.settings ?? [])
      .filter((setting) => setting.name === 'search_path');
    if (added.length === 0) return;
    this.#add(added.flatMap((setting) => (setting.value === undefined ? [] : splitPath(setting.value))));
  }

  /** Takes in a search path that the server reports (18 and newer do), whoever set it: a function may have. */
  noteReportedPath(value: string): void {
    this.#add(splitPath(value));
  }

  #add(schemas: readonly string[]): void {
    const added = schemas
      .map((schema) => this.#resolve(schema))
      .filter((schema) => !this.searchPath.includes(schema));
    if (added.length === 0) return;
    this.epoch += 1;
    this.searchPath = [...new Set([...this.searchPath, ...added])];
  }

  #resolve(schema: string): string {
    return schema === '$user' ? this.#login : schema;
  }
}

/** Splits a search_path value the way PostgreSQL's SplitIdentifierString does: commas, double quotes, folding. */
export function splitPath(value: string): string[] {
  const schemas: string[] = [];
  for (const match of value.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)/g)) {
    const [, quoted, bare] = match;
    if (quoted !== undefined) schemas.push(quoted.replaceAll('""', '"'));
    else if (bare !== undefined) schemas.push(bare.toLowerCase());
  }
  return schemas;
}
