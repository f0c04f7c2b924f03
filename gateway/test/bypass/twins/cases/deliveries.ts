/** Results that come by COPY and by cursors. */
import { answered, denied, type TwinAttempt } from '../attempt.ts';

/** COPY and cursors */
export const DELIVERIES: readonly TwinAttempt[] = [
  ...answered([
    ['COPY people_copy TO STDOUT (FORMAT csv)'],
    [
      'DECLARE c CURSOR FOR SELECT id FROM people FOR UPDATE',
      'FETCH 1 FROM c',
      'DELETE FROM people WHERE CURRENT OF c RETURNING ssn',
    ],
    [
      'DECLARE c SCROLL CURSOR FOR SELECT id, ssn FROM people ORDER BY id',
      'FETCH ABSOLUTE 2 FROM c',
      'FETCH RELATIVE -1 FROM c',
      'FETCH FIRST FROM c',
      'FETCH PRIOR FROM c',
      'FETCH LAST FROM c',
    ],
  ]),
  ...denied([
    ['COPY (SELECT ssn FROM people) TO STDOUT (FORMAT csv, HEADER)'],
    ['COPY (SELECT ssn, id FROM people) TO STDOUT (FORMAT binary)'],
    ['COPY (SELECT people FROM people) TO STDOUT'],
    ["COPY (SELECT id FROM people WHERE ssn < 'd') TO STDOUT"],
    ['COPY (SELECT id FROM people ORDER BY ssn) TO STDOUT'],
    ['COPY (TABLE people_view) TO STDOUT'],
    // By a file of the server.
    [
      "COPY people (ssn) TO PROGRAM 'cat > sallyport-copy'",
      "COPY plain (id, name) FROM PROGRAM 'nl -v 90 -w 1 sallyport-copy'",
      'SELECT name FROM plain',
    ],
    [
      "COPY people (id, ssn) TO PROGRAM 'sed s/^/9/ > sallyport-copy'",
      "COPY plain (id, name) FROM 'sallyport-copy'",
      'SELECT name FROM plain',
    ],
    ['COPY (INSERT INTO plain SELECT 90, ssn FROM people WHERE id = 2 RETURNING name) TO STDOUT'],
    [
      'DECLARE c CURSOR FOR SELECT id FROM people FOR UPDATE',
      'FETCH 1 FROM c',
      'UPDATE people SET name = ssn WHERE CURRENT OF c RETURNING name',
    ],
    ['DECLARE c CURSOR FOR SELECT id FROM people ORDER BY ssn', 'FETCH 1 FROM c', 'FETCH 1 FROM c'],
  ]),
];
