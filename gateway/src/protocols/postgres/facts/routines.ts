/** What the server told of its functions at the login, in the form in which statements are judged by it. */
import { hash } from 'node:crypto';
import { NO_ROUTINES, type RoutineCatalog } from '../../../sql/postgres/routine-catalog.ts';
import type { ServerRoutines } from '../upstream/server-routines.ts';

/** A catalog and a short text that is equal for equal ones, and empty for the empty one. */
export interface KnownRoutines {
  readonly catalog: RoutineCatalog;
  readonly key: string;
}

/** Before a server is known: only settings are judged then, and they call nothing. */
export const UNKNOWN_ROUTINES: KnownRoutines = { catalog: NO_ROUTINES, key: '' };

const NONE: readonly string[] = [];

/** Where there are too many to be told, everything is possible. */
export function toKnownRoutines(server: ServerRoutines): KnownRoutines {
  const { functions, operators, rowFunctions, columns, added, tooMany } = server;
  const content = [
    [...functions],
    [...operators],
    [...rowFunctions],
    [...columns].sort(),
    [...added].sort(),
    tooMany,
  ];
  const isEmpty = functions.size + operators.size + rowFunctions.size + added.size === 0;
  return {
    catalog: {
      overloads: (name) => functions.get(name) ?? (tooMany.functions ? undefined : NONE),
      addedToCatalog: (name) => tooMany.added || added.has(name),
      operatorOverloads: (symbol) => operators.get(symbol) ?? (tooMany.operators ? undefined : NONE),
      takesRow: (name) => tooMany.rowFunctions || rowFunctions.has(name),
      hasColumn: (schema, relation, column) => columns.has(`${schema}\0${relation}\0${column}`),
    },
    key: isEmpty ? '' : hash('sha256', JSON.stringify(content)),
  };
}
