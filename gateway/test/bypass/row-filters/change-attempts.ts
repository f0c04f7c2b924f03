/** Changes of rows outside of a row filter. Each one does change them when it is sent to the server itself. */
import { type Attempt, by } from './attempt.ts';

/** Changes of rows of others, or that make rows for them. */
export const CHANGES: readonly Attempt[] = [
  by('an update of all rows', ["UPDATE orders SET note = 'mine' RETURNING id"]),
  by('an update by key', ["UPDATE orders SET note = 'mine' WHERE id = 11 RETURNING id"]),
  by('an update by key, with a parameter', [
    { text: "UPDATE orders SET note = 'mine' WHERE id = $1", values: [12] },
  ]),
  by('an update with a condition of its own', [
    "UPDATE orders SET amount = 0 WHERE tenant_id = 'acme' OR true",
  ]),
  by('an update by another table', [
    'UPDATE orders o SET note = s.note FROM scratch s WHERE s.id = o.amount OR o.id > 10 RETURNING o.id',
  ]),
  by('an update by itself', [
    "UPDATE orders o SET note = p.note FROM orders p WHERE p.id <> o.id AND p.note LIKE 'canary%' RETURNING o.note",
  ]),
  by('an update that tells of a row by failing', [
    'UPDATE orders SET note = note WHERE 1 / (amount - 2) > 5',
  ]),
  by('an update that tells of rows by a function', ['UPDATE orders SET note = note WHERE tattle(note)']),
  by('an update by a subquery', ['UPDATE scratch SET note = (SELECT min(note) FROM orders) RETURNING note']),
  by('an update in a common table', [
    "WITH x AS (UPDATE orders SET note = 'mine' RETURNING id) SELECT * FROM x ORDER BY id",
  ]),
  by('a delete of all rows', ['DELETE FROM orders RETURNING note']),
  by('a delete by key', [{ text: 'DELETE FROM orders WHERE id = $1', values: [11] }]),
  by('a delete by another table', [
    'DELETE FROM orders o USING scratch s WHERE o.amount = s.id RETURNING o.id',
  ]),
  by('a delete in a common table', [
    'WITH x AS (DELETE FROM orders RETURNING *) SELECT note FROM x ORDER BY id',
  ]),
  by('a delete that tells of rows by failing', [
    "DELETE FROM orders WHERE note::int > 0 AND tenant_id <> 'acme'",
  ]),
  by('an update of a partition', ["UPDATE events_globex SET body = 'mine'"]),
  by('a delete of the child', ['DELETE FROM archived_orders WHERE id = 14']),
  by('an update by EXECUTE', [
    "PREPARE u(int) AS UPDATE orders SET note = 'mine' WHERE id = $1",
    'EXECUTE u(11)',
  ]),
  by('a MERGE into it', [
    "MERGE INTO orders o USING scratch s ON o.amount = s.id WHEN MATCHED THEN UPDATE SET note = 'mine' WHEN NOT MATCHED THEN DO NOTHING",
  ]),
  by('a MERGE that deletes', [
    'MERGE INTO orders o USING scratch s ON o.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE',
  ]),
];

