/** What a session is made to be before it asks. */
import { answered, denied, type TwinAttempt } from '../attempt.ts';

/** Settings, roles, names that shadow */
export const SESSIONS: readonly TwinAttempt[] = [
  ...answered([
    ["SET LOCAL datestyle = 'german'", 'SELECT ssn, salary FROM people'],
    ['SET LOCAL session_replication_role = replica', 'SELECT ssn FROM people'],
    ['SET LOCAL ROLE pg_read_all_data', 'SELECT ssn FROM people'],
    ['SET LOCAL SESSION AUTHORIZATION postgres', 'SELECT ssn FROM people'],
    ['SET SESSION AUTHORIZATION postgres', 'SELECT upper(ssn) FROM people'],
    ['CREATE TEMP TABLE people (id int)', 'SELECT public.people.ssn FROM public.people'],
  ]),
  ...denied([
    ["SELECT set_config('app.x', ssn, true) FROM people WHERE id = 2", "SELECT current_setting('app.x')"],
    ["SELECT set_config('search_path', ssn, true) FROM people WHERE id = 2", 'SHOW search_path'],
    [
      "SELECT set_config('application_name', ssn, true) FROM people WHERE id = 2",
      'SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()',
    ],
    ["SELECT set_config('work_mem', salary::text, true) FROM people WHERE id = 1"],
    ["SET LOCAL bytea_output = 'escape'", 'SELECT ssn::bytea FROM people'],
    ['SET LOCAL extra_float_digits = 0', 'SELECT salary::float FROM people'],
    ["SET LOCAL intervalstyle = 'iso_8601'", 'SELECT make_interval(secs => salary) FROM people'],
    ['SET LOCAL xmloption = document', 'SELECT xmlelement(name a, ssn) FROM people'],
    [
      'SET LOCAL search_path = pg_temp, public',
      'CREATE TEMP VIEW plain AS SELECT id, ssn AS name FROM public.people',
      'SELECT name FROM plain',
    ],
    [
      'CREATE TEMP TABLE plain (name text)',
      'INSERT INTO plain SELECT ssn FROM people',
      'SELECT name FROM plain',
    ],
  ]),
];
