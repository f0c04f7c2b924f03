import { formatName, type NamePart, WILDCARD } from '../qualified-name.ts';
import { type Fields, textAt } from './ast.ts';
import {
  RETIRED_FUNCTIONS,
  ROW_FUNCTIONS,
  SAFE_FUNCTIONS,
  SAFE_OPERATORS,
  UNSAFE_FUNCTIONS,
} from './builtin-functions.generated.ts';
import { CATALOG_RELATIONS } from './catalog-relations.generated.ts';
import { NO_ROUTINES, type RoutineCatalog } from './routine-catalog.ts';

/** A relation as named in the text: every table it may resolve to, as (schema, name). */
export interface RelationName {
  readonly candidates: readonly (readonly [schema: NamePart, name: NamePart])[];
  /** The candidates in the form of the dimension `tables`. */
  readonly tables: readonly string[];
  /** The candidates as one text, to tell relations apart. */
  readonly key: string;
}

/** A function as named in the text. */
export interface FunctionName {
  /** The candidates in the form of the dimension `functions`. */
  readonly functions: readonly string[];
  /** True only for a built-in that is on the safe list of the server's major and cannot be shadowed. */
  readonly safe: boolean;
  /** The bare name when it can only mean pg_catalog's function of that name. */
  readonly builtin: string | undefined;
}

/** Makes a relation name from its candidates. Facts of many statements share its lists: frozen, so that none changes them. */
export function relationOf(candidates: RelationName['candidates']): RelationName {
  const tables = Object.freeze(candidates.map((parts) => formatName(parts)));
  return { candidates, tables, key: tables.join(' ') };
}

/** Every relation of a schema, or of the database. */
export function allTables(schema: NamePart = WILDCARD): RelationName {
  return relationOf([[schema, WILDCARD]]);
}

const ROW_FUNCTION_NAMES: ReadonlySet<string> = new Set(words(ROW_FUNCTIONS));
const OPERATORS: ReadonlySet<string> = new Set(words(SAFE_OPERATORS));

/**
 * Resolves names of one statement against the session's search path. `undefined` candidates mean that the path is
 * not known (it was changed earlier in the same text in a way that cannot be followed).
 */
export class Names {
  readonly #path: readonly string[] | undefined;
  readonly #major: number;
  readonly #routines: RoutineCatalog;
  readonly #safe: ReadonlySet<string>;
  readonly #builtin: ReadonlySet<string>;
  readonly #catalogRelations: ReadonlySet<string>;
  /** Statements choose them, so there is a bound (P10). */
  readonly #relations = new Map<string, RelationName>();
  /** Of functions and operators that PostgreSQL brings along. */
  readonly #bare = new Map<string, FunctionName>();

  constructor(
    searchPath: readonly string[] | undefined,
    major: number,
    routines: RoutineCatalog = NO_ROUTINES,
  ) {
    this.#path = searchPath;
    this.#major = major;
    this.#routines = routines;
    const builtins = builtinsOf(major);
    this.#safe = builtins.safe;
    this.#builtin = builtins.all;
    this.#catalogRelations = builtins.relations;
  }

