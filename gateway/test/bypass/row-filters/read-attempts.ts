/** Reads of rows outside of a row filter. Each one shows them when it is sent to the server itself. */
import { type Attempt, by } from './attempt.ts';

/** Reads, which come back with the own rows alone. */
export const READS: readonly Attempt[] = [
  by('all rows', ['SELECT * FROM orders ORDER BY id']),
  by('a condition that is always true', [
    "SELECT note FROM orders WHERE tenant_id = 'acme' OR true ORDER BY id",
  ]),
  by('the other tenant by name', ["SELECT note FROM orders WHERE tenant_id = 'globex'"]),
  by('the other tenant by a parameter', [
    { text: 'SELECT note FROM orders WHERE tenant_id = $1', values: ['globex'] },
  ]),
  by('a named prepared statement', [
    { name: 'p1', text: 'SELECT note FROM orders WHERE id = $1', values: [11] },
    { name: 'p1', text: 'SELECT note FROM orders WHERE id = $1', values: [12] },
  ]),
  by('with the schema', ['SELECT public.orders.note FROM public.orders ORDER BY 1']),
  by('quoted, in other letters', ['SELECT note FROM PUBLIC."orders" ORDER BY id']),
  by('a name with a dot', ['SELECT note FROM "Odd.Name" ORDER BY id']),
  by('TABLE', ['TABLE orders']),
  by('ONLY', ['SELECT note FROM ONLY orders ORDER BY id', 'SELECT note FROM orders * ORDER BY id']),
  by('an alias with the name of another table', ['SELECT scratch.note FROM orders AS scratch ORDER BY 1']),
  by('an alias that renames the column of the filter', [
    "SELECT o.b FROM orders AS o(a, x, b) WHERE o.x <> 'acme'",
  ]),
  by('a join with itself', ['SELECT b.note FROM orders a JOIN orders b ON a.id <> b.id ORDER BY 1']),
  by('an outer join', [
    'SELECT s.id, o.note FROM scratch s FULL JOIN orders o ON o.amount = s.id ORDER BY 1, 2',
  ]),
  by('a right join with a condition in ON', [
    "SELECT o.note FROM scratch s RIGHT JOIN orders o ON o.tenant_id = 'globex' ORDER BY 1",
  ]),
  by('NATURAL and USING', [
    'SELECT note FROM orders NATURAL JOIN (SELECT 11 AS id) q',
    'SELECT note FROM orders JOIN (SELECT 12 AS id) q USING (id)',
  ]),
  by('LATERAL', [
    'SELECT q.note FROM scratch s, LATERAL (SELECT note FROM orders o WHERE o.amount = s.id) q ORDER BY 1',
  ]),
  by('a subquery in the target list', [
    'SELECT (SELECT max(note) FROM orders)',
    'SELECT ARRAY(SELECT note FROM orders ORDER BY id)',
  ]),
  by('EXISTS', ["SELECT EXISTS (SELECT 1 FROM orders WHERE note LIKE 'canary%')"]),
  by('NOT IN', [
    'SELECT id FROM generate_series(1, 20) g(id) WHERE id NOT IN (SELECT id FROM orders) ORDER BY 1',
  ]),
  by('a common table', ['WITH x AS (SELECT * FROM orders) SELECT note FROM x ORDER BY id']),
  by('a common table that is written', [
    "WITH x AS (UPDATE scratch SET note = 'n' RETURNING id) SELECT note FROM orders, x ORDER BY 1",
  ]),
  by('recursion', [
    'WITH RECURSIVE r AS (SELECT id, note FROM orders WHERE id = 1 UNION SELECT o.id, o.note FROM orders o, r WHERE o.id > r.id) SELECT note FROM r ORDER BY id',
  ]),
  by('UNION', [
    'SELECT note FROM scratch UNION ALL SELECT note FROM orders ORDER BY 1',
    'SELECT id FROM generate_series(1, 20) g(id) EXCEPT SELECT id FROM orders ORDER BY 1',
  ]),
  by('aggregates', [
    "SELECT count(*), sum(amount), max(note), string_agg(note, ',' ORDER BY id) FROM orders",
  ]),
  by('windows', ['SELECT lag(note) OVER (ORDER BY id DESC) FROM orders ORDER BY id']),
  by('whole rows', ['SELECT to_json(o) FROM orders o ORDER BY id', 'SELECT o FROM orders o ORDER BY id']),
  by('ORDER BY and LIMIT', ['SELECT id FROM orders ORDER BY id DESC LIMIT 1']),
  by('DISTINCT ON', ['SELECT DISTINCT ON (tenant_id) note FROM orders ORDER BY tenant_id, id']),
  by('GROUP BY the tenant', ['SELECT tenant_id, count(*) FROM orders GROUP BY 1 ORDER BY 1']),
  by('grouping sets', [
    'SELECT tenant_id, sum(amount) FROM orders GROUP BY ROLLUP (tenant_id) ORDER BY 1 NULLS LAST',
  ]),
  by('a row lock that waits for nobody', ['BEGIN', 'SELECT note FROM orders ORDER BY id FOR UPDATE NOWAIT']),
  by('a parent of inheritance, and its child', ['SELECT note FROM archived_orders ORDER BY id']),
  by('a partitioned table', ['SELECT body FROM events ORDER BY id']),
  by('a partition', ['SELECT body FROM events_globex']),
  by('COPY of the table', ['COPY orders TO STDOUT', 'COPY orders (note) TO STDOUT (FORMAT csv, HEADER)']),
  by('COPY of a query', ['COPY (SELECT note FROM orders ORDER BY id) TO STDOUT']),
  by('a cursor', ['BEGIN', 'DECLARE c CURSOR FOR SELECT note FROM orders ORDER BY id', 'FETCH ALL FROM c']),
  by('a cursor that is held', [
    'DECLARE h CURSOR WITH HOLD FOR SELECT note FROM orders ORDER BY id',
    'FETCH ALL FROM h',
  ]),
  by('PREPARE and EXECUTE', ['PREPARE p(int) AS SELECT note FROM orders WHERE id = $1', 'EXECUTE p(11)']),
  by('a new table of the rows', [
    'CREATE TABLE loot AS SELECT * FROM orders',
    "SELECT count(*) FROM pg_class WHERE relname = 'loot'",
    'TABLE orders',
  ]),
  by('rows put into another table', [
    'INSERT INTO scratch SELECT 100 + id, note FROM orders',
    'SELECT note FROM scratch ORDER BY id',
  ]),
  by('an update of another table', [
    'UPDATE scratch SET note = o.note FROM orders o WHERE o.amount = scratch.id RETURNING scratch.note',
  ]),
  by('a delete of another table', [
    'DELETE FROM scratch USING orders o WHERE o.amount = scratch.id RETURNING o.note',
  ]),
  by('MERGE from it', [
    'MERGE INTO scratch s USING orders o ON s.id = o.id WHEN MATCHED THEN UPDATE SET note = o.note WHEN NOT MATCHED THEN INSERT VALUES (o.id, o.note)',
    'SELECT note FROM scratch ORDER BY id',
  ]),
  by('a column that is compared in an upsert', [
    'INSERT INTO scratch SELECT id, note FROM orders ON CONFLICT (id) DO UPDATE SET note = excluded.note RETURNING note',
  ]),
  by('several statements in one text', ['SELECT 1; SELECT note FROM orders ORDER BY id; SELECT 2']),
  by('behind a comment', ['/* orders */ SELECT note FROM -- scratch\n orders ORDER BY id']),
  by('a function that tells what it is asked', ['SELECT id FROM orders WHERE tattle(note) ORDER BY id']),
  by('a division by what is hidden', ['SELECT count(*) FROM orders WHERE 1 / (amount - 2) > 5']),
  by('a cast that fails for what is hidden', [
    "SELECT id FROM orders WHERE tenant_id <> 'acme' AND note::int > 0",
  ]),
  by('an error in a join condition', [
    'SELECT s.id FROM scratch s JOIN orders o ON 1 / (o.amount - 2) = s.id ORDER BY 1',
  ]),
  by('XMLTABLE and rows of functions beside it', [
    'SELECT o.note, x.* FROM orders o, unnest(ARRAY[o.id]) x ORDER BY 1',
  ]),
  by('VALUES with a subquery', ['VALUES ((SELECT count(*) FROM orders))']),
  by('search_path', ['SET search_path = public', 'SELECT note FROM orders ORDER BY id']),
];

