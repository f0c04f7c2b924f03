/** What the server says beside results. */
import { answered, denied, type TwinAttempt } from '../attempt.ts';

/** Notices, the log in the client, large objects, settings */
export const VOICES: readonly TwinAttempt[] = [
  ...answered([
    [
      "LOAD 'auto_explain'",
      'SET LOCAL auto_explain.log_min_duration = 0',
      'SET LOCAL auto_explain.log_timing = off',
      "SET LOCAL auto_explain.log_level = 'notice'",
      'SET LOCAL auto_explain.log_verbose = on',
      'SET LOCAL auto_explain.log_analyze = on',
      'SELECT ssn FROM people',
    ],
    ['SET LOCAL client_min_messages = log', 'SET LOCAL debug_print_plan = on', 'SELECT ssn FROM people'],
    ['SET LOCAL client_min_messages = debug5', 'SELECT ssn FROM people'],
    [
      'SET LOCAL client_min_messages = log',
      'SET LOCAL trace_sort = on',
      'SELECT name, ssn FROM people ORDER BY name',
    ],
    [
      'SET LOCAL client_min_messages = log',
      'SET LOCAL log_min_duration_statement = 0',
      'SELECT ssn FROM people',
    ],
  ]),
  ...denied([
    [
      'SELECT lo_from_bytea(4343, ssn::bytea) FROM people WHERE id = 2',
      'SELECT convert_from(lo_get(4343), $$UTF8$$)',
    ],
    ['SELECT lo_put(4242, 0, ssn::bytea) FROM people WHERE id = 2', 'SELECT lo_get(4242)'],
    ["SELECT lo_export(4242, '/proc/self/cwd/sallyport-lo')", "SELECT pg_read_file('sallyport-lo')"],
  ]),
];
