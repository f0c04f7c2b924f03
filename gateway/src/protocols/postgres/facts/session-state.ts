/**
 * Session settings that change what SQL means, as far as the gateway lets them change.
 * The search path only grows: after a permitted change every schema that ever was on it stays a candidate for
 * unqualified names, so a rollback or RESET that we do not follow cannot make a judgement too loose.
 */

import type { TableCatalog } from '../../../sql/postgres/catalog-view.ts';
import type { SqlSessionState } from '../../../sql/postgres/facts.ts';
import type { RelationCatalog } from '../../../sql/postgres/relation-catalog.ts';
import type { RoutineCatalog } from '../../../sql/postgres/routine-catalog.ts';
import type { SqlStatementInfo } from '../../../sql/postgres/statement-info.ts';
import { parseIdentifierList } from '../../../sql/qualified-name.ts';
import { clientProtocolError, serverProtocolError } from '../errors.ts';
import type { KnownRelations } from './relations.ts';
import { type KnownRoutines, UNKNOWN_ROUTINES } from './routines.ts';

/** Schemas that may ever be on the path of one session, and roles that it may take on: judging looks at all (P10). */
const MAX_FOLLOWED = 500;
const OVERFULL = 'the session has used more schemas and roles than the gateway follows; reconnect';

/** Settings whose last value is kept, for telling one state of a session from another. */
const MAX_SETTINGS = 200;

/** Mutable state of one session; what it hands to the analysis is immutable. */
export class SessionState implements SqlSessionState {
  /** What `$user` may stand for: the login, and every role that was taken on since. */
  readonly #users: string[];
  readonly #settings = new Map<string, string>();
  #usesUser = false;
  #isOverfull = false;
  searchPath: readonly string[] = [];
  /** Grows whenever judging may give another result for the same text. */
  epoch = 0;
  routines: RoutineCatalog = UNKNOWN_ROUTINES.catalog;
  /** What is known of the relations; absent: each may be a view of anything. */
  relations?: RelationCatalog;
  columns?: NonNullable<TableCatalog['columns']>;
  keys?: NonNullable<TableCatalog['keys']>;
  /** Equal for sessions that know of the same functions and relations. */
  catalogKey = '';
  /** Equal for states in which every text has the same facts, names of statements and cursors aside. */
  readKey = '';
  /** Names with other characters may mean something else to the server. */
  readonly hasAsciiNamesOnly: boolean;

  /** `login` is the session's name on the server, `encoding` that of the database. */
  constructor(
    searchPath: readonly string[],
    login: string,
    routines: KnownRoutines = UNKNOWN_ROUTINES,
    encoding = 'UTF8',
    relations?: KnownRelations,
  ) {
    this.#users = [login];
    this.hasAsciiNamesOnly = encoding !== 'UTF8';
    this.learn(routines, relations);
    this.#add(searchPath);
  }

  /** Takes in what the server tells of its functions and relations now; `undefined`: it tells nothing of relations. */
  learn(routines: KnownRoutines, relations: KnownRelations | undefined): void {
    const key = `${routines.key}${relations?.key ?? ''}`;
    this.routines = routines.catalog;
    if (relations === undefined) {
      delete this.relations;
      delete this.columns;
      delete this.keys;
    } else {
      this.relations = relations;
      this.columns = relations.columns;
      this.keys = relations.keys;
    }
    if (key === this.catalogKey) return;
    this.catalogKey = key;
    this.epoch += 1;
    this.#makeReadKey();
  }

  #makeReadKey(): void {
    this.readKey = [this.hasAsciiNamesOnly, this.catalogKey, ...this.searchPath, ''].join('\u0000');
  }

  /**
   * Takes in the effects of statements that are about to be sent.
   * @throws PostgresError when they are more than the gateway follows.
   */
  note(infos: readonly SqlStatementInfo[]): void {
    this.epoch += 1;
    for (const { name, value } of infos.flatMap((info) => info.settings ?? [])) {
      this.#keep(name, value);
      if (value === undefined) continue;
      if (name === 'search_path') this.#add(parseIdentifierList(value) ?? []);
      if (name === 'role' || name === 'session_authorization') this.#addUser(value);
      if (this.#isOverfull) throw clientProtocolError(OVERFULL);
    }
  }

  /**
   * Takes in a search path that the server reports (18 and newer do), whoever set it: a function may have.
   * @throws PostgresError when it is more than the gateway follows.
   */
  noteReportedPath(value: string): void {
    this.#add(parseIdentifierList(value) ?? []);
    if (this.#isOverfull) throw serverProtocolError(OVERFULL);
  }

  /** What was last set, by name: a rollback is not followed, so equal settings may come from unequal histories. */
  get settings(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#settings);
  }

  #keep(name: string, value: string | undefined): void {
    if (name === '*') this.#settings.clear();
    // A reset is a value of its own: what it resets to, the gateway does not know.
    else if (this.#settings.has(name) || this.#settings.size < MAX_SETTINGS)
      this.#settings.set(name, value ?? `(reset in epoch ${this.epoch})`);
    else this.#settings.set('(more)', String(this.epoch));
  }

  #addUser(name: string): void {
    if (this.#users.includes(name)) return;
    this.#users.push(name);
    this.#isOverfull ||= this.#users.length > MAX_FOLLOWED;
    if (this.#usesUser) this.#add([name]);
  }

  #add(schemas: readonly string[]): void {
    this.#usesUser ||= schemas.includes('$user');
    this.#isOverfull ||= schemas.length > MAX_FOLLOWED;
    if (this.#isOverfull) return;
    const named = schemas.flatMap((schema) => (schema === '$user' ? this.#users : [schema]));
    const added = named.filter((schema) => !this.searchPath.includes(schema));
    // Where pg_catalog was once behind another schema it is no longer sure to come first.
    const isDemoted = named.indexOf('pg_catalog') > 0 && this.searchPath[0] === 'pg_catalog';
    if (added.length === 0 && !isDemoted) return;
    this.epoch += 1;
    const path = new Set([...(isDemoted ? this.searchPath.slice(1) : this.searchPath), ...added]);
    this.searchPath = [...path, ...(isDemoted ? ['pg_catalog'] : [])];
    this.#isOverfull ||= this.searchPath.length > MAX_FOLLOWED;
    this.#makeReadKey();
  }
}