/** The same, answered by an error: of the gateway, or of the check that it puts in. */
export const REFUSED_CHANGES: readonly Attempt[] = [
  by(
    'an insert for another',
    ["INSERT INTO orders (id, tenant_id, note) VALUES (20, 'globex', 'planted')"],
    /outside of the row filter/,
  ),
  by(
    'an insert for another, among own rows',
    ["INSERT INTO orders (id, tenant_id) VALUES (20, 'acme'), (21, 'globex')"],
    /outside of the row filter/,
  ),
  by(
    'an insert without a column list',
    ["INSERT INTO orders VALUES (20, 'globex', 'planted', 1)"],
    /outside of the row filter/,
  ),
  by(
    'an insert by a parameter',
    [{ text: 'INSERT INTO orders (id, tenant_id) VALUES ($1, $2)', values: [20, 'globex'] }],
    /outside of the row filter/,
  ),
  by(
    'an insert by an expression',
    ["INSERT INTO orders (id, tenant_id) VALUES (20, lower('GLOBEX'))"],
    /outside of the row filter/,
  ),
  by(
    'an insert by a subquery',
    ["INSERT INTO orders (id, tenant_id) VALUES (20, (SELECT 'globex'))"],
    /outside of the row filter/,
  ),
  by(
    'an insert of a query',
    ["INSERT INTO orders (id, tenant_id, note) SELECT 20 + id, 'globex'::text, note FROM scratch"],
    /outside of the row filter/,
  ),
  by(
    'an insert of NULL',
    ['INSERT INTO "Odd.Name" (id, tenant_id) VALUES (9, NULL)'],
    /outside of the row filter/,
  ),
  by('an insert that leaves the tenant out', ['INSERT INTO "Odd.Name" (id) VALUES (9)'], /name that column/),
  by(
    'an insert of the default',
    ['INSERT INTO "Odd.Name" (id, tenant_id) VALUES (9, DEFAULT)'],
    /name that column/,
  ),
  by('an insert of defaults', ['INSERT INTO "Odd.Name" DEFAULT VALUES'], /name that column/),
  by(
    'an insert into a partition',
    ["INSERT INTO events_globex VALUES (9, 'globex', 'planted')"],
    /outside of the row filter/,
  ),
  by(
    'an insert by PREPARE',
    ['PREPARE i(text) AS INSERT INTO orders (id, tenant_id) VALUES (20, $1)', "EXECUTE i('globex')"],
    /outside of the row filter/,
  ),
  by(
    'an insert by MERGE',
    [
      "MERGE INTO orders o USING scratch s ON o.id = s.id + 100 WHEN NOT MATCHED THEN INSERT (id, tenant_id) VALUES (s.id + 100, 'glo' || 'bex')",
    ],
    /outside of the row filter/,
  ),
  by(
    'a row that is given away',
    ["UPDATE orders SET tenant_id = 'globex' WHERE id = 1"],
    /outside of the row filter/,
  ),
  by(
    'a row that is given away by a parameter',
    [{ text: 'UPDATE orders SET tenant_id = $1 WHERE id = 1', values: ['globex'] }],
    /outside of the row filter/,
  ),
  by(
    'a row that is given away by a list',
    ["UPDATE orders SET (tenant_id, note) = ('globex', 'x') WHERE id = 1"],
    /cannot be checked/,
  ),
  by(
    'a row that is given away by an upsert',
    ["INSERT INTO orders VALUES (1, 'acme') ON CONFLICT (id) DO UPDATE SET tenant_id = 'globex'"],
    /outside of the row filter/,
  ),
  by(
    'a row that is given away by MERGE',
    ["MERGE INTO orders o USING scratch s ON o.id = s.id WHEN MATCHED THEN UPDATE SET tenant_id = 'globex'"],
    /outside of the row filter/,
  ),
  by('TRUNCATE', ['TRUNCATE orders'], /TRUNCATE cannot be kept within the row filter/),
  by(
    'a new child',
    [
      'BEGIN',
      'CREATE TABLE loot () INHERITS (orders)',
      "INSERT INTO loot (id, tenant_id) VALUES (30, 'globex')",
      'COMMIT',
      'SELECT count(*) FROM orders',
    ],
    /POLICY_DENIED/,
  ),
  by(
    'a renamed column',
    ['BEGIN', 'ALTER TABLE orders RENAME COLUMN tenant_id TO t', 'SELECT note FROM orders ORDER BY id'],
    /POLICY_DENIED/,
  ),
  by(
    'a renamed table',
    ['BEGIN', 'ALTER TABLE orders RENAME TO mine', 'SELECT note FROM mine ORDER BY id'],
    /POLICY_DENIED/,
  ),
  by(
    'WHERE CURRENT OF',
    [
      'BEGIN',
      'DECLARE c CURSOR FOR SELECT * FROM orders',
      'FETCH 4 FROM c',
      'DELETE FROM orders WHERE CURRENT OF c',
    ],
    /POLICY_DENIED/,
  ),
];
