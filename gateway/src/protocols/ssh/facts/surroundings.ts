/** What goes on record of a program beside its text: the terminal, and the variables that the client sent. */
import type { JsonObject } from '../../../model/json.ts';
import type { ProgramRequest } from '../transport/server-connection.ts';

/** A record of what is there, and of nothing else. */
export function surroundingsRecord({
  terminal,
  environment: { passed, refused },
}: Pick<ProgramRequest, 'terminal' | 'environment'>): JsonObject {
  return {
    ...(terminal === undefined
      ? {}
      : { terminal: { term: terminal.term, columns: terminal.columns, rows: terminal.rows } }),
    ...(Object.keys(passed).length === 0 ? {} : { environment: passed }),
    ...(refused.length === 0 ? {} : { refusedEnvironment: refused }),
  };
}
