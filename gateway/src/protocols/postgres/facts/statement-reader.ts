/** Text → {@link Statement}: parsed with the server's own grammar, cached by exact text and session state. */
import type { Facts, FieldUse, StatementFacts } from '../../../model/facts.ts';
import type { JsonValue } from '../../../model/json.ts';
import { analyseSql, isSyntaxError, type SqlSyntaxError } from '../../../sql/postgres/facts.ts';
import { hasForeignNames } from '../../../sql/postgres/foreign-names.ts';
import { createSqlParser, type SqlParser } from '../../../sql/postgres/parse.ts';
import { filterText } from '../../../sql/postgres/row-filters/filter-text.ts';
import type { RowFilter } from '../../../sql/postgres/row-filters/row-filter.ts';
import type { SessionNames } from '../relay/effects.ts';
import { withSettings } from './bound-settings.ts';
import type { Filtered } from './row-filters.ts';
import type { SessionState } from './session-state.ts';
import { settingProblem } from './setting-problem.ts';
import { readsCursor, Statement, type StatementOptions } from './statement.ts';

/** Bounds of the cache in bytes, of all and of one statement; a larger one is analysed each time. */
const CACHE_BYTES = 64 * 1024 * 1024;
const CACHED_BYTES = 512 * 1024;

/** Settings that decide what names mean. */
const NAMING: ReadonlySet<string> = new Set(['*', 'search_path', 'role', 'session_authorization']);

/** Reads statements for servers of one major version; shared by all sessions. */
export class StatementReader {
  readonly #parser: SqlParser;
  /** Insertion order is age: the first entries go when the cache is full. */
  readonly #cache = new Map<string, Statement>();
  #cachedBytes = 0;

  private constructor(parser: SqlParser) {
    this.#parser = parser;
  }

  /** Makes a reader with the grammar of `major` (the nearest one there is). */
  static async create(major: number): Promise<StatementReader> {
    return new StatementReader(await createSqlParser(major));
  }

  /** Never throws; what cannot be understood becomes opaque facts, which policy denies. */
  read(text: string, state: SessionState, names: SessionNames): Statement {
    const key = state.readKey + text;
    const cached = this.#cache.get(key);
    const statement = cached ?? this.#analyse(text, state, names);
    const isReadingCursor = statement.infos.some(readsCursor);
    if (cached === undefined && statement.weight <= CACHED_BYTES && statement.isCacheable)
      this.#remember(key, statement);
    return isReadingCursor ? withCursorFacts(statement, names) : statement;
  }

  /**
   * The statement as the server would understand it now: it plans prepared ones anew when the search path changed, and
   * looks up the cursor of a FETCH and the statement of an EXECUTE each time it runs them.
   */
  refresh(statement: Statement, state: SessionState, names: SessionNames): Statement {
    const isSameState = statement.readKey === undefined || statement.readKey === state.readKey;
    if (isSameState && statement.isCacheable && !statement.usesNames) return statement;
    const anew = this.read(statement.text, state, names).withParameterTypes(statement.parameterTypes);
    const bound = statement.boundSettings === undefined ? anew : withSettings(anew, statement.boundSettings);
    return bound.withSentAs(statement.sentAs);
  }

  /** The statement within row filters. */
  filter(statement: Statement, state: SessionState, filters: readonly RowFilter[]): Filtered {
    const { text, facts, infos } = statement;
    const changesNames = infos.some(({ settings = [] }) => settings.some(({ name }) => NAMING.has(name)));
    return filterText(this.#parser, { text, facts: facts.statements, changesNames }, state, filters);
  }

  #analyse(text: string, state: SessionState, names: SessionNames): Statement {
    const analysis = analyseSql(this.#parser, text, state, (name) => {
      const found = names.statements.find(name, -1);
      // The server plans it anew under the present search path, so its facts are read anew too.
      return typeof found === 'object'
        ? this.refresh(found.found, state, names).facts.statements[0]
        : undefined;
    });
    if (isSyntaxError(analysis)) return ungrammatical(text, analysis.syntaxError);
    const statement = new Statement(text, analysis.facts, analysis.statements, {
      isCacheable: analysis.cacheable,
      readKey: state.readKey,
      namesUnknown: namesUnknown(analysis.facts, state),
    });
    const problem = nameProblem(text, state) ?? settingProblem(statement);
    return problem === undefined ? statement : opaque(statement, problem);
  }

  #remember(key: string, statement: Statement): void {
    this.#cache.set(key, statement);
    this.#cachedBytes += key.length + statement.weight;
    if (this.#cachedBytes <= CACHE_BYTES) return;
    // Many at once: a map keeps the places of what was deleted, and each look for its oldest entry passes them all.
    for (const [oldest, entry] of this.#cache) {
      if (this.#cachedBytes <= CACHE_BYTES - CACHE_BYTES / 8) break;
      this.#cache.delete(oldest);
      this.#cachedBytes -= oldest.length + entry.weight;
    }
  }
}