/** Reads that are refused. */
export const REFUSED_READS: readonly Attempt[] = [
  by(
    'an own operator',
    ["SELECT note FROM orders WHERE note <<< 'canary one'"],
    /may hand out rows of filtered tables/,
  ),
  by(
    'a view',
    ['SELECT note FROM all_orders ORDER BY id'],
    /all_orders may hand out rows of filtered tables/,
  ),
  by('a view of a view', ['SELECT note FROM order_notes ORDER BY 1'], /order_notes may hand out/),
  by('a view that hands out no column of it', ['SELECT count(*) FROM one_each'], /one_each may hand out/),
  by(
    'a view that only asks whether there are rows',
    ['SELECT id FROM big_spenders ORDER BY 1'],
    /big_spenders may hand out/,
  ),
  by(
    'a materialized view',
    ['REFRESH MATERIALIZED VIEW order_totals', 'SELECT total FROM order_totals ORDER BY 1'],
    /row filter|may hand out/,
  ),
  by('an own function', ['SELECT notes()'], /may hand out rows of filtered tables/),
  by('an own function in FROM', ['SELECT * FROM notes()'], /may hand out rows of filtered tables/),
  by('an own function of a value', ['SELECT total()'], /may hand out rows of filtered tables/),
  by(
    'a function that runs text',
    ["SELECT query_to_xml('SELECT note FROM orders', true, false, '')"],
    /may hand out|POLICY_DENIED/,
  ),
  by(
    'a function by a table name',
    ["SELECT table_to_xml('orders', true, false, '')"],
    /may hand out|POLICY_DENIED/,
  ),
  by(
    'an anonymous block',
    [
      "DO $$ DECLARE n text; BEGIN FOR n IN SELECT note FROM orders LOOP RAISE NOTICE '%', n; END LOOP; END $$",
    ],
    /POLICY_DENIED/,
  ),
  by('a new view', ['CREATE VIEW peek AS SELECT note FROM orders', 'SELECT note FROM peek'], /POLICY_DENIED/),
  by(
    'a temporary view',
    ['CREATE TEMP VIEW peek AS SELECT note FROM orders', 'SELECT note FROM pg_temp.peek'],
    /POLICY_DENIED/,
  ),
  by(
    'a plan with its counts',
    [
      'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF, COSTS OFF) SELECT * FROM orders WHERE amount > 0',
    ],
    /EXPLAIN cannot be kept within the row filter/,
  ),
  by(
    'a sample',
    ['SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (100)'],
    /is filtered, and cannot be used here/,
  ),
  by(
    'statistics',
    [
      'ANALYZE orders',
      "SELECT histogram_bounds::text FROM pg_stats WHERE tablename = 'orders' AND attname = 'note' ORDER BY 1",
    ],
    /POLICY_DENIED/,
  ),
  by(
    'a common table of its name',
    ['WITH orders AS (SELECT * FROM orders) SELECT note FROM orders ORDER BY id'],
    /name the common table otherwise/,
  ),
  by(
    'a path that is changed in the same text',
    ['SET search_path = other; SET search_path = public; SELECT note FROM orders ORDER BY id'],
    /send them one by one/,
  ),
  by(
    'a path with two tables of the name',
    [
      'SET search_path = other, public',
      'SET search_path = public',
      'SELECT note FROM orders ORDER BY id',
      'SET search_path = public',
    ],
    /write it with its schema/,
  ),
  by(
    'a path that changes under a prepared statement',
    [
      'SET search_path = other',
      { name: 'q', text: 'SELECT note FROM orders ORDER BY id' },
      'SET search_path = public',
      { name: 'q', text: 'SELECT note FROM orders ORDER BY id' },
    ],
    /write it with its schema|prepare it anew/,
  ),
  by(
    'PREPARE and EXECUTE in one text',
    ['PREPARE q AS SELECT note FROM orders ORDER BY id; EXECUTE q'],
    /prepare it anew/,
  ),
  by(
    'a new table by EXECUTE',
    [
      'PREPARE q AS SELECT note FROM orders ORDER BY id',
      'CREATE TABLE loot AS EXECUTE q',
      'SELECT * FROM loot',
    ],
    /POLICY_DENIED/,
  ),
];