  /** The names of that path: the same object for all statements that are judged under it. */
  static on(
    searchPath: readonly string[] | undefined,
    major: number,
    routines: RoutineCatalog = NO_ROUTINES,
  ): Names {
    if (searchPath === undefined) return new Names(searchPath, major, routines);
    const known = byPath.get(searchPath);
    if (known !== undefined && known.#major === major && known.#routines === routines) return known;
    const key = JSON.stringify([major, ...searchPath]);
    const shared = byRoutines.get(routines) ?? new Map<string, Names>();
    byRoutines.set(routines, shared);
    const names = shared.get(key) ?? new Names(searchPath, major, routines);
    if (shared.size >= MOST_PATHS) shared.clear();
    shared.set(key, names);
    byPath.set(searchPath, names);
    return names;
  }

  /** The same with a schema searched first; `undefined` makes the path unknown. */
  withFirst(schema: string | undefined): Names {
    const path = schema === undefined || this.#path === undefined ? undefined : [schema, ...this.#path];
    return new Names(path, this.#major, this.#routines);
  }

  /** The relation of a `RangeVar`; `undefined` when an unqualified name cannot be resolved. */
  relation(rangeVar: Fields): RelationName | undefined {
    const name = textAt(rangeVar, 'relname');
    const schema = textAt(rangeVar, 'schemaname');
    if (schema !== '') return this.#qualified(schema, name);
    if (textAt(rangeVar, 'relpersistence') === 't') return this.#qualified('pg_temp', name);
    return this.unqualified(name);
  }

  /**
   * As {@link relation}, for a relation that is read. A bare name that pg_catalog has means that one alone: the schema
   * is searched first unless the path lists it after others. (A name that is created or changed keeps all candidates.)
   */
  readRelation(rangeVar: Fields): RelationName | undefined {
    const name = textAt(rangeVar, 'relname');
    const isBare = textAt(rangeVar, 'schemaname') === '' && textAt(rangeVar, 'relpersistence') !== 't';
    if (isBare && this.isCatalogFirst && this.#catalogRelations.has(name))
      return this.#qualified('pg_catalog', name);
    return this.relation(rangeVar);
  }

  #qualified(schema: string, name: string): RelationName {
    const key = `${schema}\0${name}`;
    return this.#relations.get(key) ?? this.#keep(key, relationOf([[schema, name]]));
  }

  #keep(key: string, relation: RelationName): RelationName {
    if (this.#relations.size >= MOST_NAMES) this.#relations.clear();
    this.#relations.set(key, relation);
    return relation;
  }

  /** Whether pg_catalog of the server's major has a relation of that name. */
  isCatalogRelation(name: string): boolean {
    return this.#catalogRelations.has(name);
  }

  /** Whether bare names mean what pg_catalog has of that name. */
  get isCatalogFirst(): boolean {
    return this.#path !== undefined && this.#path.indexOf('pg_catalog') <= 0;
  }

  /** The relation that a list of name parts means (`name`, `schema.name`, `database.schema.name`). */
  relationFromParts(parts: readonly string[]): RelationName | undefined {
    const name = parts.at(-1);
    const schema = parts.at(-2);
    if (name === undefined) return undefined;
    return schema === undefined ? this.unqualified(name) : this.#qualified(schema, name);
  }

  /** Candidates of an unqualified relation name: pg_catalog comes first for its own names, then the path. */
  unqualified(name: string): RelationName | undefined {
    const path = this.#path;
    if (path === undefined) return undefined;
    const known = this.#relations.get(name);
    if (known !== undefined) return known;
    const system = name.startsWith('pg_') && !path.includes('pg_catalog') ? ['pg_catalog'] : [];
    const schemas = [...system, ...path];
    if (schemas.length === 0) return undefined;
    return this.#keep(name, relationOf(schemas.map((schema) => [schema, name])));
  }

  /** Qualifies the name of an object that is not a relation, for the dimension `objects`. */
  object(parts: readonly string[]): string[] {
    const schemas = parts.length > 1 || this.#path === undefined ? [] : this.#path;
    if (schemas.length === 0) return [formatName(parts)];
    return schemas.map((schema) => formatName([schema, ...parts]));
  }

  /**
   * The function that name parts mean; `undefined` when it cannot be resolved. An unqualified built-in name means
   * pg_catalog's function: that schema is searched first unless the path lists it after others. What was added to
   * pg_catalog is nothing that the list knows.
   */
  function(parts: readonly string[]): FunctionName | undefined {
    const [bare = ''] = parts;
    if (parts.length !== 1 || !this.#builtin.has(bare)) return this.#functionOf(parts);
    return this.#once(`${bare}()`, () => this.#functionOf(parts));
  }

  /** A bare name of the lists that PostgreSQL's own are in. */
  #once(key: string, make: () => FunctionName | undefined): FunctionName | undefined {
    const known = this.#bare.get(key);
    if (known !== undefined) return known;
    const made = make();
    if (made !== undefined) this.#bare.set(key, made);
    return made;
  }

  #functionOf(parts: readonly string[]): FunctionName | undefined {
    const name = parts.at(-1) ?? '';
    const schema = parts.at(-2);
    const isAdded = this.#routines.addedToCatalog(name) && name !== 'set_config';
    if (schema === 'pg_catalog') {
      const functions = [formatName(['pg_catalog', name])];
      if (isAdded) return { functions, safe: false, builtin: undefined };
      return { functions, safe: this.#safe.has(name), builtin: name };
    }
    if (schema !== undefined)
      return { functions: [formatName([schema, name])], safe: false, builtin: undefined };
    const path = this.#path;
    if (!isAdded && this.#builtin.has(name) && path !== undefined && this.isCatalogFirst) {
      const others = onPath(this.#routines.overloads(name), path);
      return {
        functions: ['pg_catalog', ...others].map((candidate) => formatName([candidate, name])),
        safe: others.length === 0 && this.#safe.has(name),
        builtin: name,
      };
    }
    if (path === undefined) return undefined;
    const isInCatalog =
      isAdded || this.#builtin.has(name) || path.length === 0 || this.#major > NEWEST_LISTED;
    const schemas = isInCatalog ? ['pg_catalog', ...path] : path;
    return {
      functions: [...new Set(schemas)].map((candidate) => formatName([candidate, name])),
      safe: false,
      builtin: undefined,
    };
  }

  /** True when `t.name` may be a call of the function `name` with the whole row of t. */
  takesRow(name: string): boolean {
    return ROW_FUNCTION_NAMES.has(name) || this.#routines.takesRow(name);
  }

  /** True when every table that is meant surely has the column, so that `t.name` is no call. */
  isColumn(relations: readonly RelationName[], column: string): boolean {
    return relations
      .flatMap((relation) => relation.candidates)
      .every(
        ([schema, name]) =>
          typeof schema === 'string' &&
          typeof name === 'string' &&
          this.#routines.hasColumn(schema, name, column),
      );
  }

  /** As {@link function} for an operator (`+`, or `OPERATOR(schema.+)`). */
  operator(parts: readonly string[]): FunctionName | undefined {
    const [bare = ''] = parts;
    if (parts.length !== 1 || !OPERATORS.has(bare)) return this.#operatorOf(parts);
    return this.#once(bare, () => this.#operatorOf(parts));
  }

  #operatorOf(parts: readonly string[]): FunctionName | undefined {
    const symbol = parts.at(-1) ?? '';
    const schema = parts.at(-2);
    const path = this.#path;
    if (schema === 'pg_catalog' || (schema === undefined && OPERATORS.has(symbol))) {
      const overloads = schema === undefined ? this.#routines.operatorOverloads(symbol) : [];
      const others = onPath(overloads, path ?? []);
      const isFirst = schema !== undefined || this.isCatalogFirst;
      return {
        functions: ['pg_catalog', ...others].map((candidate) => formatName([candidate, symbol])),
        safe: OPERATORS.has(symbol) && isFirst && others.length === 0,
        builtin: symbol,
      };
    }
    if (schema === undefined && path === undefined) return undefined;
    const schemas = schema === undefined ? ['pg_catalog', ...(path ?? [])] : [schema];
    return {
      functions: schemas.map((candidate) => formatName([candidate, symbol])),
      safe: false,
      builtin: undefined,
    };
  }
}

/** A newer server may have functions that no list names: until they are classified, a bare name may mean one of them. */
const NEWEST_LISTED = 18;

/** Relations that are remembered for one path, and paths for one set of functions. */
const MOST_NAMES = 5_000;
const MOST_PATHS = 100;

/** Paths are never changed in place: a session that gets another path gets another list. */
const byPath = new WeakMap<readonly string[], Names>();
const byRoutines = new WeakMap<RoutineCatalog, Map<string, Names>>();

/** The schemas of overloads that the path reaches; `undefined` overloads may be in any. */
function onPath(schemas: readonly string[] | undefined, path: readonly string[]): readonly string[] {
  return schemas === undefined ? path : schemas.filter((schema) => path.includes(schema));
}

interface Builtins {
  readonly safe: ReadonlySet<string>;
  readonly all: ReadonlySet<string>;
  readonly relations: ReadonlySet<string>;
}

const cache = new Map<number, Builtins>();

function builtinsOf(major: number): Builtins {
  const known = cache.get(major);
  if (known !== undefined) return known;
  const upTo = (lists: Readonly<Record<number, string>>): string[] =>
    Object.entries(lists).flatMap(([since, list]) => (Number(since) <= major ? words(list) : []));
  const retired = Object.entries(RETIRED_FUNCTIONS).flatMap(([span, list]) => {
    const [first, last] = span.split('-').map(Number);
    return Number(first) <= major && major <= Number(last) ? words(list) : [];
  });
  const safe = upTo(SAFE_FUNCTIONS);
  const made = {
    safe: new Set(safe),
    all: new Set([...safe, ...upTo(UNSAFE_FUNCTIONS), ...retired]),
    relations: new Set(upTo(CATALOG_RELATIONS)),
  };
  cache.set(major, made);
  return made;
}

function words(list: string): string[] {
  return list.split(/\s+/).filter((word) => word !== '');
}