/** A name whose every meaning is unknown; what is about to be made is no such name. */
function namesUnknown({ statements }: Facts, { relations }: SessionState): boolean {
  if (relations === undefined) return false;
  const isUnknown = (table: string): boolean =>
    !table.startsWith('pg_catalog.') && !table.endsWith('*') && relations.relation(table) === undefined;
  return statements.some(({ atoms }) =>
    atoms.some(({ values: { kinds = [], tables = [] } }) => {
      const isMade = kinds.some((kind) => kind.startsWith('CREATE'));
      return tables.length > 0 && !isMade && tables.every(isUnknown);
    }),
  );
}

function nameProblem(text: string, state: SessionState): string | undefined {
  if (!state.hasAsciiNamesOnly || !hasForeignNames(text)) return undefined;
  return 'the database is not encoded in UTF8, so that names with other than ASCII characters cannot be told apart';
}

/** FETCH asks for what its cursor asks for: the policy of now judges it again (P8). */
function withCursorFacts(statement: Statement, names: SessionNames): Statement {
  const statements = statement.facts.statements.map((facts, index) => {
    const info = statement.infos[index];
    if (info === undefined || !readsCursor(info)) return facts;
    const source = cursorSource(names, info.cursor?.name ?? '');
    if (source === undefined) {
      return { ...facts, opaque: [...facts.opaque, 'reads a cursor that was not opened in this session'] };
    }
    return source.facts.statements.reduce(withInner, facts);
  });
  return new Statement(
    statement.text,
    { ...statement.facts, statements },
    statement.infos,
    optionsOf(statement),
  );
}

/** A statement together with what it makes another one do; `when:` sees the tables of both. */
function withInner(facts: StatementFacts, inner: StatementFacts): StatementFacts {
  const own = facts.attributes;
  const attributes: Record<string, JsonValue> = { ...own };
  for (const [name, value] of Object.entries(inner.attributes)) {
    const mine = own[name];
    if (Array.isArray(value) && Array.isArray(mine))
      attributes[name] = [...new Set([...mine, ...value].map(String))].sort((a, b) => (a < b ? -1 : 1));
    else if (typeof value === 'boolean' || name === 'rowChanges') attributes[name] = value;
  }
  return {
    ...facts,
    atoms: [...facts.atoms, ...inner.atoms],
    attributes,
    opaque: [...facts.opaque, ...inner.opaque],
    fields: [...(facts.fields ?? []), ...(inner.fields ?? UNKNOWN_FIELDS).map(withoutValues)],
  };
}

/** Values stand in the text of the inner statement, not of this one. */
function withoutValues({ values: _, equals: _equals, ...use }: FieldUse): FieldUse {
  return use;
}

/** What is not known to be harmless to masks is taken for an expression over everything. */
const UNKNOWN_FIELDS: readonly FieldUse[] = [{ names: ['*'], as: 'expression' }];

/** A portal and a cursor of one name cannot be at once; what is known of the portal is the newer. */
function cursorSource(names: SessionNames, name: string): Statement | undefined {
  const portal = names.portals.find(name, -1);
  if (portal === 'missing') return names.cursors.get(name)?.statement;
  return portal === 'uncertain' ? undefined : portal.found.statement;
}

function opaque(statement: Statement, reason: string): Statement {
  const statements = statement.facts.statements.map((facts) => ({
    ...facts,
    opaque: [...facts.opaque, reason],
  }));
  return new Statement(
    statement.text,
    { ...statement.facts, statements },
    statement.infos,
    optionsOf(statement),
  );
}

function ungrammatical(text: string, problem: SqlSyntaxError['syntaxError']): Statement {
  const facts: Facts = {
    family: 'sql',
    action: 'query',
    statements: [
      {
        summary: 'text that is not grammatical',
        atoms: [{ label: 'text that is not grammatical', values: { kinds: ['UNKNOWN'], classes: ['code'] } }],
        attributes: { kind: 'UNKNOWN', class: 'code' },
        opaque: ['not grammatical'],
      },
    ],
  };
  return new Statement(text, facts, [], { syntaxProblem: problem });
}

function optionsOf(statement: Statement): StatementOptions {
  const { isCacheable, readKey, parameterTypes } = statement;
  return { isCacheable, parameterTypes, ...(readKey === undefined ? {} : { readKey }) };
}
